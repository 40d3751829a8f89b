"""Erasures that are not over, which of their files others need, and who is erased again."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, exists, select

from app.models import metadata
from app.models.consent import rights_requests
from app.models.conversation import files
from app.models.customer import customers, identities
from app.models.party import suppressed_identities
from app.models.work import raw_mails
from app.queries.aliases import aliases_of, master_of


@dataclass(frozen=True, slots=True)
class OpenErasure:
    """An erasure whose rows are gone; `files` are hashes of bytes to remove, `hashes` (kind, keyed
    hash) of who was erased."""

    id: int
    asked_at: int
    files: tuple[str, ...]
    hashes: tuple[tuple[str, str], ...]


def open_erasures(conn: Connection) -> list[OpenErasure]:
    """The oldest first."""
    rows = conn.execute(
        select(rights_requests)
        .where(rights_requests.c.kind == "erase", rights_requests.c.state == "open")
        .order_by(rights_requests.c.id)
        .limit(100)
    ).all()
    return [
        OpenErasure(
            row.id,
            row.asked_at,
            tuple(row.details.get("files", ())),
            tuple((kind, digest) for kind, digest in row.details.get("hashes", ())),
        )
        for row in rows
    ]


def needed(conn: Connection, hashes: Iterable[str]) -> set[str]:
    """Which of these files a row still names, other than a mail that was erased."""
    users = [
        exists().where(column == files.c.id, *_not_erased(column.table))
        for table in metadata.tables.values()
        for column in table.columns
        if any(key.column is files.c.id for key in column.foreign_keys)
    ]
    found = set()
    for digest in hashes:
        row = conn.execute(select(*users).where(files.c.hash == digest)).first()
        if row is not None and any(row):
            found.add(digest)
    return found


def _not_erased(table: Any) -> tuple[Any, ...]:
    return (raw_mails.c.state != "erased",) if table is raw_mails else ()


def unread_mails(conn: Connection) -> list[Row[Any]]:
    """Mails as they came (id, hash) that never became a message: nothing says whose they are."""
    return list(
        conn.execute(
            select(raw_mails.c.id, raw_mails.c.hash).where(
                raw_mails.c.message_id.is_(None), raw_mails.c.state.in_(("parsed", "failed"))
            )
        )
    )


def emails_of(conn: Connection, customer_id: int) -> frozenset[str]:
    """Every address of a person, in lower case."""
    ids = aliases_of(conn, master_of(conn, customer_id))
    known = select(identities.c.value).where(
        identities.c.customer_id.in_(ids), identities.c.kind == "email"
    )
    written = select(customers.c.email).where(customers.c.id.in_(ids), customers.c.email != "")
    found = [*conn.execute(known).scalars(), *conn.execute(written).scalars()]
    return frozenset(value.lower() for value in found)


def known_hashes(conn: Connection) -> set[str]:
    """The keyed hashes of who was erased."""
    return set(conn.execute(select(suppressed_identities.c.hash)).scalars())


def all_identities(conn: Connection) -> list[Row[Any]]:
    """Every identity (kind, value, customer_id, created_at) of whoever was not erased."""
    query = (
        select(
            identities.c.kind,
            identities.c.value,
            identities.c.customer_id,
            identities.c.created_at,
        )
        .join(customers, customers.c.id == identities.c.customer_id)
        .where(customers.c.erased_at.is_(None))
    )
    return list(conn.execute(query))

"""Imports of customers: what was taken in, what was put aside and why, how good each source is."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, case, func, select

from app.db import NotFound
from app.models.agent import agents
from app.models.conversation import files
from app.models.customer import customers, identities
from app.models.party import customer_imports, duplicate_pairs, rejected_rows
from app.queries.customers import present_customers
from app.security.permissions import Actor

Record = dict[str, Any]
SHOWN = 100


@dataclass(frozen=True, slots=True)
class Running:
    """An import that a worker takes on."""

    id: int
    name: str
    hash: str
    position: int


@dataclass(frozen=True, slots=True)
class SourceQuality:
    """How good what came from a source is; shares of 1, None where there is nothing to share."""

    source: str
    customers: int
    complete: float  # of name, email, phone, language, company: how much is filled in
    with_identity: float
    invalid: float | None  # of the rows of its imports that were put aside
    duplicates: float  # of its customers, who may be somebody else as well


def require_importer(actor: Actor) -> None:
    """NotFound unless the actor supervises every brand: a file may be of anybody's customers."""
    actor.require("supervise")
    if actor.brands is not None:
        raise NotFound


def next_running(conn: Connection) -> Running | None:
    """The oldest import that was started and is not done."""
    row = conn.execute(
        select(
            customer_imports.c.id,
            customer_imports.c.name,
            files.c.hash,
            customer_imports.c.position,
        )
        .join(files, files.c.id == customer_imports.c.file_id)
        .where(customer_imports.c.state == "running")
        .order_by(customer_imports.c.id)
        .limit(1)
    ).first()
    return None if row is None else Running(**row._mapping)


def list_imports(conn: Connection, actor: Actor) -> list[Record]:
    """The latest imports."""
    require_importer(actor)
    rows = conn.execute(
        select(customer_imports, agents.c.name.label("by"))
        .outerjoin(agents, agents.c.id == customer_imports.c.agent_id)
        .order_by(customer_imports.c.id.desc())
        .limit(SHOWN)
    )
    return [dict(row._mapping) for row in rows]


def get_import(conn: Connection, actor: Actor, import_id: int) -> Record:
    """One of them, with the hash of its file and the reasons why rows were put aside."""
    require_importer(actor)
    row = conn.execute(
        select(customer_imports, files.c.hash)
        .outerjoin(files, files.c.id == customer_imports.c.file_id)
        .where(customer_imports.c.id == import_id)
    ).first()
    if row is None:
        raise NotFound
    return dict(row._mapping)


def rows_put_aside(conn: Connection, actor: Actor, import_id: int) -> list[Record]:
    """The rows that were rejected, with their reasons, in their order."""
    get_import(conn, actor, import_id)
    found = conn.execute(
        select(rejected_rows.c.number, rejected_rows.c.raw, rejected_rows.c.reasons)
        .where(rejected_rows.c.import_id == import_id)
        .order_by(rejected_rows.c.number)
    )
    return [dict(row._mapping) for row in found]


def quality_by_source(conn: Connection, actor: Actor) -> list[SourceQuality]:
    """How complete, valid and unique what each source brought is; the largest first."""
    require_importer(actor)
    fields = [customers.c[name] for name in ("name", "email", "phone", "language", "company")]
    filled = sum((case((column != "", 1), else_=0) for column in fields[1:]),
                 case((fields[0] != "", 1), else_=0))  # fmt: skip
    reachable = (
        select(identities.c.id)
        .where(identities.c.customer_id == customers.c.id, identities.c.kind != "visitor")
        .exists()
    )
    pair = duplicate_pairs.c
    doubted = (
        select(pair.id)
        .where(pair.state == "open", (pair.a_id == customers.c.id) | (pair.b_id == customers.c.id))
        .exists()
    )
    rows = conn.execute(
        select(
            customers.c.source,
            func.count().label("many"),
            func.sum(filled).label("filled"),
            func.sum(case((reachable, 1), else_=0)).label("reachable"),
            func.sum(case((doubted, 1), else_=0)).label("doubted"),
        )
        .where(present_customers())
        .group_by(customers.c.source)
        .order_by(func.count().desc(), customers.c.source)
    )
    rejected = _rejected_shares(conn)
    return [
        SourceQuality(
            row.source,
            row.many,
            int(row.filled) / (row.many * len(fields)),
            int(row.reachable) / row.many,
            rejected.get(row.source),
            int(row.doubted) / row.many,
        )
        for row in rows
    ]


def _rejected_shares(conn: Connection) -> dict[str, float]:
    rows = conn.execute(
        select(
            customer_imports.c.source,
            func.sum(customer_imports.c.position).label("rows"),
            func.sum(customer_imports.c.rejected).label("rejected"),
        )
        .where(customer_imports.c.position > 0)
        .group_by(customer_imports.c.source)
    )
    return {row.source: int(row.rejected) / int(row.rows) for row in rows}

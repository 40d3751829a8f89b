"""What customers were sent, by whom and when: articles, macros, files, and first messages."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, or_, select

from app.models.activity import sends
from app.models.agent import agents
from app.models.conversation import attachments, conversations, files, messages
from app.models.knowledge import article_texts
from app.models.organisation import macros
from app.queries.aliases import aliases_of, master_of
from app.queries.customers import require_customer
from app.security.permissions import Actor, visible_conversations
from knowledge.sensitive import mask_numbers

DAY_MS = 24 * 3_600_000
WEEK_MS = 7 * DAY_MS
FIRST = "first"  # the material of a message that we began
NOT_SENT = ("failed", "discarded")  # states of a message that nobody got
MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Sending:
    """Something that somebody was sent, or will be at `at` (ms) while `state` is planned.

    `conversation_id` is None where the reader may not see that conversation.
    """

    id: int
    material: str
    name: str  # the article's title, the file's name, ...
    agent: str
    at: int
    state: str
    conversation_id: int | None
    message_id: int | None
    brand_id: int
    purpose: str

    @property
    def kind(self) -> str:
        """article, macro, file, first, or a kind of its sender's own."""
        return self.material.partition(":")[0]


def was_sent() -> ColumnElement[bool]:
    """The condition on sends, joined to their messages: it left, or is about to."""
    return or_(messages.c.id.is_(None), messages.c.state.not_in(NOT_SENT))


def person(conn: Connection, customer_id: int) -> list[int]:
    """Every id of the person that a customer is, after all merges."""
    return aliases_of(conn, master_of(conn, customer_id))


def earlier_sends(
    conn: Connection,
    actor: Actor,
    customer_id: int,
    brand_id: int,
    materials: Sequence[str],
    at: int,
    days: int,
) -> list[Sending]:
    """For each of these materials the last time the person was sent it by this brand, within so
    many days before or after `at` (ms)."""
    near = (sends.c.at > at - days * DAY_MS, sends.c.at < at + days * DAY_MS)
    rows = conn.execute(
        _sends().where(
            sends.c.customer_id.in_(person(conn, customer_id)),
            sends.c.brand_id == brand_id,
            sends.c.material.in_(materials),
            *near,
            was_sent(),
        )
    ).all()
    latest = {row.material: row for row in reversed(rows)}
    return _named(conn, actor, list(latest.values()))


def begun_around(conn: Connection, customer_id: int, brand_id: int, at: int) -> list[int]:
    """When this brand wrote first to the person, within a week before or after `at` (ms)."""
    return list(
        conn.execute(
            select(sends.c.at)
            .outerjoin(messages, messages.c.id == sends.c.message_id)
            .where(
                sends.c.customer_id.in_(person(conn, customer_id)),
                sends.c.brand_id == brand_id,
                sends.c.material == FIRST,
                sends.c.at > at - WEEK_MS,
                sends.c.at < at + WEEK_MS,
                was_sent(),
            )
        ).scalars()
    )


def sends_to(
    conn: Connection,
    actor: Actor,
    customer_id: int,
    *,
    before: int | None = None,
    limit: int = MOST_SHOWN,
) -> list[Sending]:
    """What a person was sent by anybody, the latest first, of the brands the actor serves; what did
    not arrive is left out."""
    master = master_of(conn, customer_id)
    require_customer(conn, actor, master)
    theirs = sends.c.customer_id.in_(aliases_of(conn, master))
    query = _sends().where(theirs, was_sent()).order_by(None).order_by(sends.c.id.desc())
    if actor.brands is not None:
        query = query.where(sends.c.brand_id.in_(sorted(actor.brands)))
    if before is not None:
        query = query.where(sends.c.id < before)
    return _named(conn, actor, conn.execute(query.limit(limit)).all())


def _sends() -> Select[Any]:
    return (
        select(
            sends,
            agents.c.name.label("agent"),
            messages.c.state,
            messages.c.subject,
            messages.c.details,
            messages.c.conversation_id.label("talk"),
        )
        .outerjoin(messages, messages.c.id == sends.c.message_id)
        .outerjoin(agents, agents.c.id == sends.c.agent_id)
        .order_by(sends.c.at.desc(), sends.c.id.desc())
    )


def _named(conn: Connection, actor: Actor, rows: Iterable[Row[Any]]) -> list[Sending]:
    rows = list(rows)
    names = _names(conn, actor, rows)
    talks = {row.talk or row.conversation_id for row in rows} - {None}
    subjects: dict[int, str] = {}
    if talks:
        known = conn.execute(
            select(conversations.c.id, conversations.c.subject).where(
                conversations.c.id.in_(talks), visible_conversations(actor)
            )
        ).all()
        subjects = {row.id: mask_numbers(row.subject) for row in known}
    found = []
    for row in rows:
        talk = row.talk or row.conversation_id
        name = names.get(row.material, "")
        if row.material == FIRST:
            name = subjects.get(talk, "")
        elif not name and ":" in row.material and row.material.split(":")[0] not in _OURS:
            name = row.material.partition(":")[2]
        found.append(
            Sending(
                row.id, row.material, name, row.agent or "", row.at, row.state or "sent",
                talk if talk in subjects else None,
                row.message_id if talk in subjects else None, row.brand_id,
                (row.details or {}).get("purpose", ""),
            )
        )  # fmt: skip
    return found


_OURS = ("article", "macro", "file")


def _names(conn: Connection, actor: Actor, rows: Sequence[Row[Any]]) -> dict[str, str]:
    """The names of materials: of an article in the reader's language where there is one."""
    ids: dict[str, set[str]] = {kind: set() for kind in _OURS}
    for row in rows:
        kind, _, name = row.material.partition(":")
        if kind in ids:
            ids[kind].add(name)
    found: dict[str, str] = {}
    if ids["article"]:
        texts = conn.execute(
            select(article_texts.c.article_id, article_texts.c.title)
            .where(article_texts.c.article_id.in_({int(each) for each in ids["article"]}))
            .order_by(article_texts.c.locale == actor.locale, article_texts.c.id)
        )
        found |= {f"article:{row.article_id}": row.title for row in texts}
    if ids["macro"]:
        known = conn.execute(
            select(macros.c.id, macros.c.name).where(
                macros.c.id.in_({int(each) for each in ids["macro"]})
            )
        )
        found |= {f"macro:{row.id}": row.name for row in known}
    if ids["file"]:
        of = [row.message_id for row in rows if row.message_id is not None]
        kept = conn.execute(
            select(files.c.hash, attachments.c.name)
            .join(files, files.c.id == attachments.c.file_id)
            .where(attachments.c.message_id.in_(of), files.c.hash.in_(ids["file"]))
        )
        found |= {f"file:{row.hash}": row.name for row in kept}
    return found

"""What a customer sees of their conversations with a brand, and of what was promised to them.

Never a note, a forward, or an answer that has not left yet; never what is of another brand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, Select, func, or_, select, tuple_

from app.db import NotFound
from app.models.contact import sla_clocks
from app.models.conversation import attachments, conversations, files, messages
from app.models.promise import promises
from app.queries.aliases import aliases_of
from app.queries.portal_door import PortalSession
from app.queries.sla import running
from app.queries.visitor_thread import VisitorMessage, thread
from app.queries.wait import usual_answer_ms

PAGE = 30
MOST_DIGITS = 18  # of what no database refuses as too large
DAY_MS = 24 * 3_600_000
CLOSED_MS = 90 * DAY_MS  # promises that were kept or broken are shown for so long
Stands = Literal["us", "later", "you", "solved"]


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation and whose turn it is. `expected_at` is by when we mean to answer; for "later"
    when we come back to it."""

    id: int
    title: str
    channel: str
    stands: Stands
    last_message_at: int
    expected_at: int | None = None


@dataclass(frozen=True, slots=True)
class Promise:
    """What was promised to them."""

    id: int
    conversation_id: int | None
    text: str
    state: str
    due_at: int


@dataclass(frozen=True, slots=True)
class Overview:
    """Where everything stands; `next_before` is where the next page of conversations begins."""

    talks: tuple[Talk, ...]
    promises: tuple[Promise, ...]
    next_before: str


@dataclass(frozen=True, slots=True)
class TalkPage:
    """One conversation as its customer may read it."""

    talk: Talk
    messages: tuple[VisitorMessage, ...]
    promises: tuple[Promise, ...]


def overview(conn: Connection, who: PortalSession, now: int, before: str = "") -> Overview:
    """The conversations with the brand, the latest first, and the promises."""
    ids = aliases_of(conn, who.customer_id)
    query = _theirs(who, ids)
    at, _, last_id = before.partition(".")
    if all(part.isdecimal() and len(part) <= MOST_DIGITS for part in (at, last_id)):
        place = tuple_(conversations.c.last_message_at, conversations.c.id)
        query = query.where(place < (int(at), int(last_id)))
    latest = conversations.c.last_message_at.desc(), conversations.c.id.desc()
    rows = conn.execute(query.order_by(*latest).limit(PAGE + 1)).all()
    shown = rows[:PAGE]
    more = f"{shown[-1].last_message_at}.{shown[-1].id}" if len(rows) > PAGE else ""
    return Overview(tuple(_talks(conn, shown, now)), tuple(_promises(conn, who, ids, now)), more)


def talk_page(conn: Connection, who: PortalSession, conversation_id: int, now: int) -> TalkPage:
    """One conversation; NotFound for any that is not theirs with this brand."""
    ids = aliases_of(conn, who.customer_id)
    row = conn.execute(_theirs(who, ids).where(conversations.c.id == conversation_id)).first()
    if row is None:
        raise NotFound
    said = [one for one in thread(conn, conversation_id) if one.state != "planned"]
    owed = [one for one in _promises(conn, who, ids, now) if one.conversation_id == conversation_id]
    return TalkPage(next(_talks(conn, [row], now)), tuple(said), tuple(owed))


def goes_on_in(conn: Connection, who: PortalSession, conversation_id: int) -> int:
    """The conversation in which one of theirs goes on, the same unless it was merged away; NotFound
    where either is not theirs with this brand."""
    ids = aliases_of(conn, who.customer_id)
    theirs = select(conversations.c.merged_into_id).where(*_of(who, ids))
    seen: set[int] = set()
    while conversation_id not in seen:
        seen.add(conversation_id)
        row = conn.execute(theirs.where(conversations.c.id == conversation_id)).first()
        if row is None:
            raise NotFound
        if row.merged_into_id is None:
            return conversation_id
        conversation_id = row.merged_into_id
    raise NotFound


def inbox_of(conn: Connection, who: PortalSession, conversation_id: int) -> int:
    """By which inbox a conversation of theirs came in; NotFound for any other."""
    ids = aliases_of(conn, who.customer_id)
    row = conn.execute(_theirs(who, ids).where(conversations.c.id == conversation_id)).first()
    if row is None:
        raise NotFound
    return int(row.inbox_id)


def portal_file(conn: Connection, who: PortalSession, key: str) -> Any:
    """A file of a message that they may read; NotFound for any other."""
    row = conn.execute(
        select(
            files.c.hash, attachments.c.name, attachments.c.content_type, attachments.c.width,
            attachments.c.key, messages.c.conversation_id,
        )
        .join(files, files.c.id == attachments.c.file_id)
        .join(messages, messages.c.id == attachments.c.message_id)
        .where(attachments.c.key == key)
    ).first()  # fmt: skip
    if row is None:
        raise NotFound
    page = talk_page(conn, who, row.conversation_id, 0)
    if key not in {each.key for message in page.messages for each in message.files}:
        raise NotFound
    return row


def _theirs(who: PortalSession, ids: Sequence[int]) -> Select[Any]:
    present = conversations.c.merged_into_id.is_(None)
    return select(conversations).where(*_of(who, ids), present)


def _of(who: PortalSession, ids: Sequence[int]) -> list[ColumnElement[bool]]:
    return [
        conversations.c.customer_id.in_(ids),
        conversations.c.brand_id == who.brand_id,
        ~conversations.c.spam,
    ]


def _talks(conn: Connection, rows: Sequence[Row[Any]], now: int) -> Any:
    ids = [row.id for row in rows]
    begun = _first_words(conn, [row.id for row in rows if not row.subject])
    due = _due(conn, ids, now)
    usual: dict[tuple[int, str], int | None] = {}
    for row in rows:
        stands = stands_of(row)
        expected = row.snoozed_until if stands == "later" else None
        if stands == "us" and row.queue_id is not None:
            line = row.queue_id, row.channel
            if row.id not in due and line not in usual:
                usual[line] = usual_answer_ms(conn, *line, now)
            wait = usual.get(line)
            expected = due.get(row.id) or (wait + (row.waiting_since or now) if wait else None)
        title = row.subject or begun.get(row.id, "")
        yield Talk(row.id, title, row.channel, stands, row.last_message_at, expected)


def stands_of(row: Any) -> Stands:
    """Whose turn it is in a conversation."""
    if row.status == "done":
        return "solved"
    if row.status == "snoozed" and row.snoozed_until is not None:
        return "later"
    return "us" if row.waiting_since is not None or row.preview_kind != "outbound" else "you"


def _first_words(conn: Connection, ids: Sequence[int]) -> dict[int, str]:
    """What a conversation without a subject began with, in the customer's words."""
    if not ids:
        return {}
    first = (
        select(func.min(messages.c.id))
        .join(conversations, conversations.c.id == messages.c.conversation_id)
        .where(
            messages.c.conversation_id.in_(ids),
            messages.c.kind == "inbound",
            messages.c.customer_id == conversations.c.customer_id,
        )
        .group_by(messages.c.conversation_id)
    )
    rows = conn.execute(
        select(messages.c.conversation_id, messages.c.text).where(messages.c.id.in_(first))
    )
    return {row.conversation_id: " ".join(row.text[:200].split())[:80] for row in rows}


def _due(conn: Connection, ids: Sequence[int], now: int) -> dict[int, int]:
    """By when these conversations are to be answered, where a clock runs."""
    rows = conn.execute(
        select(sla_clocks.c.conversation_id, func.min(sla_clocks.c.due_at).label("due_at"))
        .where(running(ids), sla_clocks.c.kind.in_(("first", "next")), sla_clocks.c.due_at > now)
        .group_by(sla_clocks.c.conversation_id)
    )
    return {row.conversation_id: row.due_at for row in rows}


def _promises(conn: Connection, who: PortalSession, ids: Sequence[int], now: int) -> list[Promise]:
    """What was promised by the brand: what is open by when it is due, then what was closed."""
    talks = _theirs(who, ids).with_only_columns(conversations.c.id)
    rows = conn.execute(
        select(promises)
        .where(
            promises.c.customer_id.in_(ids),
            or_(promises.c.brand_id == who.brand_id, promises.c.conversation_id.in_(talks)),
            or_(promises.c.brand_id.is_(None), promises.c.brand_id == who.brand_id),
            or_(
                promises.c.state == "open",
                promises.c.state.in_(("kept", "broken")) & (promises.c.closed_at > now - CLOSED_MS),
            ),
        )
        .order_by((promises.c.state == "open").desc(), promises.c.due_at, promises.c.id)
        .limit(100)
    )
    return [Promise(row.id, row.conversation_id, row.text, row.state, row.due_at) for row in rows]

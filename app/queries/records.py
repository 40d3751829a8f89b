"""Conversations, their messages and events as plain rows, for the API.

Lists are read newest first and paged by id: `before` is the last id of the page before.
"""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    String,
    and_,
    cast,
    exists,
    null,
    select,
    union_all,
)

from app.db import NotFound
from app.models.contact import sla_clocks
from app.models.conversation import (
    attachments,
    conversation_tags,
    conversations,
    drafts,
    journal,
    messages,
    tags,
)
from app.queries.due_first import Place, ranked
from app.queries.hidden_words import hidden_line
from app.queries.search import saying
from app.queries.sla import clock_columns, no_clock, running, soonest
from app.security.permissions import Actor, visible_conversations
from knowledge.sensitive import masked, masked_words
from knowledge.text import query_tokens

Record = dict[str, Any]


def list_conversations(
    conn: Connection,
    actor: Actor,
    *,
    status: str | None = None,
    queue_id: int | None = None,
    assignee_id: int | None = None,
    customer_id: int | None = None,
    tag: str | None = None,
    q: str = "",
    before: int | None = None,
    due_after: Place | None = None,
    sort: str = "newest",
    limit: int = 50,
) -> list[Record]:
    """The conversations the actor may see, newest first; `q` searches messages and subjects.
    `sort` "due": what is due next first, read on from the place `due_after`."""
    conditions = [visible_conversations(actor)]
    filters = {
        "status": status,
        "queue_id": queue_id,
        "assignee_id": assignee_id,
        "customer_id": customer_id,
    }
    for name, value in filters.items():
        if value is not None:
            conditions.append(conversations.c[name] == value)
    if tag is not None:
        conditions.append(
            exists().where(
                conversation_tags.c.conversation_id == conversations.c.id,
                conversation_tags.c.tag_id == tags.c.id,
                tags.c.name == tag,
            )
        )
    if query_tokens(q):
        said = saying(conn, select(messages.c.conversation_id), messages, q)
        conditions.append(conversations.c.id.in_(said))
    if before is not None:
        conditions.append(conversations.c.id < before)
    if sort == "due":
        return _with_tags(conn, conn.execute(_by_due(and_(*conditions), due_after, limit)).all())
    wanted = select(conversations).where(*conditions)
    rows = conn.execute(wanted.order_by(conversations.c.id.desc()).limit(limit)).all()
    return _with_tags(conn, rows)


def _by_due(matching: ColumnElement[bool], after: Place | None, limit: int) -> Select[Any]:
    order = ranked(matching, after, limit)
    place = (cast(order.c.rank, String) + "." + cast(order.c.id, String)).label("place")
    return (
        select(conversations, place)
        .join(order, order.c.id == conversations.c.id)
        .order_by(order.c.rank.desc(), conversations.c.id.desc())
    )


def get_conversation(conn: Connection, actor: Actor, conversation_id: int) -> Record:
    """One conversation; NotFound where the actor may not see it."""
    row = conn.execute(
        select(conversations).where(
            conversations.c.id == conversation_id, visible_conversations(actor)
        )
    ).first()
    if row is None:
        raise NotFound
    return _with_tags(conn, [row])[0]


def list_messages(
    conn: Connection, actor: Actor, conversation_id: int, *, after: int = 0, limit: int = 100
) -> list[Record]:
    """A conversation's messages in order, from the seq after `after` on."""
    get_conversation(conn, actor, conversation_id)
    rows = conn.execute(
        select(messages)
        .where(messages.c.conversation_id == conversation_id, messages.c.seq > after)
        .order_by(messages.c.seq)
        .limit(limit)
    ).all()
    return _with_files(conn, rows)


def get_message(conn: Connection, actor: Actor, message_id: int) -> Record:
    """One message of a conversation the actor may see."""
    row = conn.execute(
        select(messages)
        .join(conversations, conversations.c.id == messages.c.conversation_id)
        .where(messages.c.id == message_id, visible_conversations(actor))
    ).first()
    if row is None:
        raise NotFound
    return _with_files(conn, [row])[0]


def list_events(
    conn: Connection, actor: Actor, conversation_id: int, *, after: int = 0, limit: int = 100
) -> list[Record]:
    """What happened in a conversation, in order, from the seq after `after` on; ids only."""
    get_conversation(conn, actor, conversation_id)
    rows = conn.execute(
        select(journal.c.seq, journal.c.kind, journal.c.at, journal.c.data)
        .where(journal.c.conversation_id == conversation_id, journal.c.seq > after)
        .order_by(journal.c.seq, journal.c.id)
        .limit(limit)
    ).all()
    return [dict(row._mapping) for row in rows]


def list_drafts(conn: Connection, actor: Actor, conversation_id: int) -> list[Record]:
    """What the actor has typed in a conversation and not sent."""
    get_conversation(conn, actor, conversation_id)
    rows = conn.execute(
        select(drafts.c.kind, drafts.c.text, drafts.c.updated_at)
        .where(drafts.c.conversation_id == conversation_id, drafts.c.agent_id == actor.agent_id)
        .order_by(drafts.c.kind)
    ).all()
    return [dict(row._mapping) for row in rows]


def _with_tags(conn: Connection, rows: Any) -> list[Record]:
    ids = [row.id for row in rows]
    named: dict[int, list[str]] = {}
    clocks: dict[int, list[Row[Any]]] = {}
    tagged = (
        select(conversation_tags.c.conversation_id, tags.c.name, *no_clock())
        .join(tags, tags.c.id == conversation_tags.c.tag_id)
        .where(conversation_tags.c.conversation_id.in_(ids))
    )
    nameless = cast(null(), String).label("name")
    promised = select(sla_clocks.c.conversation_id, nameless, *clock_columns())
    for row in conn.execute(union_all(tagged, promised.where(running(ids)))):
        if row.clock is not None:
            clocks.setdefault(row.conversation_id, []).append(row)
        else:
            named.setdefault(row.conversation_id, []).append(row.name)
    return [
        {
            **masked(row._mapping, "subject"),
            "tags": sorted(named.get(row.id, ())),
            "sla": soonest(clocks.get(row.id, ())),
        }
        for row in rows
    ]


def _with_files(conn: Connection, rows: Any) -> list[Record]:
    ids = [row.id for row in rows]
    files: dict[int, list[Record]] = {}
    for row in conn.execute(
        select(attachments).where(attachments.c.message_id.in_(ids)).order_by(attachments.c.id)
    ):
        kept = ("key", "name", "content_type", "size")
        files.setdefault(row.message_id, []).append({name: getattr(row, name) for name in kept})
    return [{**_hidden(row), "hides": _hides(row), "files": files.get(row.id, [])} for row in rows]


def _hides(row: Row[Any]) -> bool:
    """Whether asking for it shows more; what a system line hides is shown with the customer."""
    return row.kind != "system" and _hidden(row) != row._mapping


def _hidden(row: Row[Any]) -> Record:
    """A message without the numbers that are hidden from everybody until they are asked for."""
    details = hidden_line(row.details)
    if row.kind == "system":
        return {**row._mapping, "details": details}
    if "fields" in details:
        details = {**details, "fields": masked_words(details["fields"])}
    return {**masked(row._mapping, "text", "subject"), "details": details}

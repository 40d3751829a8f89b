"""The list of conversations an agent works through: rows, counts and pages in three statements,
four when it is a search."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    String,
    and_,
    cast,
    func,
    null,
    or_,
    select,
    true,
    union_all,
)

from app.models.agent import agents
from app.models.contact import contacts, sla_clocks
from app.models.conversation import (
    conversation_tags,
    conversations,
    drafts,
    messages,
    reads,
    tags,
)
from app.models.customer import customers
from app.models.organisation import queues
from app.models.promise import promises
from app.queries.callback import Callback, callback_of
from app.queries.due_first import older_than, ranked
from app.queries.search import newest_first, saying
from app.queries.sla import (
    Clock,
    clock_columns,
    no_clock,
    promise_columns,
    promised,
    running,
    soonest,
)
from app.security.permissions import Actor, visible_conversations
from knowledge.sensitive import masked
from knowledge.text import query_tokens

PAGE = 50
COUNTED = 1_000  # counts stop here: "999+" says enough and stays quick
SEARCHED = 200  # search stops when it has found so many messages, or customers, newest first

VIEWS = ("mine", "unassigned", "all")
STATUSES = ("open", "snoozed", "done", "spam")
SORTS = ("newest", "due")


@dataclass(frozen=True, slots=True)
class View:
    """What part of the list is asked for; it is also the list's address."""

    name: str = "mine"  # mine unassigned all
    status: str = "open"  # open snoozed done spam
    queue_id: int | None = None
    brand_id: int | None = None
    tag: str = ""
    q: str = ""
    before: tuple[int, int] | None = None  # (rank, id) of the last row above
    sort: str = "newest"  # newest due
    usual: str = "newest"  # the order this agent likes: what an address without one means


@dataclass(frozen=True, slots=True)
class ListRow:
    """One conversation in the list. Times in ms."""

    id: int
    brand_id: int
    channel: str
    status: str
    spam: bool
    subject: str
    preview: str
    preview_kind: str
    customer_id: int
    customer_name: str
    customer_email: str
    assignee_id: int | None
    assignee_name: str | None
    queue_id: int | None
    queue_name: str | None
    last_message_at: int
    waiting_since: int | None
    snoozed_until: int | None
    contact_status: str | None
    callback: Callback | None  # the customer is to be called
    last_seq: int
    unread: bool
    rank: int  # its place in the list: higher is further up
    has_draft: bool
    tags: tuple[str, ...]
    clock: Clock | None  # what is due first, a clock or something promised

    @property
    def title(self) -> str:
        """Who it is, as well as is known; empty for a visitor without a name."""
        return self.customer_name or self.customer_email


@dataclass(frozen=True, slots=True)
class InboxPage:
    """A page of the list, the counts on its tabs (and `unread` of mine), where the next begins."""

    rows: tuple[ListRow, ...]
    counts: dict[str, int]
    next_before: tuple[int, int] | None


def inbox_page(conn: Connection, actor: Actor, view: View, limit: int = PAGE) -> InboxPage:
    """The rows of a view in its order, with the counts of its tabs."""
    matching = _matches(conn, actor, view)
    found = conn.execute(_rows(actor, view, matching, limit + 1)).all()
    rows = _complete(conn, actor, found[:limit])
    more = (rows[-1].rank, rows[-1].id) if len(found) > limit else None
    return InboxPage(rows, inbox_counts(conn, actor, view.status), more)


def rows_of(
    conn: Connection, actor: Actor, view: View, ids: list[int]
) -> tuple[tuple[ListRow, ...], dict[str, int]]:
    """Those of these conversations that belong to a view now, and its counts: what a live list
    asks when it hears that something changed."""
    matching = and_(conversations.c.id.in_(ids), _matches(conn, actor, view))
    found = conn.execute(_rows(actor, view, matching, len(ids))).all()
    return _complete(conn, actor, found), inbox_counts(conn, actor, view.status)


def inbox_counts(conn: Connection, actor: Actor, status: str = "open") -> dict[str, int]:
    """How many conversations each tab holds, counted no further than is shown."""
    columns = []
    for name in VIEWS:
        some = (
            select(conversations.c.id)
            .where(_in_tab(actor, name), _has_status(status), visible_conversations(actor))
            .limit(COUNTED)
            .subquery()
        )
        columns.append(select(func.count()).select_from(some).scalar_subquery().label(name))
    columns.append(_unread_of_mine(actor))
    return dict(conn.execute(select(*columns)).one()._mapping)


def unread_count(conn: Connection, actor: Actor) -> int:
    """How many of the agent's own open conversations have something they have not read."""
    return int(conn.execute(select(_unread_of_mine(actor))).scalar_one())


def _unread_of_mine(actor: Actor) -> Any:
    some = (
        select(conversations.c.id)
        .outerjoin(reads, _read_by(actor))
        .where(
            _in_tab(actor, "mine"),
            _has_status("open"),
            conversations.c.last_inbound_seq > func.coalesce(reads.c.seq, 0),
        )
        .limit(COUNTED)
        .subquery()
    )
    return select(func.count()).select_from(some).scalar_subquery().label("unread")


def _read_by(actor: Actor) -> ColumnElement[bool]:
    return and_(reads.c.conversation_id == conversations.c.id, reads.c.agent_id == actor.agent_id)


def _unread(actor: Actor) -> ColumnElement[bool]:
    """Something the agent has not read in what is theirs, or is nobody's and theirs to take."""
    free = and_(conversations.c.assignee_id.is_(None), conversations.c.status == "open")
    if not actor.may("supervise"):
        free = and_(
            free, or_(conversations.c.contact_id.is_(None), queues.c.agents_may_pull.is_(True))
        )
    return and_(
        conversations.c.last_inbound_seq > func.coalesce(reads.c.seq, 0),
        or_(conversations.c.assignee_id == actor.agent_id, free),
    )


def _rows(actor: Actor, view: View, matching: ColumnElement[bool], limit: int) -> Select[Any]:
    """The first rows of a view after its place, in its order."""
    if view.sort == "due":
        order = ranked(matching, view.before, limit)
        rows = _columns(actor, order.c.rank).join(order, order.c.id == conversations.c.id)
        return rows.order_by(order.c.rank.desc(), conversations.c.id.desc())
    rank = conversations.c.last_message_at
    rows = _columns(actor, rank.label("rank")).where(matching, older_than(view.before))
    return rows.order_by(rank.desc(), conversations.c.id.desc()).limit(limit)


def _columns(actor: Actor, rank: ColumnElement[int]) -> Select[Any]:
    return (
        select(
            *(
                conversations.c[name]
                for name in (
                    "id", "brand_id", "channel", "status", "spam", "subject", "preview",
                    "preview_kind", "customer_id", "assignee_id", "queue_id", "last_message_at",
                    "waiting_since", "snoozed_until", "last_seq",
                )
            ),
            customers.c.name.label("customer_name"),
            customers.c.email.label("customer_email"),
            agents.c.name.label("assignee_name"),
            queues.c.name.label("queue_name"),
            contacts.c.status.label("contact_status"),
            contacts.c.callback,
            _unread(actor).label("unread"),
            rank,
        )
        .join(customers, customers.c.id == conversations.c.customer_id)
        .outerjoin(agents, agents.c.id == conversations.c.assignee_id)
        .outerjoin(queues, queues.c.id == conversations.c.queue_id)
        .outerjoin(contacts, contacts.c.id == conversations.c.contact_id)
        .outerjoin(reads, _read_by(actor))
    )  # fmt: skip


def _matches(conn: Connection, actor: Actor, view: View) -> ColumnElement[bool]:
    conditions = [visible_conversations(actor)]
    if view.q:
        conditions.append(_says(conn, actor, view.q))
    else:
        conditions += [_in_tab(actor, view.name), _has_status(view.status)]
    if view.queue_id is not None:
        conditions.append(conversations.c.queue_id == view.queue_id)
    if view.brand_id is not None:
        conditions.append(conversations.c.brand_id == view.brand_id)
    if view.tag:
        tagged = (
            select(conversation_tags.c.conversation_id)
            .join(tags, tags.c.id == conversation_tags.c.tag_id)
            .where(tags.c.name == view.tag)
        )
        conditions.append(conversations.c.id.in_(tagged))
    return and_(*conditions)


def _in_tab(actor: Actor, name: str) -> ColumnElement[bool]:
    if name == "mine":
        return conversations.c.assignee_id == actor.agent_id
    if name == "unassigned":
        return conversations.c.assignee_id.is_(None)
    return true()


def _has_status(status: str) -> ColumnElement[bool]:
    if status == "spam":
        return conversations.c.spam
    apart = and_(conversations.c.status == status, ~conversations.c.spam)
    if status == "done":  # what was merged away is empty; its messages are elsewhere
        return and_(apart, conversations.c.merged_into_id.is_(None))
    return apart


def _says(conn: Connection, actor: Actor, q: str) -> ColumnElement[bool]:
    """Conversations in which these words were said, or whose customer or number is so called."""
    number = q.strip().lstrip("#")
    if number.isdigit() and len(number) < 12:
        return conversations.c.id == int(number)
    if not query_tokens(q):
        return conversations.c.id.is_(None)
    said = (
        select(messages.c.conversation_id)
        .join(conversations, conversations.c.id == messages.c.conversation_id)
        .where(visible_conversations(actor))
        .order_by(newest_first(conn, messages))
        .limit(SEARCHED)
    )
    named = select(customers.c.id).order_by(newest_first(conn, customers)).limit(SEARCHED)
    # Beginnings of words are asked for only where whole words, at which an index stops early, are
    # too few: engines read the second part of a union when the first has not filled the limit.
    both = [saying(conn, said, messages, q, whole=whole).subquery() for whole in (True, False)]
    found = conn.execute(union_all(*(select(part) for part in both)).limit(SEARCHED)).scalars()
    ids = sorted(set(found))
    by_name = conversations.c.customer_id.in_(saying(conn, named, customers, q))
    return conversations.c.id.in_(ids) | by_name


def _complete(conn: Connection, actor: Actor, found: Any) -> tuple[ListRow, ...]:
    """Add what hangs on the conversations of this page: tags, drafts, promises; one statement."""
    ids = [row.id for row in found]
    named: dict[int, list[str]] = {}
    drafted: set[int] = set()
    clocks: dict[int, list[Row[Any]]] = {}
    if ids:
        tagged = (
            select(conversation_tags.c.conversation_id, tags.c.name, *no_clock())
            .join(tags, tags.c.id == conversation_tags.c.tag_id)
            .where(conversation_tags.c.conversation_id.in_(ids))
        )
        nameless = cast(null(), String).label("name")
        written = select(drafts.c.conversation_id, nameless, *no_clock()).where(
            drafts.c.agent_id == actor.agent_id, drafts.c.conversation_id.in_(ids)
        )
        clocked = select(sla_clocks.c.conversation_id, nameless, *clock_columns())
        owed = select(promises.c.conversation_id, nameless, *promise_columns())
        parts = tagged, written, clocked.where(running(ids)), owed.where(promised(ids))
        for row in conn.execute(union_all(*parts)):
            if row.clock is not None:
                clocks.setdefault(row.conversation_id, []).append(row)
            elif row.name is None:
                drafted.add(row.conversation_id)
            else:
                named.setdefault(row.conversation_id, []).append(row.name)
    return tuple(
        ListRow(
            **{
                **masked(row._mapping, "subject"),
                "callback": callback_of(row.callback, row.contact_status),
            },
            has_draft=row.id in drafted,
            tags=tuple(sorted(named.get(row.id, ()))),
            clock=soonest(clocks.get(row.id, ())),
        )
        for row in found
    )

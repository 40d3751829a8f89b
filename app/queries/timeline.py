"""Everything between a customer and the company in one stream, newest first.

One statement: each type is a branch of a union that brings no more than a page. The place of an
entry is (at, type, id), so the order is strict and a page goes on exactly where the last ended.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)

from app.db import Invalid
from app.models.activity import activities, order_returns, orders
from app.models.agent import agents
from app.models.consent import consents
from app.models.contact import contacts
from app.models.conversation import conversations, messages
from app.models.customer import customers
from app.models.organisation import queues
from app.models.party import customer_merges
from app.models.promise import customer_facts, promises, tasks
from app.queries.activity import of_brands
from app.queries.aliases import master_of
from app.queries.card_parts import WHO, of_theirs
from app.queries.customers import require_customer
from app.security.permissions import Actor, visible_conversations
from knowledge.sensitive import masked

DAY_MS = 24 * 3_600_000
PAGE = 40
Branch = Select[Any]
Place = tuple[int, str, int]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. `state` is what became of it, `by` the agent, `count` how many pages of a visit,
    or a sum of money in the currency's smallest unit; of a message `extra` is its direction."""

    type: str
    id: int
    at: int
    brand_id: int | None
    channel: str
    text: str
    state: str
    extra: str
    count: int
    conversation_id: int | None
    by: str

    @property
    def place(self) -> str:
        """Where the page after this entry goes on."""
        return f"{self.at}.{self.type}.{self.id}"


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the stream somebody wants to see; nothing said: everything."""

    types: frozenset[str] = frozenset()
    channel: str = ""
    brand_id: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Timeline:
    """A page, and where the next begins."""

    entries: tuple[Entry, ...]
    next: str | None


def timeline(
    conn: Connection,
    actor: Actor,
    customer_id: int,
    asked: Asked | None = None,
    before: str = "",
    limit: int = PAGE,
) -> Timeline:
    """A page of the stream, of what the actor may see; NotFound for a customer they do not know."""
    customer_id = master_of(conn, customer_id)
    require_customer(conn, actor, customer_id)
    asked = asked or Asked()
    place = _place(before)
    branches = [
        _page(part, branch(actor), asked, place, limit)
        for part, (branch, with_channel) in BRANCHES.items()
        if (not asked.types or part in asked.types) and (with_channel or not asked.channel)
    ]
    if not branches:
        return Timeline((), None)
    every = union_all(*(select(branch.subquery()) for branch in branches)).subquery()
    rows = conn.execute(
        select(every).order_by(every.c.at.desc(), every.c.type, every.c.id.desc()).limit(limit + 1),
        {"customer_id": customer_id},
    ).all()
    entries = tuple(Entry(**masked(row._mapping, "text")) for row in rows[:limit])
    return Timeline(entries, entries[-1].place if len(rows) > limit else None)


def _page(part: str, branch: Branch, asked: Asked, place: Place | None, limit: int) -> Branch:
    rows = branch.subquery()
    wanted: list[ColumnElement[bool]] = []
    if asked.channel:
        wanted.append(rows.c.channel == asked.channel)
    if asked.brand_id is not None:
        wanted.append(rows.c.brand_id == asked.brand_id)
    if asked.text:
        words = asked.text.lower()
        wanted.append(func.lower(rows.c.text).contains(words, autoescape=True))
    if place is not None:
        wanted.append(_after(part, rows, place))
    found = select(literal(part).label("type"), *rows.c).where(*wanted)
    return found.order_by(rows.c.at.desc(), rows.c.id.desc()).limit(limit + 1)


def _after(part: str, rows: Any, place: Place) -> ColumnElement[bool]:
    at, last, last_id = place
    here: ColumnElement[bool] = rows.c.at == at
    if part == last:
        here = and_(here, rows.c.id < last_id)
    return or_(rows.c.at < at, here) if part >= last else rows.c.at < at


def _place(text: str) -> Place | None:
    if not text:
        return None
    at, _, rest = text.partition(".")
    part, _, last_id = rest.partition(".")
    known = part in BRANCHES and at.isdecimal() and last_id.isdecimal()
    if not known or len(at) > 15 or len(last_id) > 18:
        raise Invalid(before="unknown")
    return int(at), part, int(last_id)


def _row(
    id: Any, at: Any, text: Any, brand: Any = None, channel: Any = None, state: Any = None,
    extra: Any = None, count: Any = 0, talk: Any = None, by: Any = None,
) -> Branch:  # fmt: skip
    nobody = literal("")
    return select(
        id.label("id"),
        at.label("at"),
        cast(null() if brand is None else brand, BigInteger).label("brand_id"),
        (nobody if channel is None else channel).label("channel"),
        text.label("text"),
        (nobody if state is None else state).label("state"),
        (nobody if extra is None else extra).label("extra"),
        cast(count, BigInteger).label("count"),
        cast(null() if talk is None else talk, BigInteger).label("conversation_id"),
        (nobody if by is None else func.coalesce(by, "")).label("by"),
    )


def _in_talks(branch: Branch, actor: Actor, table: Any, by: Any) -> Branch:
    """Of conversations the actor may see, with the agent's name."""
    return (
        branch.select_from(table)
        .join(conversations, conversations.c.id == table.c.conversation_id)
        .outerjoin(agents, agents.c.id == by)
        .where(conversations.c.customer_id == WHO, visible_conversations(actor))
    )


def _contacts(actor: Actor) -> Branch:
    of, talk = contacts.c, conversations.c
    state = case((of.outcome != "", of.outcome), else_=of.status)
    waited = func.coalesce(of.answered_at, of.ended_at, of.enqueued_at) - of.enqueued_at
    row = _row(
        of.id, of.enqueued_at, queues.c.name, talk.brand_id, of.channel, state, None, waited,
        talk.id, agents.c.name,
    )  # fmt: skip
    return _in_talks(row, actor, contacts, of.agent_id).join(queues, queues.c.id == of.queue_id)


def _messages(*kinds: str, lost: bool | None = None) -> Callable[[Actor], Branch]:
    def branch(actor: Actor) -> Branch:
        of, talk = messages.c, conversations.c
        row = _row(
            of.id, of.created_at, of.text, talk.brand_id, of.channel, of.state, of.kind, 0,
            talk.id, agents.c.name,
        )  # fmt: skip
        found = _in_talks(row, actor, messages, of.agent_id).where(of.kind.in_(kinds))
        if lost is not None:
            found = found.where(of.state.in_(LOST) if lost else of.state.not_in(LOST))
        return found

    return branch


def _orders(actor: Actor) -> Branch:
    of = orders.c
    name = case((of.number != "", of.number), else_=of.external_id)
    row = _row(of.id, of.placed_at, name, of.brand_id, None, of.status, of.currency, of.total)
    return row.where(of.customer_id == WHO, *of_brands(actor, orders))


def _returns(actor: Actor) -> Branch:
    of = order_returns.c
    text = case((of.reason != "", of.reason), else_=of.external_id)
    row = _row(of.id, of.at, text, of.brand_id, None, of.status, of.currency, of.amount)
    return row.where(of.customer_id == WHO, *of_brands(actor, order_returns))


def _visits(actor: Actor) -> Branch:
    """The pages of a day (UTC) and brand are one visit, at its last page."""
    of = activities.c
    row = _row(
        func.max(of.id), func.max(of.at), func.max(of.title), of.brand_id, count=func.count()
    )
    theirs = (of.customer_id == WHO, of.kind == "page_view", *of_brands(actor, activities))
    return row.where(*theirs).group_by(of.brand_id, of.at // DAY_MS)


def _events(actor: Actor) -> Branch:
    of = activities.c
    amount = func.coalesce(of.amount, 0)
    row = _row(of.id, of.at, of.title, of.brand_id, None, of.kind, of.currency, amount)
    theirs = (of.customer_id == WHO, of.kind != "page_view", *of_brands(actor, activities))
    return row.where(*theirs)


def _promises(actor: Actor) -> Branch:
    of = promises.c
    row = _row(
        of.id, of.created_at, of.text, of.brand_id, None, of.state, None, of.due_at,
        of.conversation_id, agents.c.name,
    )  # fmt: skip
    joined = row.select_from(promises).join(agents, agents.c.id == of.owner_id)
    return joined.where(*of_theirs(actor, promises))


def _tasks(actor: Actor) -> Branch:
    of = tasks.c
    state = case((of.done_at.is_not(None), "done"), else_="open")
    row = _row(
        of.id, of.created_at, of.text, of.brand_id, None, state, of.kind, 0, of.conversation_id,
        agents.c.name,
    )  # fmt: skip
    joined = row.select_from(tasks).join(agents, agents.c.id == of.owner_id)
    return joined.where(*of_theirs(actor, tasks))


def _facts(actor: Actor) -> Branch:
    of = customer_facts.c
    state = case((of.ended_at.is_not(None), "ended"), else_="")
    row = _row(
        of.id, of.at, of.text, of.brand_id, None, state, of.kind, 0, of.conversation_id,
        agents.c.name,
    )  # fmt: skip
    joined = row.select_from(customer_facts).outerjoin(agents, agents.c.id == of.agent_id)
    return joined.where(*of_theirs(actor, customer_facts))


def _merges(actor: Actor) -> Branch:
    of = customer_merges.c
    name = case((customers.c.name != "", customers.c.name), else_=customers.c.email)
    state = case((of.undone_at.is_not(None), "undone"), else_="")
    row = _row(of.id, of.at, name, None, None, state, None, of.loser_id, None, agents.c.name)
    return (
        row.select_from(customer_merges)
        .join(customers, customers.c.id == of.loser_id)
        .outerjoin(agents, agents.c.id == of.agent_id)
        .where(of.winner_id == WHO)
    )


def _consents(actor: Actor) -> Branch:
    of = consents.c
    row = _row(
        of.id, of.at, of.purpose, of.brand_id, of.channel, of.status, of.source, 0, None,
        agents.c.name,
    )  # fmt: skip
    joined = row.select_from(consents).outerjoin(agents, agents.c.id == of.agent_id)
    return joined.where(*of_theirs(actor, consents))


LOST = ("failed", "bounced")
BRANCHES: dict[str, tuple[Callable[[Actor], Branch], bool]] = {  # and whether it has a channel
    "bounce": (_messages("outbound", lost=True), True),
    "consent": (_consents, True),
    "contact": (_contacts, True),
    "event": (_events, False),
    "fact": (_facts, False),
    "merge": (_merges, False),
    "message": (_messages("inbound", "outbound", lost=False), True),
    "note": (_messages("note"), True),
    "order": (_orders, False),
    "promise": (_promises, False),
    "return": (_returns, False),
    "task": (_tasks, False),
    "visit": (_visits, False),
}

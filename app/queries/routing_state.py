"""The floor as routing sees it: who waits, who works, in which queues."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, func, literal, select, union_all

from app.models.agent import agents, presence
from app.models.contact import contacts, offers
from app.models.conversation import conversations
from app.queries.interruptions import interrupters
from app.queries.routing_setup import Setup, routing_setup
from channels import registry
from routing.state import Agent, Contact, SkillNeed, State, Step


@dataclass(frozen=True, slots=True)
class InLine:
    """The waiting contacts, and when time alone changes what their rows say: (ms, contact id).

    That is the end of the peace of those who passed, or the next try of a callback, which is not in
    line until then (`hidden`, with their versions). `resting` are those at peace whose extra round
    was not given yet; `called_back` wait without sitting there.
    """

    contacts: tuple[Contact, ...]
    later: tuple[tuple[int, int], ...]
    resting: frozenset[int] = frozenset()
    hidden: Mapping[int, int] = field(default_factory=dict)
    called_back: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class FloorRows:
    """The rows of the floor, or those of it that were asked for, as routing's values."""

    setup: Setup
    in_line: InLine
    agents: tuple[Agent, ...]

    def state(self) -> State:
        """The state these rows are, if they are all."""
        return State.of(
            self.in_line.contacts,
            self.agents,
            self.setup.queues.values(),
            policy_version=self.setup.policy,
        )


def routing_state(conn: Connection, now: int) -> State:
    """Read everything a settlement depends on, in a handful of statements."""
    return read_floor(conn, now).state()


def read_floor(conn: Connection, now: int) -> FloorRows:
    """All rows of the floor."""
    setup = routing_setup(conn)
    in_line = contacts_in_line(conn, setup, now)
    return FloorRows(setup, in_line, tuple(agents_at_work(conn, setup)))


def read_changed(
    conn: Connection, setup: Setup, now: int, contact_ids: Sequence[int], agent_ids: Sequence[int]
) -> FloorRows:
    """These contacts where they wait, and these agents where they are at work."""
    in_line, found = InLine((), ()), list[Agent]()
    if contact_ids:
        in_line = contacts_in_line(conn, setup, now, contact_ids)
    if agent_ids:
        found = agents_at_work(conn, setup, agent_ids)
    return FloorRows(setup, in_line, tuple(found))


def contacts_in_line(
    conn: Connection, setup: Setup, now: int, ids: Sequence[int] | None = None
) -> InLine:
    """Those who wait, all of them or of these ids."""
    statement = _WAITING_BY_BRAND if setup.by_brand else _WAITING
    if ids is None:
        rows = conn.execute(statement).all()
    else:
        rows = conn.execute(statement.where(_OF_CONTACTS), {"ids": ids}).all()
    waiting, later = list[Contact](), list[tuple[int, int]]()
    resting, hidden, called_back = set[int](), dict[int, int](), set[int]()
    for row in rows:
        if row.callback:
            called_back.add(row.id)
        if row.callback and row.callback["next_at"] > now:
            later.append((row.callback["next_at"], row.id))
            hidden[row.id] = row.version
            continue
        if (row.ask_again_at or 0) > now:
            later.append((row.ask_again_at, row.id))
            if not row.exclusion_cleared:
                resting.add(row.id)
        waiting.append(contact_of(row, setup, now))
    return InLine(tuple(waiting), tuple(later), frozenset(resting), hidden, frozenset(called_back))


def agents_at_work(conn: Connection, setup: Setup, ids: Sequence[int] | None = None) -> list[Agent]:
    """Those who are signed in, all of them or of these ids, with what they have in hand."""
    values = {} if ids is None else {"ids": ids}
    at_work, in_hand = _AT_WORK, _IN_HAND
    if ids is not None:
        at_work, in_hand = at_work.where(_OF_AGENTS), _IN_HAND_OF
    live: defaultdict[int, Counter[str]] = defaultdict(Counter)
    aside: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for row in conn.execute(in_hand, values):
        live[row.agent_id][row.channel] += row.live
        for channel in _interrupted_by(setup, row):
            aside[row.agent_id][channel] += int(row.units)
    return [_agent(row, setup, live, aside) for row in conn.execute(at_work, values)]


@dataclass(frozen=True, slots=True)
class Pulse:
    """A glance at the floor: how many wait, and the sums of the versions and epochs that every
    change raises. Where it is the same, nothing has changed."""

    waiting: int
    versions: int
    epochs: int


def floor_pulse(conn: Connection) -> Pulse:
    """The pulse as the rows have it, in one statement."""
    row = conn.execute(_PULSE).one()
    return Pulse(row[0], row[1], row[2])


# -- rows into values -------------------------------------------------------------------------


def contact_of(row: Row[Any], setup: Setup, now: int) -> Contact:
    """The contact of a row of `contacts` with its `brand_id`, as it waits at `now`."""
    brand = (SkillNeed(-row.brand_id),) if setup.by_brand else ()
    return Contact(
        id=row.id,
        queue=row.queue_id,
        channel=row.channel,
        cost=row.cost,
        enqueued_at=row.enqueued_at,
        boost=row.boost_ms,
        skills=brand + _needs(row.skills),
        steps=tuple(
            Step(step["after_s"] * 1000, brand + _needs(step["skills"])) for step in row.steps
        ),
        preferred=row.preferred_agent_id,
        preferred_until=row.preferred_until or 0,
        excluded=frozenset(row.excluded),
        exclusion_cleared=_stands(row, setup, now),
        been_in=frozenset(row.been_in),
        version=row.version,
        offer_ms=registry.get(row.channel).offer_timeout_s * 1000,
        interrupted_by=_interrupted_by(setup, row),
    )


def _interrupted_by(setup: Setup, row: Row[Any]) -> frozenset[str]:
    allowed = row.queue_id in setup.interruptible
    return interrupters(row.channel) if allowed else frozenset()


def _stands(row: Row[Any], setup: Setup, now: int) -> bool:
    """Whether nobody who passed is asked again.

    For a while after somebody has passed; and for good once the one extra round was given, where
    the queue has a way out for what everybody declined. Without one there is always another round:
    an exclusion must not strand a contact.
    """
    if (row.ask_again_at or 0) > now:
        return True
    ways_out = setup.overflow.after_all_declined(row.queue_id, row.channel, row.been_in)
    return bool(row.exclusion_cleared and ways_out)


def _needs(pairs: Sequence[Sequence[int]]) -> tuple[SkillNeed, ...]:
    return tuple(SkillNeed(skill, level) for skill, level in pairs)


def _agent(
    row: Row[Any],
    setup: Setup,
    live: Mapping[int, dict[str, int]],
    aside: Mapping[int, dict[str, int]],
) -> Agent:
    return Agent(
        id=row.agent_id,
        available=row.state == "available",
        capacity=row.capacity,
        used=row.used,
        max_by_channel=row.max_by_channel,
        live_by_channel=dict(live.get(row.agent_id, {})),
        skills=setup.skills.get(row.agent_id, {}),
        queues=setup.seats.get(row.agent_id, {}),
        last_assigned_at=row.last_assigned_at,
        epoch=row.epoch,
        interruptible=dict(aside.get(row.agent_id, {})),
    )


# -- statements, built once -------------------------------------------------------------------

_COLUMNS = [
    contacts.c[name]
    for name in (
        "id", "queue_id", "channel", "cost", "enqueued_at", "boost_ms", "skills", "steps",
        "preferred_agent_id", "preferred_until", "excluded", "exclusion_cleared", "ask_again_at",
        "been_in", "callback", "version",
    )
]  # fmt: skip
_WAITING: Select[Any] = select(*_COLUMNS, literal(0).label("brand_id")).where(
    contacts.c.status == "waiting"
)
_WAITING_BY_BRAND: Select[Any] = (
    select(*_COLUMNS, conversations.c.brand_id)
    .join(conversations, conversations.c.id == contacts.c.conversation_id)
    .where(contacts.c.status == "waiting")
)
_OF_CONTACTS = contacts.c.id.in_(bindparam("ids", expanding=True))
_AT_WORK: Select[Any] = (
    select(
        agents.c.capacity, agents.c.max_by_channel, presence.c.agent_id, presence.c.state,
        presence.c.used, presence.c.epoch, presence.c.last_assigned_at,
    )
    .join(presence, presence.c.agent_id == agents.c.id)
    .where(agents.c.active, presence.c.state != "offline")
)  # fmt: skip
_PULSE: Select[Any] = select(
    select(func.count()).where(contacts.c.status == "waiting").scalar_subquery(),
    select(func.coalesce(func.sum(contacts.c.version), 0))
    .where(contacts.c.status == "waiting")
    .scalar_subquery(),
    select(func.coalesce(func.sum(presence.c.epoch), 0))
    .join(agents, agents.c.id == presence.c.agent_id)
    .where(agents.c.active, presence.c.state != "offline")
    .scalar_subquery(),
)
_OF_AGENTS = presence.c.agent_id.in_(bindparam("ids", expanding=True))
_WORK = contacts.c.channel, contacts.c.queue_id, contacts.c.cost
_ACTIVE: Select[Any] = select(contacts.c.agent_id, *_WORK).where(
    contacts.c.status.in_(("active", "wrap_up")), contacts.c.agent_id.is_not(None)
)
_ASKED: Select[Any] = (
    select(offers.c.agent_id, *_WORK)
    .join(contacts, contacts.c.id == offers.c.contact_id)
    .where(offers.c.status == "pending")
)


def _counted(*parts: Select[Any]) -> Select[Any]:
    one = union_all(*parts).subquery()
    kind = one.c.agent_id, one.c.channel, one.c.queue_id
    units = func.sum(one.c.cost).label("units")
    return select(*kind, func.count().label("live"), units).group_by(*kind)


_IN_HAND = _counted(_ACTIVE, _ASKED)
_IN_HAND_OF = _counted(
    _ACTIVE.where(contacts.c.agent_id.in_(bindparam("ids", expanding=True))),
    _ASKED.where(offers.c.agent_id.in_(bindparam("ids", expanding=True))),
)

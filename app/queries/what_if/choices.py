"""What the form of a scenario offers: days that can be played again, queues with their present
rules, agents, skills, and how much history there is."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, func, select, true

from app.models.agent import agents
from app.models.contact import contacts
from app.models.organisation import queues, skills
from app.queries.arrivals import DAY_MS, Brands, history_of, of_brands
from app.queries.choices import Choice
from app.queries.what_if.forecast import Lacking, lacking
from app.security.permissions import Actor, visible_agents, visible_queues
from routing.intervals import QUARTER_MS

PLAYABLE_DAYS = 35


@dataclass(frozen=True, slots=True)
class PlayableDay:
    """A day of which contacts are there, by the wall clock of the supervisor."""

    day: str
    starts_at: int
    contacts: int


@dataclass(frozen=True, slots=True)
class QueueAsItIs:
    """A queue with the rules a scenario may change."""

    id: int
    name: str
    priority: str
    occupancy: str
    agent_rule: str
    parallel_offers: int
    keep_free: int
    drain_after_s: int
    drain_for_s: int
    wrap_up_s: int | None


@dataclass(frozen=True, slots=True)
class Choices:
    """What there is to choose from, and to name."""

    queues: tuple[QueueAsItIs, ...]
    agents: tuple[Choice, ...]
    skills: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Material:
    """What questions can be asked about: whether any day can be played again, how much history
    there is."""

    playable: bool
    history: Lacking

    @property
    def foreseeable(self) -> bool:
        """Whether there is enough for a forecast."""
        known = self.history
        return known.days >= known.days_needed and known.contacts >= known.contacts_needed


def material(conn: Connection, actor: Actor, now: int) -> Material:
    """What there is, of the brands the actor serves."""
    since = now - PLAYABLE_DAYS * DAY_MS
    zone, brands = ZoneInfo(actor.time_zone), brands_of(actor)
    lately = contacts.c.enqueued_at >= since
    return Material(
        conn.execute(select(contacts.c.id).where(lately, _of(brands)).limit(1)).first() is not None,
        lacking(history_of(conn, None, "", brands, now), zone),
    )


def scenario_choices(conn: Connection, actor: Actor) -> Choices:
    """What this supervisor can choose from."""
    names = [queues.c[name] for name in QueueAsItIs.__dataclass_fields__]
    found = conn.execute(select(*names).where(visible_queues(actor)).order_by(queues.c.name))
    people = conn.execute(
        select(agents.c.id, agents.c.name)
        .where(visible_agents(actor), agents.c.active)
        .order_by(agents.c.name)
    )
    known = conn.execute(select(skills.c.id, skills.c.name).order_by(skills.c.name))
    return Choices(
        tuple(QueueAsItIs(*row) for row in found),
        tuple(Choice(*row) for row in people),
        tuple(Choice(*row) for row in known),
    )


def brands_of(actor: Actor) -> Brands:
    """The brands whose contacts count for them; None: all."""
    return None if actor.brands is None else tuple(sorted(actor.brands))


def playable_days(conn: Connection, actor: Actor, now: int) -> list[PlayableDay]:
    """The days of the last five weeks on which anybody came, the latest first."""
    zone = ZoneInfo(actor.time_zone)
    quarter = contacts.c.enqueued_at // QUARTER_MS
    rows = conn.execute(
        select(quarter, func.count())
        .where(contacts.c.enqueued_at >= now - PLAYABLE_DAYS * DAY_MS, _of(brands_of(actor)))
        .group_by(quarter)
    )
    counts: Counter[int] = Counter()
    for number, count in rows:
        local = datetime.fromtimestamp(number * QUARTER_MS / 1000, zone)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        counts[round(midnight.timestamp() * 1000)] += count
    return [
        PlayableDay(datetime.fromtimestamp(at / 1000, zone).date().isoformat(), at, count)
        for at, count in sorted(counts.items(), reverse=True)
        if at < now
    ]


def _of(brands: Brands) -> ColumnElement[bool]:
    """Contacts in queues of these brands."""
    if brands is None:
        return true()
    return contacts.c.queue_id.in_(select(queues.c.id).where(of_brands(brands)))

"""An agent's own day: what was handled, how full it was, which states it went through.

Today's figures come straight from contacts, offers and spans of presence; the week before from the
rows of quarters that reports are made of. Every formula is one of `routing.metrics`.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, and_, func, or_, select

from app.models.contact import contacts, offers
from app.models.history import agent_intervals, presence_spans
from app.models.organisation import pause_reasons, queues
from app.queries.hands import handling_ms
from app.security.permissions import Actor
from routing import metrics
from routing.intervals import Span, merged, overlap

DAYS_BEFORE = 7


@dataclass(frozen=True, slots=True)
class Figures:
    """Sums of a day, or of several (`days` of them worked). Durations in ms."""

    handled: int = 0
    handling_ms: int = 0
    wrap_up_ms: int = 0
    accepted: int = 0
    declined: int = 0
    missed: int = 0
    available_ms: int = 0
    away_ms: int = 0
    not_ready_ms: int = 0
    busy_ms: int = 0
    days: int = 1

    @property
    def aht_ms(self) -> float | None:
        """Average handling time, with the work after the contact."""
        if not self.handled:
            return None
        return (self.handling_ms + self.wrap_up_ms) / self.handled

    @property
    def occupancy(self) -> float | None:
        """Available with a contact in hand ÷ available."""
        signed_in = self.available_ms + self.away_ms + self.not_ready_ms
        return metrics.occupancy(self.busy_ms, signed_in, self.away_ms + self.not_ready_ms)

    @property
    def asked(self) -> int:
        """Offers that were answered or missed."""
        return self.accepted + self.declined + self.missed

    @property
    def acceptance(self) -> float | None:
        """Accepted ÷ asked."""
        return self.accepted / self.asked if self.asked else None


@dataclass(frozen=True, slots=True)
class Stretch:
    """A state that lasted: of the timeline."""

    state: str
    reason: str
    pause: str
    productive: bool
    began_at: int
    ended_at: int
    going_on: bool

    @property
    def ms(self) -> int:
        """How long."""
        return self.ended_at - self.began_at


@dataclass(frozen=True, slots=True)
class OfChannel:
    """What was handled in one channel. Durations in ms."""

    channel: str
    handled: int
    aht_ms: float | None
    wrap_up_ms: float | None  # on the average


@dataclass(frozen=True, slots=True)
class AgentDay:
    """Today, since midnight where the agent is; `before` are the days worked of the last seven."""

    began_at: int
    now: int
    today: Figures
    before: Figures
    channels: tuple[OfChannel, ...]
    stretches: tuple[Stretch, ...]
    busy: tuple[Span, ...]
    without_outcome: tuple[int, ...]  # conversations whose queue wants one

    @property
    def signed_in_at(self) -> int | None:
        """When the day began for the agent."""
        return self.stretches[0].began_at if self.stretches else None


def agent_day(conn: Connection, actor: Actor, now: int) -> AgentDay:
    """The actor's own day, in four statements."""
    zone = ZoneInfo(actor.time_zone or "UTC")
    midnight = _midnight(now, zone)
    stretches = _stretches(conn, actor.agent_id, midnight, now)
    held = _held(conn, actor.agent_id, midnight)
    ended = [row for row in held if row.status == "ended" and row.outcome == "handled"]
    available = merged((s.began_at, s.ended_at) for s in stretches if s.state == "available")
    in_hand = merged((row.answered_at, row.ended_at or now) for row in held)
    busy = tuple(part for span in in_hand for part in overlap(span, available))
    asked = _offers(conn, actor.agent_id, midnight)
    today = Figures(
        handled=len(ended),
        handling_ms=sum(handling_ms(row)[0] for row in ended),
        wrap_up_ms=sum(handling_ms(row)[1] for row in ended),
        accepted=asked["accepted"],
        declined=asked["declined"],
        missed=asked["timed_out"],
        busy_ms=sum(end - began for began, end in busy),
        **_times(stretches),
    )
    return AgentDay(
        began_at=midnight,
        now=now,
        today=today,
        before=_before(conn, actor.agent_id, now, zone),
        channels=_by_channel(ended),
        stretches=stretches,
        busy=busy,
        without_outcome=tuple(row.conversation_id for row in ended if _lacks_outcome(row)),
    )


def _midnight(now: int, zone: ZoneInfo) -> int:
    here = datetime.fromtimestamp(now / 1000, zone)
    return int(here.replace(hour=0, minute=0, second=0, microsecond=0).timestamp() * 1000)


def _stretches(conn: Connection, agent_id: int, since: int, now: int) -> tuple[Stretch, ...]:
    p = presence_spans.c
    rows = conn.execute(
        select(
            p.state, p.reason, p.began_at, p.ended_at, pause_reasons.c.name,
            func.coalesce(pause_reasons.c.productive, False).label("productive"),
        )
        .outerjoin(pause_reasons, pause_reasons.c.id == p.pause_reason_id)
        .where(p.agent_id == agent_id, or_(p.ended_at.is_(None), p.ended_at > since))
        .order_by(p.began_at, p.id)
    )  # fmt: skip
    found = [
        Stretch(
            row.state, row.reason, row.name or "", bool(row.productive),
            max(row.began_at, since), row.ended_at if row.ended_at is not None else now,
            row.ended_at is None,
        )
        for row in rows
    ]  # fmt: skip
    return tuple(stretch for stretch in found if stretch.ms > 0 or stretch.going_on)


def _held(conn: Connection, agent_id: int, since: int) -> Sequence[Row[Any]]:
    """The agent's contacts that were accepted and reach into today."""
    return conn.execute(
        select(contacts, queues.c.disposition_required)
        .join(queues, queues.c.id == contacts.c.queue_id)
        .where(
            contacts.c.agent_id == agent_id,
            contacts.c.answered_at.is_not(None),
            or_(
                contacts.c.status.in_(("active", "wrap_up")),
                and_(contacts.c.status == "ended", contacts.c.ended_at >= since),
            ),
        )
        .order_by(contacts.c.id)
    ).all()


def _offers(conn: Connection, agent_id: int, since: int) -> Counter[str]:
    rows = conn.execute(
        select(offers.c.status, func.count().label("number"))
        .where(
            offers.c.agent_id == agent_id,
            offers.c.status.in_(("accepted", "declined", "timed_out")),
            offers.c.made_at >= since,
        )
        .group_by(offers.c.status)
    )
    return Counter({row.status: row.number for row in rows})


def _times(stretches: Sequence[Stretch]) -> dict[str, int]:
    """Time in each state; being away for something that is work still is not being available."""
    lasted: Counter[str] = Counter()
    for stretch in stretches:
        lasted[stretch.state] += stretch.ms
    return {
        "available_ms": lasted["available"],
        "away_ms": lasted["away"],
        "not_ready_ms": lasted["not_ready"],
    }


def _by_channel(ended: Sequence[Row[Any]]) -> tuple[OfChannel, ...]:
    found = []
    for channel in sorted({row.channel for row in ended}):
        spans = [handling_ms(row) for row in ended if row.channel == channel]
        active, wrapped = [a for a, _ in spans], [w for _, w in spans]
        aht = metrics.average_handling_time_ms(active, wrapped)
        found.append(OfChannel(channel, len(spans), aht, sum(wrapped) / len(spans)))
    return tuple(found)


def _lacks_outcome(row: Row[Any]) -> bool:
    return bool(row.disposition_required) and row.disposition_id is None


def _before(conn: Connection, agent_id: int, now: int, zone: ZoneInfo) -> Figures:
    """The seven days before today, from the rows of quarters."""
    today = datetime.fromtimestamp(now / 1000, zone).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    since = int((today - timedelta(days=DAYS_BEFORE)).timestamp() * 1000)
    rows = conn.execute(
        select(agent_intervals).where(
            agent_intervals.c.agent_id == agent_id,
            agent_intervals.c.starts_at >= since,
            agent_intervals.c.starts_at < int(today.timestamp() * 1000),
        )
    ).all()
    names = (
        "handled", "handling_ms", "wrap_up_ms", "accepted", "declined", "available_ms", "away_ms",
        "not_ready_ms", "busy_ms",
    )  # fmt: skip
    sums = {name: sum(getattr(row, name) for row in rows) for name in names}
    worked = {
        datetime.fromtimestamp(row.starts_at / 1000, zone).date()
        for row in rows
        if row.available_ms + row.away_ms + row.not_ready_ms or row.handled
    }
    return Figures(**sums, missed=sum(row.timed_out for row in rows), days=len(worked))

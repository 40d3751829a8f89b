"""The agents of the wallboard over the last hours: how many were there, how busy each was, when
they last replied."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, func, or_, select

from app.models.agent import agents
from app.models.contact import contacts
from app.models.conversation import messages
from app.models.history import presence_spans
from routing.intervals import QUARTER_MS, Span, merged, overlap
from routing.metrics import occupancy

Spans = dict[int, dict[bool, list[Span]]]  # agent -> was available? -> when


@dataclass(frozen=True, slots=True)
class Person:
    """How an agent did; None: no time on which to base it, no reply."""

    occupancy: float | None = None
    last_reply_at: int | None = None


def presence_of(conn: Connection, since: int, now: int) -> Spans:
    """When each agent was signed in between two moments."""
    rows = conn.execute(
        select(
            presence_spans.c.agent_id,
            presence_spans.c.state,
            presence_spans.c.began_at,
            presence_spans.c.ended_at,
        ).where(
            presence_spans.c.state != "offline",
            presence_spans.c.began_at < now,
            or_(presence_spans.c.ended_at.is_(None), presence_spans.c.ended_at > since),
        )
    )
    found: Spans = {}
    for row in rows:
        span = max(row.began_at, since), min(row.ended_at or now, now)
        found.setdefault(row.agent_id, {True: [], False: []})[row.state == "available"].append(span)
    return found


def staffed(spans: Spans, since: int, quarters: int = 96) -> tuple[float, ...]:
    """How many were signed in, on average of each quarter of an hour from a moment on."""
    sums = [0] * quarters
    for by_state in spans.values():
        for began, ended in merged(by_state[True] + by_state[False]):
            while began < ended:
                quarter = min((began - since) // QUARTER_MS, quarters - 1)
                cut = min(ended, since + (quarter + 1) * QUARTER_MS)
                sums[quarter] += cut - began
                began = cut
    return tuple(total / QUARTER_MS for total in sums)


def people_of(conn: Connection, spans: Spans, since: int, now: int) -> dict[int, Person]:
    """How busy each agent was, and when they last replied. Two statements."""
    replied = (
        select(func.max(messages.c.created_at))
        .where(messages.c.agent_id == agents.c.id, messages.c.kind == "outbound")
        .scalar_subquery()
    )
    replies = conn.execute(select(agents.c.id, replied.label("at")).where(agents.c.active)).all()
    in_hand = _in_hand(conn, since, now)
    return {
        row.id: Person(_occupancy(in_hand.get(row.id, []), spans.get(row.id)), row.at)
        for row in replies
    }


def _in_hand(conn: Connection, since: int, now: int) -> dict[int, list[Span]]:
    rows = conn.execute(
        select(contacts.c.agent_id, contacts.c.answered_at, contacts.c.ended_at).where(
            contacts.c.agent_id.is_not(None),
            contacts.c.answered_at.is_not(None),
            or_(contacts.c.ended_at > since, contacts.c.status.in_(("active", "wrap_up"))),
        )
    )
    found: dict[int, list[Span]] = {}
    for agent_id, began, ended in rows:
        found.setdefault(agent_id, []).append((max(began, since), ended or now))
    return found


def _occupancy(in_hand: list[Span], spans: dict[bool, list[Span]] | None) -> float | None:
    """Time with a contact in hand ÷ (that + time available without one), signed-in time only."""
    if spans is None:
        return None
    held = merged(in_hand)
    available = merged(spans[True])
    busy = _length(_cut(held, merged(spans[True] + spans[False])))
    idle = _length(available) - _length(_cut(held, available))
    return occupancy(busy, busy + idle)


def _cut(spans: list[Span], within: list[Span]) -> Iterable[Span]:
    return [part for span in spans for part in overlap(span, within)]


def _length(spans: Iterable[Span]) -> int:
    return sum(ended - began for began, ended in spans)

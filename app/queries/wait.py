"""How long somebody will wait, from what the queue has done lately: never more than is known."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from app.models.agent import agent_queues, agents, presence
from app.models.contact import contacts
from app.queries.routing_state import routing_state
from routing.estimate import Estimate, contacts_ahead, estimate_wait, relative_error

SAMPLES = 50  # handling times an estimate rests on
LEAST_SAMPLES = 5
LATELY_MS = 7 * 24 * 3_600_000
PRESENT = ("available", "away", "not_ready")


@dataclass(frozen=True, slots=True)
class Place:
    """A place in line. `position` counts from 1; without enough data there is no estimate."""

    position: int
    estimate: Estimate | None

    @property
    def is_long(self) -> bool:
        """More than five minutes at best: offer to answer by email instead."""
        return self.estimate is not None and self.estimate.low_ms > 5 * 60_000


def places(conn: Connection, contact_ids: Sequence[int], now: int) -> dict[int, Place]:
    """The places of these waiting contacts; those that do not wait are left out."""
    if not contact_ids:
        return {}
    state = routing_state(conn, now)
    found: dict[int, Place] = {}
    lately: dict[tuple[int, str], tuple[list[int], float | None, list[float]]] = {}
    for contact_id in contact_ids:
        contact = state.contacts.get(contact_id)
        if contact is None:
            continue
        line = contact.queue, contact.channel
        if line not in lately:
            lately[line] = (
                handling_times(conn, *line, now),
                patience(conn, *line, now),
                recent_errors(conn, *line, now),
            )
        found[contact_id] = Place(
            contacts_ahead(state, contact_id, now) + 1,
            estimate_wait(state, contact_id, now, *lately[line]),
        )
    return found


def handling_times(conn: Connection, queue_id: int, channel: str, now: int) -> list[int]:
    """The last handling times of the queue, in ms, newest first."""
    rows = conn.execute(
        select(contacts.c.ended_at - contacts.c.answered_at)
        .where(
            contacts.c.queue_id == queue_id,
            contacts.c.channel == channel,
            contacts.c.outcome == "handled",
            contacts.c.answered_at.is_not(None),
            contacts.c.ended_at > now - LATELY_MS,
        )
        .order_by(contacts.c.ended_at.desc())
        .limit(SAMPLES)
    ).scalars()
    return [int(ms) for ms in rows if ms > 0]


def patience(conn: Connection, queue_id: int, channel: str, now: int) -> float | None:
    """The mean time until people give up: all time waited ÷ those who left; None if few did."""
    waited = func.sum(
        func.coalesce(contacts.c.answered_at, contacts.c.ended_at) - contacts.c.enqueued_at
    )
    left = func.count().filter(contacts.c.outcome == "abandoned")
    row = conn.execute(
        select(waited, left).where(
            contacts.c.queue_id == queue_id,
            contacts.c.channel == channel,
            contacts.c.status == "ended",
            contacts.c.enqueued_at > now - LATELY_MS,
        )
    ).one()
    return row[0] / row[1] if row[1] >= LEAST_SAMPLES and row[0] else None


def recent_errors(conn: Connection, queue_id: int, channel: str, now: int) -> list[float]:
    """By how much the last announced waits were off, newest first, as a share of what was told."""
    rows = conn.execute(
        select(
            contacts.c.announced_low_ms,
            contacts.c.announced_high_ms,
            contacts.c.answered_at - contacts.c.announced_at,
        )
        .where(
            contacts.c.queue_id == queue_id,
            contacts.c.channel == channel,
            contacts.c.enqueued_at > now - LATELY_MS,
            contacts.c.answered_at >= contacts.c.announced_at,
        )
        .order_by(contacts.c.enqueued_at.desc())
        .limit(SAMPLES)
    )
    return [relative_error(*row) for row in rows]


def usual_answer_ms(conn: Connection, queue_id: int, channel: str, now: int) -> int | None:
    """The time within which two thirds of the queue's last contacts had a first reply.

    None below five of them: a promise needs something to rest on.
    """
    times = sorted(
        conn.execute(
            select(contacts.c.replied_at - contacts.c.enqueued_at)
            .where(
                contacts.c.queue_id == queue_id,
                contacts.c.channel == channel,
                contacts.c.replied_at.is_not(None),
                contacts.c.enqueued_at > now - LATELY_MS,
            )
            .order_by(contacts.c.enqueued_at.desc())
            .limit(SAMPLES)
        ).scalars()
    )
    if len(times) < LEAST_SAMPLES:
        return None
    return int(times[(len(times) * 2) // 3])


def waiting_in(conn: Connection, queue_id: int) -> int:
    """How many chats wait in a queue. Mail that waits there too keeps nobody from chatting."""
    count: int = conn.execute(
        select(func.count()).where(
            contacts.c.queue_id == queue_id,
            contacts.c.channel == "chat",
            contacts.c.status.in_(("waiting", "offered")),
        )
    ).scalar_one()
    return count


def somebody_works(conn: Connection, queue_id: int) -> bool:
    """Whether an agent of this queue is signed in, whatever they are doing."""
    found = conn.execute(
        select(agents.c.id)
        .join(agent_queues, agent_queues.c.agent_id == agents.c.id)
        .join(presence, presence.c.agent_id == agents.c.id)
        .where(agent_queues.c.queue_id == queue_id, agents.c.active, presence.c.state.in_(PRESENT))
        .limit(1)
    ).first()
    return found is not None

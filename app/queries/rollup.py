"""The rows of reports as they should be, computed from what happened: a quarter of an hour each.

A queue's row counts the contacts that came in its quarter and what became of them, whenever that
was. An agent's row splits the agent's time; offers count when made, contacts when they ended.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, or_, select

from app.models.contact import contacts, offers
from app.models.conversation import conversations
from app.models.history import (
    agent_intervals,
    contact_moves,
    presence_spans,
    queue_intervals,
)
from app.models.organisation import installation, queues
from app.queries.answered import answered_at, target_ms
from app.queries.hands import LIVE, Hand, ended_between, handling_ms, hands
from routing.intervals import QUARTER_MS, Span, merged, overlap, quarter_of, split
from routing.metrics import is_short_abandon

QUEUE_KEY = ("queue_id", "channel", "priority", "language", "starts_at")
AGENT_KEY = ("agent_id", "starts_at")
QUEUE_FIGURES = tuple(c.name for c in queue_intervals.c if c.name not in ("id", *QUEUE_KEY))
AGENT_FIGURES = tuple(c.name for c in agent_intervals.c if c.name not in ("id", *AGENT_KEY))
MARK = "rollup"  # row of `installation`: {"until": ms}
TIME_IN = {"available": "available_ms", "away": "away_ms", "not_ready": "not_ready_ms"}

Key = tuple[Any, ...]
Rows = dict[Key, dict[str, int]]


def rolled_up_until(conn: Connection) -> int | None:
    """Up to when the rows are up to date; None before the first time."""
    kept = conn.execute(select(installation.c.value).where(installation.c.name == MARK)).scalar()
    return int(kept["until"]) if kept else None


def first_moment(conn: Connection) -> int | None:
    """When the first thing happened that reports tell of."""
    firsts = (
        conn.execute(select(column).order_by(column).limit(1)).scalar()
        for column in (contacts.c.enqueued_at, presence_spans.c.began_at)
    )
    return min((at for at in firsts if at is not None), default=None)


def touched(conn: Connection, since: int, now: int, *, all_live: bool = False) -> list[Span]:
    """The quarters whose contacts have changed since, as spans.

    What a contact's row says changes by its arrival, acceptance, first reply, wrap-up, end or move.
    With `all_live`, the quarters of every contact that has not ended, whatever has changed.
    """
    came = contacts.c.enqueued_at
    changed = or_(*(contacts.c[name] >= since for name in ("answered_at", "replied_at")))
    live = contacts.c.status.in_(LIVE)
    found: set[int] = set()
    for query in (
        select(came).where(came >= since, came <= now),
        select(came).where(live) if all_live else select(came).where(live, changed),
        select(came).where(ended_between(conn, since, now)),
        select(came)
        .join(contact_moves, contact_moves.c.contact_id == contacts.c.id)
        .where(contact_moves.c.at >= since),
    ):
        found.update(quarter_of(at) for at in conn.execute(query).scalars())
    return merged((quarter, quarter + QUARTER_MS) for quarter in found)


def queue_rows(conn: Connection, spans: Iterable[Span]) -> Rows:
    """The rows of all queues for these whole quarters."""
    rows: Rows = {}
    for began, ended in spans:
        within = (contacts.c.enqueued_at >= began, contacts.c.enqueued_at < ended)
        told = (contacts, conversations.c.language)
        joined = contacts.join(conversations, conversations.c.id == contacts.c.conversation_id)
        for contact in conn.execute(
            select(*told, answered_at().label("answered"), target_ms().label("target_ms"))
            .select_from(joined.join(queues, queues.c.id == contacts.c.queue_id))
            .where(*within)
        ):
            count_contact(
                row_of(rows, _queue_key(contact, contact.queue_id), QUEUE_FIGURES), contact
            )
        for move in conn.execute(
            select(*told, contact_moves.c.from_queue_id, contact_moves.c.why)
            .select_from(joined.join(contact_moves, contact_moves.c.contact_id == contacts.c.id))
            .where(*within, contact_moves.c.from_queue_id != contact_moves.c.to_queue_id)
        ):
            row = row_of(rows, _queue_key(move, move.from_queue_id), QUEUE_FIGURES)
            row["transferred" if move.why == "transfer" else "overflowed"] += 1
    return rows


def agent_rows(conn: Connection, span: Span, now: int) -> Rows:
    """The rows of all agents for these whole quarters, as far as the time has come."""
    rows: Rows = {}
    until = min(span[1], now)
    available = _count_presence(conn, rows, (span[0], until))
    held = hands(conn, (span[0], until), now)
    for agent_id in {hand.agent_id for hand in held}:
        own = [hand for hand in held if hand.agent_id == agent_id]
        count_hands(rows, own, available.get(agent_id, ()))
    _count_offers(conn, rows, span)
    ended = select(contacts).where(
        ended_between(conn, span[0], span[1] - 1),
        contacts.c.status == "ended",
        contacts.c.outcome == "handled",
        contacts.c.agent_id.is_not(None),
    )
    for contact in conn.execute(ended):
        row = row_of(rows, (contact.agent_id, quarter_of(contact.ended_at)), AGENT_FIGURES)
        active, wrapped = handling_ms(contact)
        _add(row, handled=1, handling_ms=active, wrap_up_ms=wrapped)
    return rows


def count_contact(row: dict[str, int], contact: Any) -> None:
    """One contact into the row of the quarter it came in."""
    row["offered"] += 1
    if contact.answered is not None:
        waited = contact.answered - contact.enqueued_at
        _add(row, answered=1, in_target=int(waited <= contact.target_ms), waits_ms=waited)
        row["longest_ms"] = max(row["longest_ms"], waited)
    elif contact.outcome == "abandoned" and contact.ended_at is not None:
        waited = contact.ended_at - contact.enqueued_at
        row["short_abandoned" if is_short_abandon(waited) else "abandoned"] += 1
        row["longest_ms"] = max(row["longest_ms"], waited)
    if contact.outcome == "handled" and contact.status == "ended":
        active, wrapped = handling_ms(contact)
        _add(row, handled=1, handling_ms=active, wrap_up_ms=wrapped)


def _count_presence(conn: Connection, rows: Rows, span: Span) -> dict[int, list[Span]]:
    """Time in each state into its quarters; returns when each agent was available."""
    available: dict[int, list[Span]] = {}
    p = presence_spans.c
    for state in conn.execute(
        select(p.agent_id, p.state, p.began_at, p.ended_at).where(
            p.state.in_(list(TIME_IN)),
            p.began_at < span[1],
            or_(p.ended_at.is_(None), p.ended_at > span[0]),
        )
    ):
        ended = state.ended_at if state.ended_at is not None else span[1]
        for part in overlap((state.began_at, ended), [span]):
            if state.state == "available":
                available.setdefault(state.agent_id, []).append(part)
            count_state(rows, state.agent_id, state.state, part)
    return {agent_id: merged(spans) for agent_id, spans in available.items()}


def count_state(rows: Rows, agent_id: int, state: str, span: Span) -> None:
    """A span of an agent's presence into its quarters."""
    for quarter, ms in split(span):
        row_of(rows, (agent_id, quarter), AGENT_FIGURES)[TIME_IN[state]] += ms


def count_hands(rows: Rows, held: Sequence[Hand], available: Sequence[Span]) -> None:
    """An agent is busy while available with anything in hand; units count each contact's cost."""
    agent_id = held[0].agent_id
    for busy in merged(hand.span for hand in held):
        for part in overlap(busy, available):
            for quarter, ms in split(part):
                row_of(rows, (agent_id, quarter), AGENT_FIGURES)["busy_ms"] += ms
    for hand in held:
        for part in overlap(hand.span, available):
            for quarter, ms in split(part):
                row_of(rows, (agent_id, quarter), AGENT_FIGURES)["unit_ms"] += ms * hand.cost


def _count_offers(conn: Connection, rows: Rows, span: Span) -> None:
    statuses = ("pending", "accepted", "declined", "timed_out", "rescinded")
    for offer in conn.execute(
        select(offers.c.agent_id, offers.c.status, offers.c.made_at).where(
            offers.c.status.in_(statuses),
            offers.c.expires_at >= span[0],  # in an index, and never before made_at
            offers.c.made_at >= span[0],
            offers.c.made_at < span[1],
        )
    ):
        row = row_of(rows, (offer.agent_id, quarter_of(offer.made_at)), AGENT_FIGURES)
        row["offered"] += 1
        if offer.status in ("accepted", "declined", "timed_out"):
            row[offer.status] += 1


def _queue_key(contact: Row[Any], queue_id: int) -> Key:
    starts_at = quarter_of(contact.enqueued_at)
    return queue_id, contact.channel, contact.priority, contact.language[:10], starts_at


def row_of(rows: Rows, key: Key, figures: Sequence[str]) -> dict[str, int]:
    """The row of a key, made with zeros where there is none yet."""
    if key not in rows:
        rows[key] = dict.fromkeys(figures, 0)
    return rows[key]


def _add(row: dict[str, int], **values: int) -> None:
    for name, value in values.items():
        row[name] += value

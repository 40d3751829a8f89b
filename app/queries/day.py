"""A day that has happened, as `routing.replay` plays it again: only what came from outside.

Contacts, offers and spans of presence say who came, who was there and what they did with their
offers. Skills, seats and rules are as they are set up now; of a contact that changed queues the
needs are those of its last one, because a row keeps no others.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from sqlalchemy import Connection, Row, and_, or_, select

from app.models.agent import agents
from app.models.contact import contacts, offers
from app.models.conversation import conversations
from app.models.history import contact_moves, presence_spans
from app.models.organisation import queues
from app.queries.calendars import after_business_ms, calendar
from app.queries.routing_setup import Setup, routing_setup
from app.queries.routing_state import contact_of
from channels import registry
from routing.boost import Priority
from routing.day import Coming, Day, DayAgent, DayQueue, Move, Reply, Span
from routing.hours import Hours, next_closing, next_opening
from routing.state import Agent, Queue

NO_ANSWER = "no_answer"  # the reason of a pause that routing itself has brought about
MOST_SPANS = 400  # closings in a day's span; more would be a calendar of minutes


def day(conn: Connection, start: int, end: int, brands: Collection[int] | None = None) -> Day:
    """What came from `start` to before `end` (ms), of these brands or of all.

    Who waited or was served at `start` is part of it. An empty span gives a day without contacts.
    """
    setup = routing_setup(conn)
    rows = _contacts(conn, start, end, brands)
    ids = [row.id for row in rows]
    past = _Past(
        setup=setup,
        start=start,
        end=end,
        offers=_by_contact(conn, offers, ids, offers.c.made_at),
        moves=_by_contact(conn, contact_moves, ids, contact_moves.c.at),
        spans=_spans(conn, start, end),
        queues={row.id: row for row in conn.execute(select(queues))},
    )
    hours = {id: calendar(conn, row.hours_id) for id, row in past.queues.items()}
    coming = [one for row in rows if (one := _coming(past, hours, row)) is not None]
    held = {one.held_by for one in coming if one.held_by is not None}
    return Day(
        start,
        end,
        tuple(_queue(setup, row, hours[id], start, end) for id, row in past.queues.items()),
        tuple(_agents(conn, past, held)),
        tuple(coming),
        setup.policy,
    )


@dataclass(frozen=True, slots=True)
class _Past:
    """The rows of the span, by what they belong to."""

    setup: Setup
    start: int
    end: int
    offers: dict[int, list[Row[Any]]]
    moves: dict[int, list[Row[Any]]]
    spans: dict[int, list[Row[Any]]]
    queues: dict[int, Row[Any]] = field(default_factory=dict)


def _contacts(
    conn: Connection, start: int, end: int, brands: Collection[int] | None
) -> Sequence[Row[Any]]:
    query = (
        select(contacts, conversations.c.brand_id)
        .join(conversations, conversations.c.id == contacts.c.conversation_id)
        .where(
            contacts.c.enqueued_at < end,
            or_(
                contacts.c.enqueued_at >= start,
                contacts.c.ended_at.is_(None),
                contacts.c.ended_at > start,
            ),
        )
        .order_by(contacts.c.enqueued_at, contacts.c.id)
    )
    if brands is not None:
        query = query.where(conversations.c.brand_id.in_(sorted(brands)))
    return conn.execute(query).all()


CHUNK = 5_000


def _by_contact(conn: Connection, table: Any, ids: list[int], order: Any) -> dict[int, list[Any]]:
    found: defaultdict[int, list[Any]] = defaultdict(list)
    for first in range(0, len(ids), CHUNK):
        query = select(table).where(table.c.contact_id.in_(ids[first : first + CHUNK]))
        for row in conn.execute(query.order_by(order, table.c.id)):
            found[row.contact_id].append(row)
    return found


def _spans(conn: Connection, start: int, end: int) -> dict[int, list[Row[Any]]]:
    found: defaultdict[int, list[Row[Any]]] = defaultdict(list)
    touching = and_(
        presence_spans.c.began_at < end,
        or_(presence_spans.c.ended_at.is_(None), presence_spans.c.ended_at > start),
    )
    for row in conn.execute(
        select(presence_spans).where(touching).order_by(presence_spans.c.began_at)
    ):
        found[row.agent_id].append(row)
    return found


# -- contacts ---------------------------------------------------------------------------------


def _coming(past: _Past, hours: dict[int, Hours | None], row: Row[Any]) -> Coming | None:
    """One contact; None for one that was only wrapped up when the span began."""
    made, moved = past.offers.get(row.id, []), past.moves.get(row.id, [])
    by_hand = [move for move in moved if move.why == "transfer"]
    entered = moved[0].from_queue_id if moved else row.queue_id
    served = _served(past, row, made, [move.at for move in by_hand])
    held = row.answered_at is not None and row.answered_at < past.start
    if held and not any(till > past.start for _, till in served):
        return None
    if held:
        served = [(max(since, past.start), till) for since, till in served if till > past.start]
    contact = replace(
        contact_of(row, past.setup, row.enqueued_at),
        queue=entered,
        excluded=frozenset(),
        exclusion_cleared=False,
        been_in=frozenset(),
        version=0,
    )
    taken = next((offer for offer in made if offer.status == "accepted"), None)
    further = [move for move in by_hand if not held or move.at > past.start]
    return Coming(
        contact,
        handling_ms=served[0][1] - served[0][0] if served else None,
        wrap_up_ms=_wrap_up_ms(past, row),
        answer_ms=_answer_ms(row, taken, made),
        gives_up_at=row.ended_at if row.answered_at is None else None,
        stayed_until=row.answered_at or past.end,
        target_ms=_target_ms(past.queues[entered], hours[entered], row),
        priority=cast(Priority, row.priority),
        replies=tuple(_replies(past, made)),
        moves=tuple(
            Move(move.to_queue_id, till - since)
            for move, (since, till) in zip(further, served[1:], strict=False)
        ),
        held_by=row.agent_id if held else None,
    )


def _served(
    past: _Past, row: Row[Any], made: Sequence[Row[Any]], moved_at: Sequence[int]
) -> list[tuple[int, int]]:
    """From when till when each agent in turn had the contact in hand."""
    if row.answered_at is None:
        return []
    over = row.wrap_up_at or row.ended_at or max(past.end, row.answered_at)
    ends = [*[at for at in moved_at if at > row.answered_at], over]
    taken = [offer.ended_at for offer in made if offer.status == "accepted"]
    served, since = [], row.answered_at
    for till in ends:
        served.append((since, max(since, till)))
        later = [at for at in taken if at >= till]
        if not later:
            break
        since = later[0]
    return served


def _answer_ms(row: Row[Any], taken: Row[Any] | None, made: Sequence[Row[Any]]) -> int:
    """How long the agent took to accept; where the customer left meanwhile, longer than that."""
    if taken is not None:
        return int(taken.ended_at) - int(taken.made_at)
    last = made[-1] if made and made[-1].status in ("rescinded", "pending") else None
    return (
        0
        if last is None
        else int(last.ended_at or row.ended_at or last.expires_at) - int(last.made_at) + 1
    )


def _wrap_up_ms(past: _Past, row: Row[Any]) -> int:
    if row.wrap_up_at is None:
        return 0
    over = row.ended_at or row.wrap_up_until or past.end
    return max(0, int(over) - int(row.wrap_up_at))


def _target_ms(queue: Row[Any], hours: Hours | None, row: Row[Any]) -> int:
    live = registry.get(row.channel).live
    target_s = int(queue.target_s if live else queue.mail_target_s)
    due = after_business_ms(hours, row.enqueued_at, target_s * 1000)
    return target_s * 1000 if due is None else max(1, due - int(row.enqueued_at))


def _replies(past: _Past, made: Iterable[Row[Any]]) -> Iterable[Reply]:
    for offer in made:
        after_ms = (offer.ended_at or offer.expires_at) - offer.made_at
        if offer.status == "declined":
            yield Reply(offer.agent_id, "declined", after_ms)
        elif offer.status == "timed_out":
            back = (
                span.began_at
                for span in past.spans.get(offer.agent_id, ())
                if span.state == "available" and span.began_at >= offer.ended_at
            )
            away_ms = next(back, past.end) - offer.ended_at
            yield Reply(offer.agent_id, "timed_out", after_ms, max(0, away_ms))


# -- agents and queues ------------------------------------------------------------------------


def _agents(conn: Connection, past: _Past, held: set[int]) -> Iterable[DayAgent]:
    """Those who were there at some time, and those who had something in hand."""
    wanted = sorted(past.spans.keys() | held)
    rows = {row.id: row for row in conn.execute(select(agents).where(agents.c.id.in_(wanted)))}
    for id in wanted:
        present = tuple(_present(past, past.spans.get(id, ())))
        if id in rows and (present or id in held):
            yield DayAgent(
                Agent(
                    id,
                    available=False,
                    capacity=rows[id].capacity,
                    max_by_channel=rows[id].max_by_channel,
                    skills=past.setup.skills.get(id, {}),
                    queues=past.setup.seats.get(id, {}),
                ),
                present,
            )


def _present(past: _Past, spans: Iterable[Row[Any]]) -> Iterable[Span]:
    """When the agent took work. An absence that a time-out brought about does not interrupt it."""
    since: int | None = None
    till = past.start
    for row in spans:
        if row.state != "available" and not (since is not None and row.reason == NO_ANSWER):
            continue
        began, ended = max(row.began_at, past.start), min(row.ended_at or past.end, past.end)
        if since is not None and began > till:
            yield Span(since, till)
            since = None
        since, till = (began if since is None else since), max(till, ended)
    if since is not None and till > since:
        yield Span(since, till)


def _queue(setup: Setup, row: Row[Any], hours: Hours | None, start: int, end: int) -> DayQueue:
    known = setup.queues.get(row.id, Queue(row.id))
    closed = tuple(_closed(hours, start, end)) if hours is not None else ()
    return DayQueue(replace(known, paused=False), setup.overflow.rules.get(row.id, ()), closed)


def _closed(hours: Hours, start: int, end: int) -> Iterable[Span]:
    at = start
    for _ in range(MOST_SPANS):
        opens = next_opening(hours, at)
        if opens is None or opens >= end:
            yield Span(at, end)
            return
        if opens > at:
            yield Span(at, opens)
        closes = next_closing(hours, opens)
        if closes is None or closes >= end:
            return
        at = closes

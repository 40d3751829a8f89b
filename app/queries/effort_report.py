"""What help has cost customers, by queue and by brand, of the contacts that began in a span."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Select, select

from app.customers.effort import (
    MINUTE_MS,
    MINUTES_OF,
    WEEK_MS,
    Episode,
    is_repeat,
    is_switch,
    pairs_of_a_subject,
    waited,
)
from app.models.contact import contacts
from app.models.conversation import conversations
from app.models.organisation import brands, queues
from app.models.question import contact_classes
from app.queries.customer_effort import EPISODE, episode_of
from app.queries.history import Filters
from app.security.permissions import Actor, visible_conversations
from routing.intervals import Span


@dataclass(slots=True)
class EffortSums:
    """Counts of acts, and the wait."""

    contacts: int = 0
    transfers: int = 0
    repeats: int = 0
    switches: int = 0
    waited_ms: int = 0

    @property
    def score(self) -> float | None:
        """Minutes a contact: the wait, and what the acts are worth; None where there are none. The
        first contact costs nothing by itself, so a contact counts only where it is a repeat."""
        if not self.contacts:
            return None
        acts = (
            MINUTES_OF["transfer"] * self.transfers
            + (MINUTES_OF["repeat"] + MINUTES_OF["contact"]) * self.repeats
            + MINUTES_OF["switch"] * self.switches
        )
        return (self.waited_ms / MINUTE_MS + acts) / self.contacts


@dataclass(frozen=True, slots=True)
class EffortLine:
    """The sums of one queue or brand."""

    id: int
    name: str
    sums: EffortSums = field(default_factory=EffortSums)


@dataclass(frozen=True, slots=True)
class EffortReport:
    """By queue and by brand, the most effort a contact first."""

    queues: tuple[EffortLine, ...]
    brands: tuple[EffortLine, ...]


def effort_report(
    conn: Connection, actor: Actor, span: Span, filters: Filters, now: int
) -> EffortReport:
    """Of a supervisor's brands. A repeat counts where the customer came again; the week before the
    span, other queues and other channels are looked at too, so that none is missed."""
    actor.require("supervise")
    query = _contacts(actor, span)
    by_customer: dict[int, list[Episode]] = {}
    places: dict[int, tuple[EffortSums, EffortSums]] = {}
    of_queues: dict[int, EffortLine] = {}
    of_brands: dict[int, EffortLine] = {}
    for row in conn.execute(query):
        one = episode_of(row)
        by_customer.setdefault(row.customer_id, []).append(one)
        chosen = row.queue_id in filters.queue_ids and filters.channel in ("", one.channel)
        if chosen and one.enqueued_at >= span[0]:
            queue = of_queues.setdefault(row.queue_id, EffortLine(row.queue_id, row.queue))
            brand = of_brands.setdefault(row.brand_id, EffortLine(row.brand_id, row.brand))
            places[id(one)] = queue.sums, brand.sums
    for known in by_customer.values():
        _count(known, places, now)
    return EffortReport(_sorted(of_queues.values()), _sorted(of_brands.values()))


def _contacts(actor: Actor, span: Span) -> Select[Any]:
    return (
        select(
            *EPISODE,
            conversations.c.customer_id,
            conversations.c.brand_id,
            queues.c.name.label("queue"),
            brands.c.name.label("brand"),
        )
        .join(conversations, conversations.c.id == contacts.c.conversation_id)
        .join(queues, queues.c.id == contacts.c.queue_id)
        .join(brands, brands.c.id == conversations.c.brand_id)
        .outerjoin(contact_classes, contact_classes.c.conversation_id == conversations.c.id)
        .where(
            contacts.c.enqueued_at >= span[0] - WEEK_MS,
            contacts.c.enqueued_at < span[1],
            visible_conversations(actor),
        )
        .order_by(contacts.c.enqueued_at, contacts.c.id)
    )


def _count(
    known: list[Episode], places: dict[int, tuple[EffortSums, EffortSums]], now: int
) -> None:
    for one in known:
        for sums in places.get(id(one), ()):
            sums.contacts += 1
            sums.transfers += one.moves
            sums.waited_ms += waited(one, now)
    for before, one in pairs_of_a_subject(known):
        for sums in places.get(id(one), ()):
            sums.repeats += is_repeat(before, one)
            sums.switches += is_switch(before, one)


def _sorted(lines: Iterable[EffortLine]) -> tuple[EffortLine, ...]:
    return tuple(sorted(lines, key=lambda line: (-(line.sums.score or 0), line.name)))

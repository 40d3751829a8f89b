"""Who waits how long: by priority and by language, and whether it is fair."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, func, select

from app.models.contact import contacts
from app.models.conversation import conversations
from app.models.organisation import queues
from app.queries.answered import answered_at
from app.queries.history import Filters
from routing.boost import PRIORITY_BOOST_MS
from routing.intervals import Span
from routing.metrics import FAIR_MULTIPLE, percentile_of_counts, tier_ratio

LEAST = 20  # answered contacts below which a percentile says little
SECOND_MS = 1_000
TIERS = sorted(PRIORITY_BOOST_MS, key=lambda name: PRIORITY_BOOST_MS[name])  # lowest first


@dataclass(frozen=True, slots=True)
class Group:
    """The waits of a priority or a language, to the second."""

    name: str
    answered: int
    p50_ms: int
    p95_ms: int
    longest_ms: int

    @property
    def enough(self) -> bool:
        """Whether there are enough to compare."""
        return self.answered >= LEAST


@dataclass(frozen=True, slots=True)
class Comparison:
    """Who waited longest beside who waited shortest; `ratio` None: too few to tell."""

    groups: tuple[Group, ...]
    slowest: Group | None
    fastest: Group | None
    ratio: float | None

    @property
    def fair(self) -> bool | None:
        """Whether the ratio is within the stated multiple."""
        return None if self.ratio is None else self.ratio <= FAIR_MULTIPLE

    @property
    def turned_round(self) -> float | None:
        """How many times as long those waited who should have waited less, if beyond the same
        multiple: what is meant as a head start has become a burden."""
        if self.ratio is None or self.ratio * FAIR_MULTIPLE >= 1:
            return None
        return 1 / self.ratio


@dataclass(frozen=True, slots=True)
class Fairness:
    """Both views of the same waits."""

    tiers: Comparison
    languages: Comparison


def fairness(conn: Connection, span: Span, filters: Filters) -> Fairness:
    """The waits of the contacts that came in the span and were answered, in one statement."""
    waited = answered_at() - contacts.c.enqueued_at
    second = (waited - waited % SECOND_MS).label("second")
    chosen: list[ColumnElement[bool]] = [
        contacts.c.enqueued_at >= span[0],
        contacts.c.enqueued_at < span[1],
        contacts.c.queue_id.in_(filters.queue_ids),
        answered_at().is_not(None),
    ]
    if filters.channel:
        chosen.append(contacts.c.channel == filters.channel)
    rows = conn.execute(
        select(contacts.c.priority, conversations.c.language, second, func.count())
        .join(queues, queues.c.id == contacts.c.queue_id)
        .join(conversations, conversations.c.id == contacts.c.conversation_id)
        .where(*chosen)
        .group_by(contacts.c.priority, conversations.c.language, second)
    )
    tiers: dict[str, dict[int, int]] = {}
    languages: dict[str, dict[int, int]] = {}
    for priority, language, wait, count in rows:
        for counts in (tiers.setdefault(priority, {}), languages.setdefault(language, {})):
            counts[wait] = counts.get(wait, 0) + count
    return Fairness(_of_tiers(tiers), _of_languages(languages))


def _of_tiers(waits: Mapping[str, Mapping[int, int]]) -> Comparison:
    """The lowest priority against the highest, of those with enough contacts."""
    groups = [_group(name, waits[name]) for name in TIERS if name in waits]
    known = [group for group in groups if group.enough]
    return _compare(groups, known)


def _of_languages(waits: Mapping[str, Mapping[int, int]]) -> Comparison:
    """The language that waited longest against the one that waited shortest."""
    groups = sorted(
        (_group(name, counts) for name, counts in waits.items()),
        key=lambda group: (-group.answered, group.name),
    )
    slowest_first = sorted(
        (group for group in groups if group.enough), key=lambda g: g.p95_ms, reverse=True
    )
    return _compare(groups, slowest_first)


def _compare(groups: Iterable[Group], known: list[Group]) -> Comparison:
    if len(known) < 2:
        return Comparison(tuple(groups), None, None, None)
    first, last = known[0], known[-1]
    # Waits are known to the second: less than one counts as one.
    ratio = tier_ratio(max(first.p95_ms, SECOND_MS), max(last.p95_ms, SECOND_MS))
    return Comparison(tuple(groups), first, last, ratio)


def _group(name: str, counts: Mapping[int, int]) -> Group:
    return Group(
        name,
        sum(counts.values()),
        percentile_of_counts(counts, 0.5) or 0,
        percentile_of_counts(counts, 0.95) or 0,
        max(counts, default=0),
    )

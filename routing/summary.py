"""From outcomes and working time to the figures of a day, as a whole and by quarter of an hour."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import NamedTuple, TypeVar

from routing import metrics
from routing.boost import PRIORITY_BOOST_MS
from routing.figures import QUARTER_MS, AgentDay, Figures, Outcome, Quarter, Summary

K = TypeVar("K", bound=Hashable)


class Stretch(NamedTuple):
    """An agent from one instant to another, unchanged: there or not, with so many units in use."""

    agent: int
    start: int
    end: int
    units: int
    busy: bool


def summarise(
    outcomes: Sequence[Outcome], agents: Sequence[AgentDay], worked: Iterable[Stretch]
) -> Summary:
    """All figures. `worked` are the stretches in which an agent was there or busy."""
    tiers = [tier for tier in PRIORITY_BOOST_MS if any(o.priority == tier for o in outcomes)]
    answered = [outcome for outcome in outcomes if outcome.way == "answered"]
    return Summary(
        total=figures_of(outcomes),
        by_queue=_by(outcomes, lambda outcome: outcome.queue),
        by_channel=_by(outcomes, lambda outcome: outcome.channel),
        by_priority={tier: _by(outcomes, lambda o: o.priority)[tier] for tier in tiers},
        agents={agent.agent: agent for agent in sorted(agents, key=lambda agent: agent.agent)},
        occupancy=metrics.occupancy(
            sum(agent.busy_ms for agent in agents), sum(agent.signed_in_ms for agent in agents)
        ),
        fairness=metrics.fairness(
            [o.waited_ms for o in answered if o.priority == tiers[0]],
            [o.waited_ms for o in answered if o.priority == tiers[-1]],
        )
        if len(tiers) > 1
        else None,
        quarters=_quarters(outcomes, _occupancies(worked)),
    )


def figures_of(outcomes: Sequence[Outcome]) -> Figures:
    """The figures of these contacts."""
    waits = sorted(outcome.waited_ms for outcome in outcomes if outcome.way == "answered")
    left = [outcome.waited_ms for outcome in outcomes if outcome.way == "abandoned"]
    abandoned = sum(not metrics.is_short_abandon(wait) for wait in left)
    in_target = sum(o.way == "answered" and o.waited_ms <= o.target_ms for o in outcomes)
    return Figures(
        offered=len(outcomes),
        answered=len(waits),
        abandoned=abandoned,
        short_abandoned=len(left) - abandoned,
        overflowed=sum(outcome.way == "overflowed" for outcome in outcomes),
        waiting=sum(outcome.way == "waiting" for outcome in outcomes),
        service_level=metrics.service_level_of_counts(in_target, len(waits), abandoned),
        abandonment=metrics.abandonment_rate(len(waits), left),
        asa_ms=metrics.average_speed_of_answer_ms(waits),
        wait_p50_ms=metrics.percentile_ms(waits, 0.5),
        wait_p95_ms=metrics.percentile_ms(waits, 0.95),
    )


def _by(outcomes: Iterable[Outcome], key: Callable[[Outcome], K]) -> dict[K, Figures]:
    return {part: figures_of(rows) for part, rows in sorted(_grouped(outcomes, key).items())}


def _grouped(outcomes: Iterable[Outcome], key: Callable[[Outcome], K]) -> dict[K, list[Outcome]]:
    groups: defaultdict[K, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        groups[key(outcome)].append(outcome)
    return groups


def _quarters(
    outcomes: Sequence[Outcome], occupancies: dict[int, float | None]
) -> dict[int | None, tuple[Quarter, ...]]:
    queues: dict[int | None, list[Outcome]] = {None: list(outcomes)}
    queues.update(sorted(_grouped(outcomes, lambda outcome: outcome.queue).items()))
    return {queue: _series(rows, occupancies) for queue, rows in queues.items()}


def _series(
    outcomes: Sequence[Outcome], occupancies: dict[int, float | None]
) -> tuple[Quarter, ...]:
    rows = _grouped(outcomes, lambda outcome: _quarter(outcome.enqueued_at))
    instants = sorted({*rows, *occupancies})
    if not instants:
        return ()
    return tuple(
        Quarter(at, figures_of(rows.get(at, [])), occupancies.get(at))
        for at in range(instants[0], instants[-1] + 1, QUARTER_MS)
    )


def _occupancies(worked: Iterable[Stretch]) -> dict[int, float | None]:
    """By quarter: time busy ÷ time there, of all agents."""
    there: defaultdict[int, int] = defaultdict(int)
    busy: defaultdict[int, int] = defaultdict(int)
    for stretch in worked:
        at = stretch.start
        while at < stretch.end:
            quarter = _quarter(at)
            until = min(stretch.end, quarter + QUARTER_MS)
            there[quarter] += until - at
            busy[quarter] += (until - at) * stretch.busy
            at = until
    return {at: metrics.occupancy(busy[at], there[at]) for at in there}


def _quarter(at: int) -> int:
    return at - at % QUARTER_MS

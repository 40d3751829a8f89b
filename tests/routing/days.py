"""Small days for hypothesis to draw: every kind of thing that can come from outside."""

from hypothesis import strategies as st

from routing.day import Coming, Day, DayAgent, DayQueue, Move, Reply, Span
from routing.overflow import OverflowRule
from routing.state import Agent, Contact, Membership, Queue, SkillNeed, Step

SECOND = 1_000
END = 1_200 * SECOND
COST = {"chat": 2, "email": 1, "voice": 4}

seconds = st.integers(0, 600).map(lambda s: s * SECOND)
short = st.sampled_from([0, 0, 1, 5, 20]).map(lambda s: s * SECOND)


@st.composite
def spans(draw: st.DrawFn) -> tuple[Span, ...]:
    ends = sorted(draw(st.lists(st.integers(0, 1_200), min_size=2, max_size=4, unique=True)))
    pairs = zip(ends[::2], ends[1::2], strict=False)
    return tuple(Span(start * SECOND, end * SECOND) for start, end in pairs)


@st.composite
def comings(draw: st.DrawFn, id: int) -> Coming:
    channel = draw(st.sampled_from(sorted(COST)))
    at = draw(seconds) - draw(st.sampled_from([0, 0, 100])) * SECOND
    needs = (SkillNeed(1),) if draw(st.booleans()) else ()
    contact = Contact(
        id,
        draw(st.integers(1, 2)),
        channel,
        COST[channel],
        at,
        boost=draw(st.sampled_from([-300, 0, 0, 300])) * SECOND,
        skills=needs,
        steps=(Step(30 * SECOND),) if needs and draw(st.booleans()) else (),
        preferred=draw(st.none() | st.integers(1, 4)),
        preferred_until=at + draw(short),
    )
    return Coming(
        contact,
        handling_ms=draw(seconds),
        wrap_up_ms=draw(short),
        answer_ms=draw(short),
        gives_up_at=draw(st.none() | seconds.map(lambda ms: at + ms)),
        target_ms=60 * SECOND,
        priority=draw(st.sampled_from(["low", "normal", "high"])),
        replies=tuple(draw(st.lists(replies(), max_size=3))),
        moves=tuple(draw(st.lists(st.builds(Move, st.integers(1, 2), seconds), max_size=1))),
    )


def replies() -> st.SearchStrategy[Reply]:
    way = st.sampled_from(["declined", "timed_out"])
    return st.builds(Reply, st.integers(1, 4), way, short, seconds)


@st.composite
def agents(draw: st.DrawFn, id: int) -> DayAgent:
    seats = draw(st.dictionaries(st.integers(1, 2), st.sampled_from([0, 30_000]), min_size=1))
    agent = Agent(
        id,
        True,
        capacity=draw(st.integers(2, 6)),
        max_by_channel=draw(st.sampled_from([{}, {"chat": 1}])),
        skills=draw(st.sampled_from([{}, {1: 1}])),
        queues={queue: Membership(delay) for queue, delay in seats.items()},
    )
    return DayAgent(agent, draw(spans()))


@st.composite
def queues(draw: st.DrawFn, id: int) -> DayQueue:
    rules = [
        OverflowRule("too_long", "queue", 60 * SECOND, queue=3 - id),
        OverflowRule("too_many", "message", 2),
        OverflowRule("nobody_staffed", "callback"),
        OverflowRule("declined_by_all", "message"),
        OverflowRule("closed", "message"),
    ]
    return DayQueue(
        Queue(
            id,
            agent_rule=draw(st.sampled_from(["longest_idle", "best_skilled"])),
            occupancy=draw(st.sampled_from(["spread", "pack"])),
            parallel_offers=draw(st.sampled_from([1, 1, 2])),
            keep_free=draw(st.sampled_from([0, 0, 1])),
            drain_after_ms=draw(st.sampled_from([0, 30 * SECOND])),
            drain_for_ms=120 * SECOND,
        ),
        overflow=tuple(draw(st.lists(st.sampled_from(rules), max_size=2, unique=True))),
        closed=draw(st.just(()) | spans()),
    )


@st.composite
def days(draw: st.DrawFn) -> Day:
    return Day(
        0,
        END,
        tuple(draw(queues(id)) for id in (1, 2)),
        tuple(draw(agents(id)) for id in range(1, draw(st.integers(1, 4)) + 1)),
        tuple(draw(comings(id)) for id in range(1, draw(st.integers(0, 10)) + 1)),
    )

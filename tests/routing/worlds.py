"""Small worlds of contacts, agents and queues for hypothesis to draw."""

from hypothesis import settings
from hypothesis import strategies as st

from routing.policy import step_problems
from routing.state import Agent, Contact, Drain, Membership, Queue, SkillNeed, State, Step

NOW = 1_000_000
SECOND = 1_000
CHANNELS = ("chat", "email")
COST = {"chat": 2, "email": 1}

quick = settings(deadline=None, database=None)  # as many as the profile says

instants = st.integers(NOW - 120 * SECOND, NOW)


@st.composite
def contacts(draw: st.DrawFn, id: int, unit_cost: bool = False) -> Contact:
    channel = draw(st.sampled_from(CHANNELS))
    level = draw(st.integers(0, 2))
    skills = (SkillNeed(draw(st.integers(1, 2)), level),) if level else ()
    steps: tuple[Step, ...] = ()
    if skills and draw(st.booleans()):
        fewer = (SkillNeed(skills[0].skill, level - 1),) if level > 1 else ()
        steps = (Step(draw(st.sampled_from([20, 60, 200])) * SECOND, fewer),)
    assert not step_problems(skills, steps)
    return Contact(
        id=id,
        queue=draw(st.integers(1, 2)),
        channel=channel,
        cost=1 if unit_cost else COST[channel],
        enqueued_at=draw(instants),
        boost=draw(st.sampled_from([-5, 0, 0, 5, 15])) * 10 * SECOND,
        skills=skills,
        steps=steps,
        preferred=draw(st.none() | st.integers(1, 4)),
        preferred_until=draw(st.sampled_from([0, NOW, NOW + SECOND])),
        excluded=frozenset(draw(st.sets(st.integers(1, 4), max_size=4))),
        exclusion_cleared=draw(st.booleans()),
        version=draw(st.integers(0, 3)),
        interrupted_by=_interrupted_by(draw, channel, unit_cost),
    )


def _interrupted_by(draw: st.DrawFn, channel: str, unit_cost: bool) -> frozenset[str]:
    if unit_cost or channel == "chat":
        return frozenset()
    return frozenset(draw(st.sampled_from([(), (), ("chat",)])))


@st.composite
def agents(draw: st.DrawFn, id: int, unit_cost: bool = False) -> Agent:
    live = {channel: draw(st.integers(0, 1)) for channel in CHANNELS}
    used = sum(live[channel] * (1 if unit_cost else COST[channel]) for channel in CHANNELS)
    members = draw(st.sets(st.integers(1, 2)))
    return Agent(
        id=id,
        available=draw(st.sampled_from([True, True, True, False])),
        capacity=draw(st.integers(max(used, 1), 5)),
        used=used,
        max_by_channel=draw(st.sampled_from([{}, {"chat": 1}, {"chat": 2, "email": 1}])),
        live_by_channel=live,
        skills={skill: draw(st.integers(0, 2)) for skill in (1, 2)},
        queues={q: Membership(draw(st.sampled_from([0, 0, 30])) * SECOND) for q in members},
        last_assigned_at=draw(instants),
        epoch=draw(st.integers(0, 3)),
        wrap_up_until=draw(st.sampled_from([0, NOW, NOW + SECOND])),
        interruptible={} if unit_cost else draw(st.sampled_from([{}, {}, {"chat": 1}])),
    )


@st.composite
def worlds(
    draw: st.DrawFn, unit_cost: bool = False, most_contacts: int = 6, parallel: bool = False
) -> State:
    count = draw(st.integers(0, most_contacts))
    waiting = [draw(contacts(id, unit_cost)) for id in range(1, count + 1)]
    staff = [draw(agents(id, unit_cost)) for id in range(1, draw(st.integers(1, 4)) + 1)]
    queues = [
        Queue(
            id,
            paused=draw(st.sampled_from([False, False, False, True])),
            agent_rule=draw(st.sampled_from(["longest_idle", "best_skilled"])),
            occupancy=draw(st.sampled_from(["spread", "pack"])),
            parallel_offers=draw(st.sampled_from([1, 1, 1, 2, 3])) if parallel else 1,
            keep_free=draw(st.sampled_from([0, 0, 1, 2])),
            **draw(st.sampled_from([{}, {"drain_after_ms": 30_000, "drain_for_ms": 120_000}])),
        )
        for id in (1, 2)
    ]
    drains = []
    if waiting and draw(st.integers(0, 4)) == 0:
        until = draw(st.sampled_from([NOW, NOW + SECOND]))
        held = draw(st.sampled_from(waiting)).id
        agent = draw(st.sampled_from([None, 1, 1, 2]))
        drains = [Drain(held, since=NOW - SECOND, agent=agent, until=until)]
    return State.of(waiting, staff, queues, drains)

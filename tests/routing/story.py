"""A random day of a small centre, told to an engine; run as a program it prints what came of it."""

import json
import sys
from dataclasses import replace
from hashlib import sha256
from random import Random

from routing.changes import AgentIs, Change, ContactGone, ContactWaits, DrainsAre, QueueIs, Tick
from routing.digest import digest
from routing.engine import Engine
from routing.log import Pass, encode_pass
from routing.state import Agent, Contact, Drain, Membership, Queue, SkillNeed, State, Step

SECOND = 1_000
CHANNELS = {"chat": 2, "email": 1, "voice": 6}
QUEUES = (
    Queue(1, drain_after_ms=20 * SECOND, drain_for_ms=120 * SECOND),
    Queue(2, occupancy="spread", parallel_offers=2, keep_free=1, drain_after_ms=1, drain_for_ms=99),
)


def story(seed: int, changes: int = 200) -> tuple[State, list[Pass], Engine]:
    """The state it began with, every pass, and the engine at the end."""
    draw, now, passes = Random(seed), 1_000_000, list[Pass]()
    start = State.of([], [], QUEUES)
    engine = Engine.of(start, now)
    with_agents = list[int]()
    for id in range(1, changes):
        now += draw.choice([1, 50, 5 * SECOND, draw.randrange(20 * SECOND)])
        noted = [_change(draw, id, now, with_agents) for _ in range(draw.choice([1, 1, 1, 2, 4]))]
        if engine.state().contacts and draw.random() < 0.05:
            contact = draw.choice(sorted(engine.state().contacts))
            agent = draw.choice([None, 1, 2, 3])
            noted.append(DrainsAre((Drain(contact, now, agent, now + 10 * SECOND),)))
        for change in noted:
            engine.note(change, now)
        decisions = engine.decide(now)
        with_agents += [decision.contact for decision in decisions]
        passes.append(Pass(now, tuple(noted), tuple(decisions)))
    return start, passes, engine


def _change(draw: Random, id: int, now: int, with_agents: list[int]) -> Change:
    match draw.choice(["wait"] * 10 + ["go"] * 9 + ["agent", "agent", "queue", "tick"]):
        case "wait":
            channel = draw.choice(sorted(CHANNELS))
            skills = (SkillNeed(draw.choice([1, 2])),) if draw.random() < 0.5 else ()
            return ContactWaits(
                Contact(
                    id * 10 + draw.randrange(10),
                    draw.choice([1, 2]),
                    channel,
                    CHANNELS[channel],
                    enqueued_at=now - draw.randrange(60 * SECOND),
                    boost=draw.choice([0, 0, 60 * SECOND]),
                    skills=skills,
                    steps=(Step(40 * SECOND),) if skills else (),
                    preferred=draw.choice([None, None, 3]),
                    preferred_until=now + 20 * SECOND,
                    excluded=frozenset(draw.sample(range(1, 6), draw.choice([0, 0, 2]))),
                )
            )
        case "go" if with_agents:
            return ContactGone(with_agents.pop(draw.randrange(len(with_agents))))
        case "agent":
            seats = {1: Membership(), 2: Membership(draw.choice([0, 15 * SECOND]))}
            skills_of = {1: draw.randrange(2), 2: draw.randrange(2)}
            agent = Agent(draw.randrange(1, 6), draw.random() < 0.9, 6, skills=skills_of)
            return AgentIs(replace(agent, queues=seats, max_by_channel={"chat": 2}))
        case "queue":
            return QueueIs(replace(QUEUES[0], paused=draw.random() < 0.2))
        case _:
            return Tick()


if __name__ == "__main__":
    for number in map(int, sys.argv[1:]):
        _, told, engine = story(number)
        said = json.dumps([encode_pass(one) for one in told])
        came_of_it = f"{number} {sha256(said.encode()).hexdigest()} {digest(engine.state())}"
        sys.stdout.write(came_of_it + "\n")

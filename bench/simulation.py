"""The simulator, which is the real engine: how fast it replays a day, and how near its long runs
come to queueing theory."""

from dataclasses import replace
from random import Random
from statistics import mean
from time import process_time

from bench.harness import Report, percentile
from bench.theory import HOUR, MINUTE, SECOND, SEEDS, staff, theory
from routing.boost import PRIORITY_BOOST_MS, Priority
from routing.day import Coming, Day, DayAgent, DayQueue, Span
from routing.replay import replay
from routing.simulate import Stream, arrivals, simulate
from routing.state import Agent, Contact, Membership, Occupancy, Queue, SkillNeed, Step

CHANNELS = {"chat": (0.6, 2, 350), "email": (0.3, 1, 440), "voice": (0.1, 6, 220)}  # share, cost, s


def run(report: Report) -> None:
    """Measure and report; takes about five minutes."""
    _replay(report)
    theory(report)
    _blending(report)


def busy_day(contacts: int = 20_000, agents: int = 75, seed: int = 1) -> Day:
    """Ten hours, six queues, three channels, skills that relax, priorities; 85 % of all units."""
    draw = Random(seed)
    priorities: list[Priority] = ["low", "normal", "normal", "normal", "high", "urgent"]
    seats = [dict.fromkeys(draw.sample(range(6), 3), Membership()) for _ in range(agents)]
    workers = [
        Agent(
            id,
            True,
            6,
            max_by_channel={"chat": 3, "email": 6},
            skills=dict.fromkeys(draw.sample(range(4), 2), 1),
            queues=seats[id],
        )
        for id in range(agents)
    ]
    rules = [Queue(id, drain_after_ms=30_000, drain_for_ms=120_000) for id in range(6)]
    return Day(
        0,
        10 * HOUR,
        tuple(DayQueue(queue) for queue in rules),
        tuple(DayAgent(agent, (Span(0, 10 * HOUR),)) for agent in workers),
        tuple(_contact(id, draw, draw.choice(priorities)) for id in range(1, contacts + 1)),
    )


def _contact(id: int, draw: Random, priority: Priority) -> Coming:
    channel = draw.choices(list(CHANNELS), [share for share, _, _ in CHANNELS.values()])[0]
    _, cost, seconds = CHANNELS[channel]
    at = draw.randrange(10 * HOUR)
    needs = (SkillNeed(draw.randrange(4)),) if draw.random() < 0.3 else ()
    contact = Contact(
        id,
        draw.randrange(6),
        channel,
        cost,
        at,
        boost=PRIORITY_BOOST_MS[priority],
        skills=needs,
        steps=(Step(MINUTE),) if needs else (),
    )
    patience = None if channel == "email" else at + round(draw.expovariate(1 / (10 * MINUTE)))
    return Coming(
        contact,
        handling_ms=round(draw.expovariate(1 / (seconds * SECOND))),
        wrap_up_ms=30 * SECOND if channel == "chat" else 0,
        answer_ms=round(draw.expovariate(1 / (5 * SECOND))),
        gives_up_at=patience,
        priority=priority,
    )


def _replay(report: Report) -> None:
    for agents in (50, 75, 100):
        day = busy_day(round(20_000 * agents / 75) if agents < 75 else 20_000, agents)
        times = []
        for _ in range(3):
            began = process_time()
            played = replay(day)
            times.append(process_time() - began)
        report(
            f"replay of {len(day.coming):,} contacts, {agents} agents",
            round(sorted(times)[1], 2),
            "s CPU",
            beside=f"{100 * (played.summary.occupancy or 0):.0f} % busy",
            goal="<= 5 s",
        )
        different = sum(
            one != other for one, other in zip(replay(day).decisions, played.decisions, strict=True)
        )
        report(
            "decisions that differ in the baseline's replay",
            different,
            "decisions",
            beside=f"of {len(played.decisions):,}",
            goal="<= 0",
        )


def _blending(report: Report) -> None:
    """Calls that need a whole agent among chats: 20 agents of 4 units, 8 runs of 40 hours."""
    rules: tuple[tuple[str, Occupancy, int], ...] = (
        ("spread", "spread", 0),
        ("spread + drain", "spread", 120),
        ("spread + long drain", "spread", 600),
        ("pack", "pack", 0),
        ("pack + drain (default)", "pack", 120),
        ("pack + long drain", "pack", 600),
    )
    for load, erlangs in (("85 %", 60), ("92 %", 66)):
        streams = [
            Stream(1, "chat", 1, erlangs * 7.5, 480 * SECOND),
            Stream(1, "voice", 4, 24, 300 * SECOND, boost=600 * SECOND),
        ]
        days = [arrivals(streams, 40 * HOUR, Random(seed)) for seed in SEEDS]
        for name, occupancy, drain_s in rules:
            queue = replace(
                Queue(1, occupancy=occupancy),
                drain_after_ms=30 * SECOND * (drain_s > 0),
                drain_for_ms=drain_s * SECOND,
            )
            waits: dict[str, list[float]] = {"voice": [], "chat": []}
            for day in days:
                for outcome in simulate([queue], staff(20, 4), day):
                    waits[outcome.channel].append(outcome.waited_ms / SECOND)
            is_default = load == "85 %" and name.endswith("(default)")
            report(
                f"calls wait, {load}, {name}",
                round(mean(waits["voice"])),
                "s mean",
                beside=f"p95 {percentile(waits['voice'], 0.95):,.0f} s",
                goal="<= 300 s" if is_default else None,
            )
            report(
                f"chats wait, {load}, {name}",
                round(mean(waits["chat"]), 1),
                "s mean",
                goal="<= 60 s" if is_default else None,
            )

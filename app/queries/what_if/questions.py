"""The three things a supervisor can ask: play a day again, forecast arrivals, plan staff.

A question is stored as plain values (`stored`) and read back (`question_of`). Reading a form
raises Invalid with a code for each field that cannot be used.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from app.queries.what_if.sent import Sent

Kind = Literal["replay", "forecast", "staffing"]
KINDS: tuple[Kind, ...] = ("replay", "forecast", "staffing")
PRIORITIES = ("low", "normal", "high", "urgent")
OCCUPANCIES = ("pack", "spread")
AGENT_RULES = ("longest_idle", "best_skilled")
MODELS = ("erlang_a", "erlang_c")
PLANS = ("mean", "high")
CHANNELS = ("chat", "email", "form")
SKILL_ROWS = 3
EVERYBODY = "all"


@dataclass(frozen=True, slots=True)
class QueueChange:
    """What is different in a queue; None and empty leave a rule as it is.

    `agents` more (or fewer) people from minute `begins` to minute `ends` of the day. After
    `relax_s` of waiting no skill is asked for any more.
    """

    queue: int
    agents: int = 0
    begins: int | None = None
    ends: int | None = None
    priority: str = ""
    occupancy: str = ""
    agent_rule: str = ""
    parallel_offers: int | None = None
    keep_free: int | None = None
    drain_after_s: int | None = None
    drain_for_s: int | None = None
    wrap_up_s: int | None = None
    relax_s: int | None = None
    arrivals_pct: int | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is different."""
        return self == QueueChange(self.queue, begins=self.begins, ends=self.ends)


@dataclass(frozen=True, slots=True)
class SkillChange:
    """An agent (None: everybody) has a skill at a level; level 0 takes it away."""

    agent: int | None
    skill: int
    level: int


@dataclass(frozen=True, slots=True)
class ReplayQuestion:
    """Play a day (by the wall clock of `zone`) again with these changes."""

    day: str
    zone: str
    queues: tuple[QueueChange, ...] = ()
    skills: tuple[SkillChange, ...] = ()
    arrivals_pct: int = 100
    handling_pct: int = 100
    capacity: int | None = None


@dataclass(frozen=True, slots=True)
class ForecastQuestion:
    """Arrivals of a queue (None: all) and channel (empty: all), from `first_day` on."""

    zone: str
    first_day: str
    days: int = 7
    queue: int | None = None
    channel: str = ""
    coverage_pct: int = 80


@dataclass(frozen=True, slots=True)
class StaffingQuestion:
    """Staff for the forecast arrivals against a goal. What is None is measured from history.

    Where fewer than `least_per_hour` come nobody is planned.
    """

    zone: str
    first_day: str
    days: int = 1
    queue: int | None = None
    channel: str = "chat"
    goal_pct: int = 80
    target_s: int = 60
    most_occupied_pct: int = 85
    shrinkage_pct: int = 30
    at_once: int | None = None
    handling_s: int | None = None
    patience_s: int | None = None
    model: str = "erlang_a"
    plan_for: str = "mean"
    coverage_pct: int = 80
    least_per_hour: int = 1


Question = ReplayQuestion | ForecastQuestion | StaffingQuestion


def stored(question: Question) -> dict[str, Any]:
    """Plain values for the table."""
    return asdict(question)


def question_of(kind: str, values: Mapping[str, Any]) -> Question:
    """The question as it was stored."""
    if kind == "forecast":
        return ForecastQuestion(**values)
    if kind == "staffing":
        return StaffingQuestion(**values)
    nested = {
        "queues": tuple(QueueChange(**each) for each in values["queues"]),
        "skills": tuple(SkillChange(**each) for each in values["skills"]),
    }
    return ReplayQuestion(**{**values, **nested})


def read_question(kind: Kind, values: Mapping[str, str], zone: str) -> Question:
    """The question of a form; `zone` is the supervisor's own."""
    sent = Sent(values)
    readers: dict[Kind, Callable[[Sent, str], Question]] = {
        "replay": _replay,
        "forecast": _forecast,
        "staffing": _staffing,
    }
    question = readers[kind](sent, zone)
    sent.check()
    return question


def _replay(sent: Sent, zone: str) -> ReplayQuestion:
    names = sent.text("queues", 2000).split(",")
    numbers = [int(name) for name in names if name.isdecimal()][:100]
    changes = [_queue_change(sent, number) for number in numbers]
    skills = [_skill_change(sent, row) for row in range(SKILL_ROWS)]
    return ReplayQuestion(
        day=sent.day("day"),
        zone=sent.zone("zone", zone),
        queues=tuple(change for change in changes if not change.is_empty),
        skills=tuple(change for change in skills if change is not None),
        arrivals_pct=sent.needed("arrivals_pct", 10, 500, 100),
        handling_pct=sent.needed("handling_pct", 10, 500, 100),
        capacity=sent.whole("capacity", 1, 50),
    )


def _queue_change(sent: Sent, queue: int) -> QueueChange:
    at = f"q{queue}_"
    begins, ends = sent.minute(at + "begins"), sent.minute(at + "ends")
    if begins is not None and ends is not None and ends <= begins:
        sent.refuse(at + "ends", "ends_before")
    return QueueChange(
        queue,
        agents=sent.needed(at + "agents", -50, 50, 0),
        begins=begins,
        ends=ends,
        priority=sent.choice(at + "priority", PRIORITIES),
        occupancy=sent.choice(at + "occupancy", OCCUPANCIES),
        agent_rule=sent.choice(at + "agent_rule", AGENT_RULES),
        parallel_offers=sent.whole(at + "parallel_offers", 1, 10),
        keep_free=sent.whole(at + "keep_free", 0, 50),
        drain_after_s=sent.whole(at + "drain_after_s", 0, 3600),
        drain_for_s=sent.whole(at + "drain_for_s", 1, 3600),
        wrap_up_s=sent.whole(at + "wrap_up_s", 0, 3600),
        relax_s=sent.whole(at + "relax_s", 1, 86_400),
        arrivals_pct=sent.whole(at + "arrivals_pct", 10, 500),
    )


def _skill_change(sent: Sent, row: int) -> SkillChange | None:
    at = f"skill{row}_"
    skill, level = sent.whole(at + "skill", 1, 2**53), sent.whole(at + "level", 0, 10)
    if skill is None:
        return None
    if level is None:
        sent.refuse(at + "level", "needed")
        return None
    agent = None if sent.text(at + "agent") == EVERYBODY else sent.whole(at + "agent", 1, 2**53)
    return SkillChange(agent, skill, level)


def _forecast(sent: Sent, zone: str) -> ForecastQuestion:
    return ForecastQuestion(
        zone=sent.zone("zone", zone),
        first_day=sent.day("first_day"),
        days=sent.needed("days", 1, 28, 7),
        queue=sent.whole("queue", 1, 2**53),
        channel=sent.choice("channel", CHANNELS),
        coverage_pct=sent.needed("coverage_pct", 50, 99, 80),
    )


def _staffing(sent: Sent, zone: str) -> StaffingQuestion:
    return StaffingQuestion(
        zone=sent.zone("zone", zone),
        first_day=sent.day("first_day"),
        days=sent.needed("days", 1, 7, 1),
        queue=sent.whole("queue", 1, 2**53),
        channel=sent.choice("channel", CHANNELS, "chat"),
        goal_pct=sent.needed("goal_pct", 1, 99, 80),
        target_s=sent.needed("target_s", 1, 7 * 86_400, 60),
        most_occupied_pct=sent.needed("most_occupied_pct", 10, 100, 85),
        shrinkage_pct=sent.needed("shrinkage_pct", 0, 90, 30),
        at_once=sent.whole("at_once", 1, 20),
        handling_s=sent.whole("handling_s", 1, 86_400),
        patience_s=sent.whole("patience_s", 1, 86_400),
        model=sent.choice("model", MODELS, "erlang_a"),
        plan_for=sent.choice("plan_for", PLANS, "mean"),
        coverage_pct=sent.needed("coverage_pct", 50, 99, 80),
        least_per_hour=sent.needed("least_per_hour", 0, 1000, 1),
    )

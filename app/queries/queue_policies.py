"""The rules of all queues and who could serve them, as `routing.policy` looks at them, and what is
wrong with them now."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, exists, or_, select

from app.models.agent import agent_queues, agent_skills, agents
from app.models.organisation import inboxes, queue_rules, queue_skills, queues, skills
from app.queries.overflow_rules import rule_of
from routing.policy import Problem, QueuePolicy, problems
from routing.state import Agent, Membership, SkillNeed, Step


@dataclass(frozen=True, slots=True)
class PolicyProblem:
    """Something wrong with a queue: a code, and what its sentence needs, with names."""

    queue_id: int
    queue_name: str
    code: str
    params: dict[str, Any]


def policy_of(
    queue_id: int,
    needed: Iterable[tuple[int, int]],
    steps: Iterable[dict[str, Any]],
    overflow: Iterable[dict[str, Any]],
    paused: bool,
) -> QueuePolicy:
    """A queue's policy out of what its row and its form hold."""
    return QueuePolicy(
        queue_id,
        _needs(needed),
        tuple(Step(step["after_s"] * 1000, _needs(step["skills"])) for step in steps),
        tuple(rule_of(rule) for rule in overflow),
        paused,
    )


def policies(conn: Connection) -> dict[int, QueuePolicy]:
    """Of every queue in use, by id."""
    needed: dict[int, list[tuple[int, int]]] = {}
    for row in conn.execute(select(queue_skills)):
        needed.setdefault(row.queue_id, []).append((row.skill_id, row.level))
    return {
        row.id: policy_of(row.id, needed.get(row.id, ()), row.steps, row.overflow, row.closed)
        for row in conn.execute(select(queues).where(queues.c.active))
    }


def staff(conn: Connection) -> list[Agent]:
    """Everybody who may ever sign in, with seats and skills; whether they are here is not asked."""
    seats: dict[int, dict[int, Membership]] = {}
    for row in conn.execute(select(agent_queues.c.agent_id, agent_queues.c.queue_id)):
        seats.setdefault(row.agent_id, {})[row.queue_id] = Membership()
    masters: dict[int, dict[int, int]] = {}
    for row in conn.execute(select(agent_skills)):
        masters.setdefault(row.agent_id, {})[row.skill_id] = row.level
    ids = conn.execute(select(agents.c.id).where(agents.c.active).order_by(agents.c.id)).scalars()
    return [Agent(id, True, 1, skills=masters.get(id, {}), queues=seats.get(id, {})) for id in ids]


def queue_names(conn: Connection) -> list[tuple[int, str]]:
    """The queues in use, by name."""
    rows = conn.execute(
        select(queues.c.id, queues.c.name).where(queues.c.active).order_by(queues.c.name)
    )
    return [(row.id, row.name) for row in rows]


def leads_somewhere(conn: Connection, queue_id: int) -> bool:
    """Whether an inbox, a rule or another queue's way out leads contacts into this queue."""
    by_setup = conn.execute(
        select(
            or_(
                exists().where(inboxes.c.queue_id == queue_id, inboxes.c.active),
                exists().where(queue_rules.c.queue_id == queue_id),
            )
        )
    ).scalar()
    if by_setup:
        return True
    others = policies(conn).values()
    return any(rule.queue == queue_id for policy in others for rule in policy.overflow)


def policy_problems(conn: Connection) -> list[PolicyProblem]:
    """What is wrong now: it may have come about later, when somebody left or a queue was closed."""
    found = problems(policies(conn).values(), staff(conn))
    return in_names(conn, found) if found else []


def in_names(conn: Connection, found: Iterable[Problem]) -> list[PolicyProblem]:
    """Problems with the names of the queues and skills they speak of."""
    queue_names = {row.id: row.name for row in conn.execute(select(queues.c.id, queues.c.name))}
    skill_names = {row.id: row.name for row in conn.execute(select(skills.c.id, skills.c.name))}
    named = []
    for problem in found:
        params: dict[str, Any] = dict(problem.params)
        if "skill" in params:
            params["skill"] = skill_names.get(params["skill"], "?")
        if "to" in params:
            params["to"] = queue_names.get(params["to"], "?")
        if "path" in params:
            params["path"] = " → ".join(queue_names.get(each, "…") for each in params["path"])
        for name in ("after_ms", "before_ms"):
            if name in params:
                params[name.removesuffix("_ms") + "_s"] = params.pop(name) // 1000
        name = queue_names.get(problem.queue, "")
        named.append(PolicyProblem(problem.queue, name, problem.code, params))
    return named


def _needs(pairs: Iterable[Any]) -> tuple[SkillNeed, ...]:
    return tuple(SkillNeed(skill, level) for skill, level in pairs)

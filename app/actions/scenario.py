"""A supervisor asks "what if"; a worker reckons it, says how far it is, and stores the answer.

A scenario is queued, running, done, failed or cancelled. Whatever the worker writes takes effect
only while it runs, so that one that was called off stays so.
"""

from typing import Any

from sqlalchemy import delete, func, select, update

from app.db import Invalid, NotFound, Tx
from app.events import ScenarioChanged
from app.models.agent import agents
from app.models.organisation import queues, skills
from app.models.supervision import scenarios
from app.queries.scenario import visible_scenario
from app.queries.what_if.questions import Kind, Question, ReplayQuestion, stored
from app.security.permissions import Actor, visible_agents, visible_queues

UNFINISHED = ("queued", "running")
MOST_UNFINISHED = 3  # of one supervisor
KEPT = 60


def ask_scenario(tx: Tx, actor: Actor, kind: Kind, name: str, question: Question) -> int:
    """Queue a question; returns the scenario's id.

    Raises Invalid where a queue, agent or skill is not there for the actor, or too many wait.
    """
    actor.require("supervise")
    _check_targets(tx, actor, question)
    waiting = tx.execute(
        select(func.count())
        .select_from(scenarios)
        .where(scenarios.c.created_by == actor.agent_id, scenarios.c.state.in_(UNFINISHED))
    ).scalar_one()
    if waiting >= MOST_UNFINISHED:
        raise Invalid(row="too_many_unfinished")
    brands = None if actor.brands is None else sorted(actor.brands)
    scenario_id: int = tx.execute(
        scenarios.insert()
        .values(
            kind=kind,
            name=name[:120],
            question={"brands": brands, "ask": stored(question)},
            created_by=actor.agent_id,
            created_at=tx.now,
        )
        .returning(scenarios.c.id)
    ).scalar_one()
    _forget_old(tx)
    tx.emit(ScenarioChanged(scenario_id))
    return scenario_id


def cancel_scenario(tx: Tx, actor: Actor, scenario_id: int) -> bool:
    """Call a scenario off; False when it had ended already."""
    visible_scenario(tx.conn, actor, scenario_id)
    changed = tx.execute(
        update(scenarios)
        .where(scenarios.c.id == scenario_id, scenarios.c.state.in_(UNFINISHED))
        .values(state="cancelled", finished_at=tx.now)
    ).rowcount
    if changed:
        tx.emit(ScenarioChanged(scenario_id))
    return bool(changed)


def remove_scenario(tx: Tx, actor: Actor, scenario_id: int) -> None:
    """Throw a scenario away, its answer with it."""
    visible_scenario(tx.conn, actor, scenario_id)
    tx.execute(delete(scenarios).where(scenarios.c.id == scenario_id))
    tx.emit(ScenarioChanged(scenario_id))


def start_scenario(tx: Tx, scenario_id: int) -> bool:
    """Take a queued scenario into work; False when it is no longer queued."""
    return bool(
        tx.execute(
            update(scenarios)
            .where(scenarios.c.id == scenario_id, scenarios.c.state == "queued")
            .values(state="running", progress=0)
        ).rowcount
    )


def note_progress(tx: Tx, scenario_id: int, per_cent: int) -> bool:
    """Say how far it is; False when it was called off meanwhile."""
    return _while_running(tx, scenario_id, progress=max(0, min(100, per_cent)))


def finish_scenario(tx: Tx, scenario_id: int, answer: dict[str, Any]) -> bool:
    """Store the answer; False when it was called off meanwhile."""
    return _while_running(
        tx, scenario_id, state="done", progress=100, answer=answer, finished_at=tx.now
    )


def fail_scenario(tx: Tx, scenario_id: int, error: str) -> bool:
    """Say why there is no answer: a code that the page puts into words, or the error itself."""
    return _while_running(tx, scenario_id, state="failed", error=error[:2000], finished_at=tx.now)


def requeue_interrupted(tx: Tx) -> int:
    """What was running when its worker ended starts again; returns how many."""
    return tx.execute(
        update(scenarios).where(scenarios.c.state == "running").values(state="queued", progress=0)
    ).rowcount


def _while_running(tx: Tx, scenario_id: int, **values: Any) -> bool:
    return bool(
        tx.execute(
            update(scenarios)
            .where(scenarios.c.id == scenario_id, scenarios.c.state == "running")
            .values(**values)
        ).rowcount
    )


def _check_targets(tx: Tx, actor: Actor, question: Question) -> None:
    """Everything the question names must exist for the actor."""
    mine = set(tx.execute(select(queues.c.id).where(visible_queues(actor))).scalars())
    if not isinstance(question, ReplayQuestion):
        if question.queue is not None and question.queue not in mine:
            raise Invalid(queue="unknown")
        return
    if not {change.queue for change in question.queues} <= mine:
        raise NotFound
    people = {change.agent for change in question.skills} - {None}
    known = set(tx.execute(select(agents.c.id).where(visible_agents(actor))).scalars())
    named = {change.skill for change in question.skills}
    if not people <= known or not named <= set(tx.execute(select(skills.c.id)).scalars()):
        raise NotFound


def _forget_old(tx: Tx) -> None:
    """Keep the newest; what is still to be reckoned stays in any case."""
    newest = select(scenarios.c.id).order_by(scenarios.c.id.desc()).limit(KEPT)
    tx.execute(
        delete(scenarios).where(
            scenarios.c.id.not_in(newest.scalar_subquery()),
            scenarios.c.state.not_in(UNFINISHED),
        )
    )

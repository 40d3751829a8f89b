"""Scenarios as their pages show them. One that was asked with more rights than the actor has does
not exist for them: its answer counts contacts of brands they do not serve."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from app.db import NotFound
from app.models.agent import agents
from app.models.supervision import scenarios
from app.queries.what_if.questions import Question, ReplayQuestion, question_of
from app.queries.what_if.wall_clock import instant
from app.security.permissions import Actor


@dataclass(frozen=True, slots=True)
class Scenario:
    """One question and how far it is. `error` is a code or an error's own words."""

    id: int
    kind: str
    name: str
    state: str
    progress: int
    error: str
    question: Question
    brands: tuple[int, ...] | None
    created_by: str
    created_at: int
    finished_at: int | None

    @property
    def unfinished(self) -> bool:
        """Whether it still has to be waited for."""
        return self.state in ("queued", "running")

    @property
    def noon_at(self) -> int:
        """Noon of the (first) day that is asked about."""
        asked = self.question
        day = asked.day if isinstance(asked, ReplayQuestion) else asked.first_day
        return instant(day, 12 * 60, asked.zone)


def list_scenarios(conn: Connection, actor: Actor, kind: str = "") -> list[Scenario]:
    """All the actor may see, the newest first."""
    query = _head().order_by(scenarios.c.id.desc())
    if kind:
        query = query.where(scenarios.c.kind == kind)
    found = [_scenario(row) for row in conn.execute(query)]
    return [scenario for scenario in found if _sees(actor, scenario.brands)]


def visible_scenario(conn: Connection, actor: Actor, scenario_id: int) -> Scenario:
    """One scenario; NotFound where the actor may not see it."""
    row = conn.execute(_head().where(scenarios.c.id == scenario_id)).first()
    if row is None:
        raise NotFound
    found = _scenario(row)
    if not actor.may("supervise") or not _sees(actor, found.brands):
        raise NotFound
    return found


def scenario_answer(conn: Connection, scenario_id: int) -> dict[str, Any] | None:
    """The answer as it was stored; None before there is one."""
    return conn.execute(
        select(scenarios.c.answer).where(scenarios.c.id == scenario_id)
    ).scalar_one_or_none()


def next_queued(conn: Connection) -> Scenario | None:
    """The one that has waited longest."""
    row = conn.execute(
        _head().where(scenarios.c.state == "queued").order_by(scenarios.c.id).limit(1)
    ).first()
    return None if row is None else _scenario(row)


def still_runs(conn: Connection, scenario_id: int) -> bool:
    """Whether nobody has called it off or thrown it away."""
    state = conn.execute(select(scenarios.c.state).where(scenarios.c.id == scenario_id)).scalar()
    return state == "running"


def _head() -> Any:
    columns = [column for column in scenarios.c if column.name != "answer"]
    joined = scenarios.outerjoin(agents, agents.c.id == scenarios.c.created_by)
    return select(*columns, agents.c.name.label("asker")).select_from(joined)


def _scenario(row: Row[Any]) -> Scenario:
    brands = row.question["brands"]
    return Scenario(
        id=row.id,
        kind=row.kind,
        name=row.name,
        state=row.state,
        progress=row.progress,
        error=row.error,
        question=question_of(row.kind, row.question["ask"]),
        brands=None if brands is None else tuple(brands),
        created_by=row.asker or "",
        created_at=row.created_at,
        finished_at=row.finished_at,
    )


def _sees(actor: Actor, brands: tuple[int, ...] | None) -> bool:
    return actor.brands is None or (brands is not None and set(brands) <= actor.brands)

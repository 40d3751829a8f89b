"""How well promises are kept: by agent, team and queue, of those that were due in a span."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from app.models.agent import agents, team_members
from app.models.conversation import conversations
from app.models.organisation import queues, teams
from app.models.promise import promises
from app.security.follow_ups import visible_follow_ups
from app.security.permissions import Actor
from routing.intervals import Span
from routing.metrics import kept_promise_rate


@dataclass(slots=True)
class PromiseSums:
    """Counts of promises; those that were withdrawn count in nothing else."""

    kept: int = 0  # in time
    kept_late: int = 0
    broken: int = 0
    late: int = 0  # open still, though their time is over
    running: int = 0
    withdrawn: int = 0
    moved: int = 0  # whose date was put off, whatever became of them

    @property
    def rate(self) -> float | None:
        """Kept in time ÷ all whose time is over; None where there are none."""
        return kept_promise_rate(self.kept, self.kept_late, self.broken, self.late)


@dataclass(frozen=True, slots=True)
class PromiseLine:
    """The sums of one agent, team or queue."""

    id: int
    name: str
    sums: PromiseSums = field(default_factory=PromiseSums)


@dataclass(frozen=True, slots=True)
class PromiseReport:
    """All, and who and where."""

    all: PromiseSums
    agents: tuple[PromiseLine, ...]
    teams: tuple[PromiseLine, ...]
    queues: tuple[PromiseLine, ...]


def promise_report(
    conn: Connection,
    actor: Actor,
    span: Span,
    now: int,
    queue_id: int | None = None,
    brand_id: int | None = None,
) -> PromiseReport:
    """The promises that were due in the span, of the supervisor's brands. Who is in two teams
    counts in both."""
    actor.require("supervise")
    query = (
        select(
            promises.c.state, promises.c.due_at, promises.c.closed_at, promises.c.moved,
            agents.c.id.label("agent_id"), agents.c.name.label("agent"),
            queues.c.id.label("queue_id"), queues.c.name.label("queue"),
        )
        .select_from(promises)
        .join(agents, agents.c.id == promises.c.owner_id)
        .outerjoin(conversations, conversations.c.id == promises.c.conversation_id)
        .outerjoin(queues, queues.c.id == conversations.c.queue_id)
        .where(
            promises.c.due_at >= span[0], promises.c.due_at < span[1],
            visible_follow_ups(actor, promises),
        )
    )  # fmt: skip
    if queue_id is not None:
        query = query.where(queues.c.id == queue_id)
    if brand_id is not None:
        query = query.where(promises.c.brand_id == brand_id)
    of_teams = _teams(conn)
    total = PromiseSums()
    found: dict[str, dict[int, PromiseLine]] = {"agents": {}, "teams": {}, "queues": {}}
    for row in conn.execute(query):
        _count(total, row, now)
        places = [("agents", row.agent_id, row.agent)]
        places += [("teams", *team) for team in of_teams.get(row.agent_id, ())]
        if row.queue_id is not None:
            places.append(("queues", row.queue_id, row.queue))
        for part, line_id, name in places:
            line = found[part].setdefault(line_id, PromiseLine(line_id, name))
            _count(line.sums, row, now)
    return PromiseReport(total, *(_sorted(lines.values()) for lines in found.values()))


def _teams(conn: Connection) -> dict[int, list[tuple[int, str]]]:
    found: dict[int, list[tuple[int, str]]] = {}
    rows = conn.execute(
        select(team_members.c.agent_id, teams.c.id, teams.c.name).join(
            teams, teams.c.id == team_members.c.team_id
        )
    )
    for agent_id, team_id, name in rows:
        found.setdefault(agent_id, []).append((team_id, name))
    return found


def _count(sums: PromiseSums, row: Any, now: int) -> None:
    name = row.state
    if name == "kept":
        in_time = row.closed_at is not None and row.closed_at <= row.due_at
        name = "kept" if in_time else "kept_late"
    elif name == "open":
        name = "late" if row.due_at < now else "running"
    sums.moved += row.moved > 0
    setattr(sums, name, getattr(sums, name) + 1)


def _sorted(lines: Iterable[PromiseLine]) -> tuple[PromiseLine, ...]:
    return tuple(sorted(lines, key=lambda line: (line.name.casefold(), line.id)))

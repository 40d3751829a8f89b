"""How long things are kept, what would go under given rules, and how the runs went."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Row,
    Select,
    and_,
    func,
    not_,
    or_,
    select,
)

from app.models import metadata
from app.models.agent import agents
from app.models.consent import retention_rules, retention_runs
from app.models.conversation import files
from app.models.organisation import brands
from app.models.work import raw_mails
from app.queries.retention_kinds import KINDS, Branch, held_customers

DAY_MS = 86_400_000
EXAMPLES = 5
FORGOTTEN_MS = DAY_MS  # a file that no row has named for so long is nobody's

Choice = int | None  # days; None: kept without an end
Rules = Mapping[tuple[str, int | None], Choice]  # (kind, brand or None for all others)


@dataclass(frozen=True, slots=True)
class Scope:
    """A rule at work: rows of `brand_id`, or of every brand but `others`, older than `before`."""

    brand_id: int | None
    others: tuple[int, ...]
    before: int

    def of(self, rows: FromClause) -> ColumnElement[bool]:
        """The condition on the rows of a branch."""
        if self.brand_id is not None:
            whose: ColumnElement[bool] = rows.c.brand_id == self.brand_id
        else:
            whose = or_(rows.c.brand_id.is_(None), rows.c.brand_id.not_in(self.others))
        return and_(rows.c.at < self.before, whose)


@dataclass(frozen=True, slots=True)
class Example:
    """One row that would go."""

    id: int
    at: int
    name: str


@dataclass(frozen=True, slots=True)
class WouldGo:
    """What a rule would remove now: how many rows, the oldest of them first."""

    kind: str
    brand_id: int | None
    before: int
    count: int
    oldest: tuple[Example, ...]


def kept_rules(conn: Connection) -> dict[tuple[str, int | None], Choice]:
    """The rules in force."""
    rows = conn.execute(select(retention_rules))
    return {
        (row.kind, row.brand_id): row.days if row.active else None
        for row in rows
        if row.kind in KINDS
    }


def scopes(rules: Rules, kind: str, now: int) -> list[Scope]:
    """Where a kind's rules remove something, and what is older than when."""
    of_brands = tuple(sorted(b for k, b in rules if k == kind and b is not None))
    found = []
    for (name, brand_id), days in rules.items():
        if name == kind and days is not None:
            others = of_brands if brand_id is None else ()
            found.append(Scope(brand_id, others, now - days * DAY_MS))
    return found


def would_go(conn: Connection, rules: Rules, now: int) -> list[WouldGo]:
    """What these rules would remove at this moment; nothing is changed."""
    held = held_customers(conn, now)
    found = []
    for kind in KINDS.values():
        for scope in scopes(rules, kind.name, now):
            count, oldest = 0, []
            for _, branch in kind.parts:
                rows = branch(held).subquery()
                theirs = scope.of(rows)
                count += conn.execute(select(func.count()).where(theirs)).scalar_one()
                first = select(rows).where(theirs).order_by(rows.c.at, rows.c.id).limit(EXAMPLES)
                oldest += [Example(r.id, r.at, r.name or "") for r in conn.execute(first)]
            oldest.sort(key=lambda one: one.at)
            found.append(
                WouldGo(kind.name, scope.brand_id, scope.before, count, tuple(oldest[:EXAMPLES]))
            )
    return found


def next_ids(
    conn: Connection, branch: Branch, scope: Scope, held: Sequence[int], after: int, limit: int
) -> list[int]:
    """The next rows whose time is over, by id."""
    rows = branch(held).subquery()
    query = select(rows.c.id).where(scope.of(rows), rows.c.id > after)
    return list(conn.execute(query.order_by(rows.c.id).limit(limit)).scalars())


def unnamed_files(conn: Connection, now: int, ids: Iterable[int] | None = None) -> list[Row[Any]]:
    """Files (id, hash) that no row names any more, other than a mail that was removed; of `ids`
    where they are given."""
    query: Select[Any] = select(files.c.id, files.c.hash).where(
        files.c.created_at < now - FORGOTTEN_MS, files.c.size > 0
    )
    if ids is not None:
        query = query.where(files.c.id.in_(list(ids)))
    for table in metadata.tables.values():
        for column in table.columns:
            if not any(key.column is files.c.id for key in column.foreign_keys):
                continue
            users = select(column).where(column.is_not(None))
            if table is raw_mails:
                users = users.where(raw_mails.c.state != "erased")
            query = query.where(not_(files.c.id.in_(users)))
    return list(conn.execute(query.order_by(files.c.id)))


def open_run(conn: Connection) -> Row[Any] | None:
    """The run that was cut in the middle, if there is one."""
    query = select(retention_runs).where(
        retention_runs.c.done_at.is_(None), retention_runs.c.dry.is_(False)
    )
    return conn.execute(query.order_by(retention_runs.c.id.desc()).limit(1)).first()


def last_began(conn: Connection) -> int:
    """When the last run began; 0 before the first."""
    query = select(func.max(retention_runs.c.at)).where(retention_runs.c.dry.is_(False))
    return conn.execute(query).scalar() or 0


def rules_since(conn: Connection) -> int | None:
    """Since when there has been a rule that removes something; None where there is none."""
    query = select(func.min(retention_rules.c.changed_at)).where(retention_rules.c.active)
    return conn.execute(query).scalar()


def runs(conn: Connection, limit: int = 30) -> list[Row[Any]]:
    """The latest runs with the name of who asked for them, the newest first."""
    query = (
        select(retention_runs, agents.c.name.label("who"))
        .outerjoin(agents, agents.c.id == retention_runs.c.agent_id)
        .order_by(retention_runs.c.id.desc())
        .limit(limit)
    )
    return list(conn.execute(query))


def brand_names(conn: Connection) -> dict[int, str]:
    """Every brand by id."""
    rows = conn.execute(select(brands.c.id, brands.c.name).order_by(brands.c.name))
    return {row.id: row.name for row in rows}

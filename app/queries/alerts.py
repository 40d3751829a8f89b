"""Alerts and their rules, for supervisors and for the worker that watches the figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select, true

from app.db import NotFound
from app.models.agent import agents
from app.models.organisation import queues
from app.models.supervision import alert_rules, alerts
from app.queries.board_rates import Brands, of_brands
from app.queries.wallboard import Board, BoardCache
from app.security.permissions import Actor
from routing.alerts import Rule, Standing

HISTORY = 100


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """An alert that was raised; `value` is the worst that was measured."""

    id: int
    rule_id: int
    name: str
    metric: str
    direction: str
    threshold: int
    queue_name: str | None
    value: int
    sound: bool
    began_at: int
    raised_at: int
    acknowledged_by: str | None
    acknowledged_at: int | None
    ended_at: int | None

    @property
    def state(self) -> str:
        """raised, acknowledged or over."""
        if self.ended_at is not None:
            return "over"
        return "raised" if self.acknowledged_at is None else "acknowledged"


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule as it is listed and edited."""

    id: int
    name: str
    metric: str
    queue_id: int | None
    queue_name: str | None
    direction: str
    threshold: int
    for_s: int
    quiet_s: int
    banner: bool
    sound: bool
    webhook_url: str
    active: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """A rule with how it stands and what was measured just now."""

    rule_id: int
    rule: Rule
    standing: Standing
    alert_id: int | None
    value: int | None


def open_alerts(
    conn: Connection, actor: Actor, *, on_screens: bool = False
) -> tuple[OpenAlert, ...]:
    """Alerts that are up; `on_screens`: with a banner, and not acknowledged yet."""
    query = _alerts(actor.brands).where(alerts.c.ended_at.is_(None))
    if on_screens:
        query = query.where(alert_rules.c.banner, alerts.c.acknowledged_at.is_(None))
    return _read(conn, query.order_by(alerts.c.raised_at, alerts.c.id))


def board_alerts(conn: Connection, brands: Brands) -> tuple[OpenAlert, ...]:
    """Alerts that are up, for a screen on the wall."""
    query = _alerts(brands).where(alerts.c.ended_at.is_(None))
    return _read(conn, query.order_by(alerts.c.raised_at, alerts.c.id))


def past_alerts(conn: Connection, actor: Actor) -> tuple[OpenAlert, ...]:
    """The last alerts that are over, the latest first."""
    query = _alerts(actor.brands).where(alerts.c.ended_at.is_not(None))
    return _read(conn, query.order_by(alerts.c.raised_at.desc(), alerts.c.id.desc()).limit(HISTORY))


def get_alert(conn: Connection, actor: Actor, alert_id: int) -> OpenAlert:
    """One alert, up or over; NotFound for one of others' queues."""
    found = _read(conn, _alerts(actor.brands).where(alerts.c.id == alert_id))
    if not found:
        raise NotFound
    return found[0]


def get_rule(conn: Connection, actor: Actor, rule_id: int) -> RuleRow:
    """One rule; NotFound for one of others' queues."""
    rule = next((one for one in rule_rows(conn, actor) if one.id == rule_id), None)
    if rule is None:
        raise NotFound
    return rule


def rule_rows(conn: Connection, actor: Actor) -> tuple[RuleRow, ...]:
    """The rules a supervisor may see and change, by name."""
    names = (
        "id", "name", "metric", "queue_id", "direction", "threshold", "for_s", "quiet_s",
        "banner", "sound", "webhook_url", "active",
    )  # fmt: skip
    rows = conn.execute(
        select(*(alert_rules.c[name] for name in names), queues.c.name.label("queue_name"))
        .outerjoin(queues, queues.c.id == alert_rules.c.queue_id)
        .where(of_rules(actor.brands))
        .order_by(alert_rules.c.name, alert_rules.c.id)
    )
    return tuple(RuleRow(**row._mapping) for row in rows)


def of_rules(brands: Brands) -> ColumnElement[bool]:
    """The condition on rules: those on queues of these brands; of all queues together only for
    who sees all of them."""
    if brands is None:
        return true()
    return alert_rules.c.queue_id.in_(select(queues.c.id).where(of_brands(brands)))


def alert_readings(conn: Connection, cache: BoardCache) -> tuple[Reading, ...]:
    """Every rule measured on the board of all brands; nothing is read while there are no rules."""
    found = rule_standings(conn)
    if not found:
        return ()
    board = cache.glance(conn, None)
    return tuple(
        Reading(
            row.id, rule_of(row), standing, alert_id,
            measure(board, row.metric, row.queue_id) if row.active else None,
        )
        for row, standing, alert_id in found
    )  # fmt: skip


def rule_standings(conn: Connection) -> list[tuple[Any, Standing, int | None]]:
    """Rules that are in use or have an alert up, how they stand, and the alert."""
    open_now = {
        row.rule_id: row for row in conn.execute(select(alerts).where(alerts.c.ended_at.is_(None)))
    }
    query = select(alert_rules).where(
        or_(alert_rules.c.active, alert_rules.c.id.in_(list(open_now)))
    )
    rows = conn.execute(query.order_by(alert_rules.c.id)).all()
    if not rows:
        return []
    latest: Mapping[int, int] = dict(
        conn.execute(
            select(alerts.c.rule_id, func.max(alerts.c.raised_at))
            .where(alerts.c.raised_at.is_not(None))
            .group_by(alerts.c.rule_id)
        ).all()
    )
    found = []
    for row in rows:
        up = open_now.get(row.id)
        last = latest.get(row.id)
        standing = (
            Standing(last_raised_at=last)
            if up is None
            else Standing(up.began_at, up.raised_at, up.value, last)
        )
        found.append((row, standing, up.id if up is not None else None))
    return found


def rule_of(row: Any) -> Rule:
    """The rule of a row, as routing.alerts knows it."""
    return Rule(row.direction, row.threshold, row.for_s * 1000, row.quiet_s * 1000)


def measure(board: Board, metric: str, queue_id: int | None) -> int | None:
    """A figure of the board in the unit of its metric: contacts, seconds, percent or agents; None
    where there is nothing to measure."""
    queue = next((row for row in board.queues if row.id == queue_id), None)
    if queue_id is not None and queue is None:
        return None
    of: Any = queue or board
    match metric:
        case "waiting":
            return int(of.waiting)
        case "longest_wait":
            return None if of.oldest_at is None else max(0, board.at - of.oldest_at) // 1000
        case "service_level":
            return _percent(of.day.service_level)
        case "abandonment":
            return _percent(of.day.abandonment)
        case "available":
            return int(queue.agents_free if queue else board.free)
        case "help_wanted":
            return board.help_wanted
        case _:
            return None


def _percent(share: float | None) -> int | None:
    return None if share is None else round(share * 100)


def _alerts(brands: Brands) -> Select[Any]:
    rule_columns = ("name", "metric", "direction", "threshold", "sound")
    own = ("id", "rule_id", "value", "began_at", "raised_at", "acknowledged_at", "ended_at")
    return (
        select(
            *(alerts.c[name] for name in own),
            *(alert_rules.c[name] for name in rule_columns),
            queues.c.name.label("queue_name"),
            agents.c.name.label("acknowledged_by"),
        )
        .join(alert_rules, alert_rules.c.id == alerts.c.rule_id)
        .outerjoin(queues, queues.c.id == alert_rules.c.queue_id)
        .outerjoin(agents, agents.c.id == alerts.c.acknowledged_by)
        .where(alerts.c.raised_at.is_not(None), of_rules(brands))
    )


def _read(conn: Connection, query: Select[Any]) -> tuple[OpenAlert, ...]:
    return tuple(OpenAlert(**row._mapping) for row in conn.execute(query))

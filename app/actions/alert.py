"""Alerts: what was measured becomes alerts that begin, are raised, acknowledged by name, end."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, insert, select, update

from app.db import NotFound, Tx
from app.events import SupervisionChanged
from app.models.organisation import queues
from app.models.supervision import alert_calls, alert_rules, alerts
from app.queries.alerts import of_rules, rule_of, rule_standings
from app.security.audit import audit
from app.security.permissions import Actor
from routing.alerts import Standing, step


def take_measures(tx: Tx, values: Mapping[int, int | None]) -> None:
    """Go one step with each rule; `values` are what was measured by rule, None for nothing."""
    for row, before, alert_id in rule_standings(tx.conn):
        if row.id not in values:
            continue
        after, happened = step(rule_of(row), before, values[row.id], tx.now)
        if after == before:
            continue
        if happened == "ended":
            if alert_id is not None:
                _end(tx, row, alert_id, before)
            continue
        kept = {"value": after.worst, "raised_at": after.raised_at}
        if alert_id is None:
            added = insert(alerts).values(rule_id=row.id, began_at=after.since, **kept)
            alert_id = int(tx.execute(added.returning(alerts.c.id)).scalar_one())
        else:
            tx.execute(update(alerts).where(alerts.c.id == alert_id).values(**kept))
        if happened == "raised":
            tx.emit(SupervisionChanged("alert", alert_id))
            _call(tx, row, "alert.raised", alert_id, after.worst)


def acknowledge(tx: Tx, actor: Actor, alert_id: int) -> None:
    """Somebody sees to it: off the screens, with their name. The first one's name stays."""
    actor.require("supervise")
    row = tx.execute(
        select(alerts.c.acknowledged_at)
        .join(alert_rules, alert_rules.c.id == alerts.c.rule_id)
        .where(alerts.c.id == alert_id, alerts.c.raised_at.is_not(None), of_rules(actor.brands))
    ).first()
    if row is None:
        raise NotFound
    done = tx.execute(
        update(alerts)
        .where(alerts.c.id == alert_id, alerts.c.acknowledged_at.is_(None))
        .values(acknowledged_by=actor.agent_id, acknowledged_at=tx.now)
    )
    if done.rowcount:
        audit(tx, actor, "alert.acknowledged", f"alert {alert_id}")
        tx.emit(SupervisionChanged("alert", alert_id))


def _end(tx: Tx, row: Any, alert_id: int, before: Standing) -> None:
    """An alert is over; a crossing that was never worth a word leaves no trace."""
    if not before.is_raised:
        tx.execute(delete(alerts).where(alerts.c.id == alert_id))
        return
    tx.execute(update(alerts).where(alerts.c.id == alert_id).values(ended_at=tx.now))
    tx.emit(SupervisionChanged("alert", alert_id))
    _call(tx, row, "alert.ended", alert_id, before.worst)


def _call(tx: Tx, row: Any, kind: str, alert_id: int, worst: int | None) -> None:
    """Have the rule's webhook called, if it has one: a row in this transaction."""
    if not row.webhook_url:
        return
    queue = None
    if row.queue_id is not None:
        queue = tx.execute(select(queues.c.name).where(queues.c.id == row.queue_id)).scalar()
    body = {
        "type": kind,
        "alert": alert_id,
        "rule": row.name,
        "metric": row.metric,
        "queue": queue,
        "direction": row.direction,
        "threshold": row.threshold,
        "worst": worst,
        "at": tx.now,
    }
    tx.execute(
        insert(alert_calls).values(
            rule_id=row.id,
            url=row.webhook_url,
            body=json.dumps(body, ensure_ascii=False, separators=(",", ":")),
            next_at=tx.now,
            created_at=tx.now,
        )
    )

"""Webhooks of alerts: claimed, and what became of the call. Whoever receives one may receive it
twice, and knows it again by its id."""

from dataclasses import dataclass

from sqlalchemy import select, update

from app.db import Tx
from app.models.supervision import alert_calls, alert_rules

SECOND_MS = 1_000
PAUSES_MS = tuple(s * SECOND_MS for s in (10, 60, 300, 1_800, 7_200, 21_600))
CLAIMED_MS = 60 * SECOND_MS  # who dies over a call leaves it to the next round


@dataclass(frozen=True, slots=True)
class Call:
    """A webhook to call now."""

    id: int
    url: str
    body: str
    secret: str
    attempts: int


def claim_calls(tx: Tx, limit: int = 20) -> list[Call]:
    """Take the calls that are due, oldest first."""
    rows = tx.execute(
        select(alert_calls, alert_rules.c.secret)
        .join(alert_rules, alert_rules.c.id == alert_calls.c.rule_id)
        .where(alert_calls.c.state == "queued", alert_calls.c.next_at <= tx.now)
        .order_by(alert_calls.c.next_at, alert_calls.c.id)
        .limit(limit)
    ).all()
    for row in rows:
        tx.execute(
            update(alert_calls)
            .where(alert_calls.c.id == row.id)
            .values(attempts=row.attempts + 1, next_at=tx.now + CLAIMED_MS)
        )
    return [Call(row.id, row.url, row.body, row.secret, row.attempts + 1) for row in rows]


def settle_call(tx: Tx, call_id: int, error: str = "") -> str:
    """Write down how it went: sent, again later after a longer pause, or failed in the end."""
    row = tx.execute(select(alert_calls).where(alert_calls.c.id == call_id)).first()
    if row is None or row.state != "queued":
        return ""
    if not error:
        values = {"state": "sent", "sent_at": tx.now, "error": ""}
    elif row.attempts > len(PAUSES_MS):
        values = {"state": "failed", "error": error[:500]}
    else:
        later = tx.now + PAUSES_MS[row.attempts - 1]
        values = {"state": "queued", "error": error[:500], "next_at": later}
    tx.execute(update(alert_calls).where(alert_calls.c.id == call_id).values(**values))
    return str(values["state"])

"""Rules for alerts: made, changed, taken away. Each has a secret of its own that signs webhooks."""

import secrets
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Row, delete, insert, select, update

from app.db import Invalid, NotFound, Tx
from app.events import SupervisionChanged
from app.models.organisation import queues
from app.models.supervision import alert_rules
from app.queries.alerts import of_rules
from app.security.audit import audit
from app.security.permissions import Actor, visible_queues

METRICS = (
    "waiting", "longest_wait", "service_level", "available", "abandonment", "help_wanted",
)  # fmt: skip
PERCENT = ("service_level", "abandonment")
MOST_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class RuleForm:
    """What a supervisor asks to be told of."""

    name: str
    metric: str
    queue_id: int | None
    direction: str
    threshold: int
    for_s: int
    quiet_s: int
    banner: bool
    sound: bool
    webhook_url: str
    active: bool = True


def save_rule(tx: Tx, actor: Actor, form: RuleForm, rule_id: int | None = None) -> tuple[int, str]:
    """Make a rule or change one; returns its id and, where its webhook is new, the secret that
    signs it: shown now and never again."""
    actor.require("supervise")
    before = None if rule_id is None else _own(tx, actor, rule_id)
    _check(tx, actor, form)
    values = asdict(form)
    secret = ""
    if rule_id is None or before is None:
        secret = secrets.token_urlsafe(32)
        added = insert(alert_rules).values(**values, secret=secret, created_at=tx.now)
        rule_id = int(tx.execute(added.returning(alert_rules.c.id)).scalar_one())
        audit(tx, actor, "alert_rule.created", f"alert_rule {rule_id}")
    else:
        if form.webhook_url != before.webhook_url:
            secret = values["secret"] = secrets.token_urlsafe(32)
        tx.execute(update(alert_rules).where(alert_rules.c.id == rule_id).values(**values))
        audit(tx, actor, "alert_rule.changed", f"alert_rule {rule_id}")
    tx.emit(SupervisionChanged("alert", 0))
    return rule_id, secret if form.webhook_url else ""


def remove_rule(tx: Tx, actor: Actor, rule_id: int) -> None:
    """Take a rule away, with its alerts."""
    actor.require("supervise")
    _own(tx, actor, rule_id)
    tx.execute(delete(alert_rules).where(alert_rules.c.id == rule_id))
    audit(tx, actor, "alert_rule.removed", f"alert_rule {rule_id}")
    tx.emit(SupervisionChanged("alert", 0))


def _own(tx: Tx, actor: Actor, rule_id: int) -> Row[Any]:
    query = select(alert_rules).where(alert_rules.c.id == rule_id, of_rules(actor.brands))
    row = tx.execute(query.with_for_update()).first()
    if row is None:
        raise NotFound
    return row


def _check(tx: Tx, actor: Actor, form: RuleForm) -> None:
    most = 100 if form.metric in PERCENT else 1_000_000
    wrong = {
        "name": "" if 0 < len(form.name.strip()) <= 120 else "needed",
        "metric": "" if form.metric in METRICS else "unknown",
        "direction": "" if form.direction in ("above", "below") else "unknown",
        "threshold": "" if 0 <= form.threshold <= most else "out_of_range",
        "for_s": "" if 0 <= form.for_s <= MOST_S else "out_of_range",
        "quiet_s": "" if 0 <= form.quiet_s <= MOST_S else "out_of_range",
        "webhook_url": "" if not form.webhook_url or _is_address(form.webhook_url) else "url",
        "queue_id": "" if _may_watch(tx, actor, form) else "unknown",
    }
    if any(wrong.values()):
        raise Invalid(**{name: code for name, code in wrong.items() if code})


def _may_watch(tx: Tx, actor: Actor, form: RuleForm) -> bool:
    """All queues together are for who sees all; the help flag belongs to no queue."""
    if form.queue_id is None:
        return actor.brands is None
    known = select(queues.c.id).where(queues.c.id == form.queue_id, visible_queues(actor))
    return form.metric != "help_wanted" and tx.execute(known).first() is not None


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises where it is no number
    except ValueError:
        return False
    plain = parts.username is None and parts.password is None and len(url) <= 500
    return parts.scheme in ("http", "https") and bool(parts.hostname) and plain

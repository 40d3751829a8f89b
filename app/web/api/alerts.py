"""Alerts over the API, for supervisors: what is up, what was, and the rules that raise them."""

from dataclasses import asdict
from typing import Any, Literal

from fastapi import APIRouter

from app.actions.alert import acknowledge
from app.actions.alert_rule import RuleForm, remove_rule, save_rule
from app.queries.alerts import (
    OpenAlert,
    get_alert,
    get_rule,
    open_alerts,
    past_alerts,
    rule_rows,
)
from app.runtime import Runtime
from app.security.permissions import Actor
from app.web.api.access import IdempotentRoute, SupervisorCaller
from app.web.api.shapes.supervision import (
    AlertRuleBody,
    AlertRuleShape,
    AlertShape,
    SavedRuleShape,
)
from app.web.api.values import Id
from app.web.request import Run

router = APIRouter(route_class=IdempotentRoute, tags=["alerts"])


@router.get("/alerts", response_model=list[AlertShape])
async def list_alerts(
    runtime: Run, caller: SupervisorCaller, state: Literal["up", "over"] = "up"
) -> Any:
    """Alerts that are up, the earliest first; or the last hundred that are over, latest first."""
    read = open_alerts if state == "up" else past_alerts
    return [_record(alert) for alert in await runtime.db.query(read, caller)]


@router.post("/alerts/{alert_id}/acknowledge", response_model=AlertShape)
async def acknowledge_alert(runtime: Run, caller: SupervisorCaller, alert_id: Id) -> Any:
    """You see to it: it leaves all screens with your name. The first one's name stays."""
    await runtime.db.write(acknowledge, caller, alert_id)
    return _record(await runtime.db.query(get_alert, caller, alert_id))


@router.get("/alert-rules", response_model=list[AlertRuleShape])
async def list_alert_rules(runtime: Run, caller: SupervisorCaller) -> Any:
    """The rules on your queues, by name."""
    return await runtime.db.query(rule_rows, caller)


@router.post("/alert-rules", response_model=SavedRuleShape, status_code=201)
async def create_alert_rule(runtime: Run, caller: SupervisorCaller, body: AlertRuleBody) -> Any:
    """Make a rule. A rule on all queues together is for who sees all brands."""
    return await _save(runtime, caller, body, None)


@router.put("/alert-rules/{rule_id}", response_model=SavedRuleShape)
async def put_alert_rule(
    runtime: Run, caller: SupervisorCaller, rule_id: Id, body: AlertRuleBody
) -> Any:
    """Put another rule in its place. Another address of the webhook gets another secret."""
    return await _save(runtime, caller, body, rule_id)


@router.delete("/alert-rules/{rule_id}", status_code=204)
async def delete_alert_rule(runtime: Run, caller: SupervisorCaller, rule_id: Id) -> None:
    """Take a rule away, with its alerts."""
    await runtime.db.write(remove_rule, caller, rule_id)


async def _save(runtime: Runtime, caller: Actor, body: AlertRuleBody, rule_id: int | None) -> Any:
    sent = body.model_dump()
    form = RuleForm(**{**sent, "name": " ".join(body.name.split())})
    saved, secret = await runtime.db.write(save_rule, caller, form, rule_id)
    rule = await runtime.db.query(get_rule, caller, saved)
    return {**asdict(rule), "secret": secret or None}


def _record(alert: OpenAlert) -> dict[str, Any]:
    return {**asdict(alert), "state": alert.state}

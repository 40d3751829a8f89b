"""Alerts: those that are up, those that were, and the rules that raise them."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection

from app.actions.alert import acknowledge
from app.actions.alert_rule import METRICS, RuleForm, remove_rule, save_rule
from app.db import Invalid, NotFound
from app.queries.alerts import OpenAlert, RuleRow, open_alerts, past_alerts, rule_rows
from app.queries.record_work import list_queues
from app.runtime import Runtime
from app.security.permissions import Actor
from app.security.sessions import Session
from app.web.admin.frame import in_words
from app.web.late_route import LateRoute
from app.web.request import Run, SignedIn, Supervisor
from app.web.supervise.page import page

router = APIRouter(prefix="/alerts", route_class=LateRoute)

NEW = RuleForm(
    name="", metric="longest_wait", queue_id=None, direction="above", threshold=120, for_s=60,
    quiet_s=900, banner=True, sound=False, webhook_url="",
)  # fmt: skip
Found = tuple[tuple[OpenAlert, ...], tuple[OpenAlert, ...], tuple[RuleRow, ...]]


@router.get("")
async def alerts_page(
    runtime: Run, session: SignedIn, who: Supervisor, rule: int | None = None
) -> Response:
    """What is up, what was, the rules; with `rule` its form is open."""
    return await _page(runtime, session, who, rule)


@router.get("/up")
async def up_part(runtime: Run, session: SignedIn, who: Supervisor) -> Response:
    """What is up now."""
    up = await runtime.db.query(open_alerts, who)
    return page(runtime, session, "supervise/_alerts_up.html", up=up)


@router.post("")
async def make(request: Request, runtime: Run, session: SignedIn, who: Supervisor) -> Response:
    """Make a rule; this answer is the only one that has its secret."""
    return await _save(request, runtime, session, who, None)


@router.post("/rules/{rule_id:int}")
async def change(
    request: Request, runtime: Run, session: SignedIn, who: Supervisor, rule_id: int
) -> Response:
    """Change a rule."""
    return await _save(request, runtime, session, who, rule_id)


@router.post("/rules/{rule_id:int}/remove")
async def remove(runtime: Run, who: Supervisor, rule_id: int) -> Response:
    """Take a rule away, with its alerts."""
    await runtime.db.write(remove_rule, who, rule_id)
    return RedirectResponse("/supervise/alerts", 303)


@router.post("/{alert_id:int}/acknowledge")
async def acknowledge_alert(
    runtime: Run, who: Supervisor, alert_id: int, back: Annotated[str, Form()] = ""
) -> Response:
    """I see to it."""
    await runtime.db.write(acknowledge, who, alert_id)
    if back:
        return RedirectResponse("/supervise/alerts", 303)
    return Response(status_code=204)


async def _save(
    request: Request, runtime: Runtime, session: Session, who: Actor, rule_id: int | None
) -> Response:
    sent = {name: str(value) for name, value in (await request.form()).items()}
    try:
        form = _form_of(sent)
        _, secret = await runtime.db.write(save_rule, who, form, rule_id)
    except Invalid as refused:
        return await _page(runtime, session, who, rule_id, typed=sent, errors=refused.errors)
    if secret:
        return await _page(runtime, session, who, None, secret=secret)
    return RedirectResponse("/supervise/alerts", 303)


def _form_of(sent: dict[str, str]) -> RuleForm:
    """What was typed, as a rule; Invalid where a number is none."""
    numbers: dict[str, int] = {}
    errors = {}
    for name in ("threshold", "for_s", "quiet_s"):
        text = sent.get(name, "").strip()
        if text.isascii() and text.isdecimal() and len(text) < 9:
            numbers[name] = int(text)
        else:
            errors[name] = "not_a_number"
    queue = sent.get("queue_id", "")
    if queue and not (queue.isascii() and queue.isdecimal() and len(queue) < 15):
        errors["queue_id"] = "unknown"
    if errors:
        raise Invalid(**errors)
    return RuleForm(
        name=" ".join(sent.get("name", "").replace("\0", "").split()),
        metric=sent.get("metric", ""),
        queue_id=int(queue) if queue else None,
        direction=sent.get("direction", ""),
        banner="banner" in sent,
        sound="sound" in sent,
        webhook_url=sent.get("webhook_url", "").strip(),
        active="active" in sent,
        **numbers,
    )


async def _page(
    runtime: Runtime,
    session: Session,
    who: Actor,
    rule_id: int | None,
    *,
    typed: dict[str, str] | None = None,
    errors: Any = None,
    secret: str = "",
) -> Response:
    def read(conn: Connection) -> Found:
        return open_alerts(conn, who), past_alerts(conn, who), rule_rows(conn, who)

    up, past, rules = await runtime.db.query(read)
    form: Any = NEW
    if typed is not None:
        ticked = {name: name in typed for name in ("banner", "sound", "active")}
        form = {**asdict(NEW), **typed, **ticked}
    if rule_id is not None and typed is None:
        form = next((one for one in rules if one.id == rule_id), None)
        if form is None:
            raise NotFound
    answer = page(
        runtime, session, "supervise/alerts.html",
        tab="alerts", up=up, past=past, rules=rules, form=form, rule_id=rule_id,
        metrics=METRICS, queues=await runtime.db.query(list_queues, who), secret=secret,
        errors=in_words(runtime.pages, who.locale, errors or {}),
        is_open=rule_id is not None or bool(errors), sees_all=who.brands is None,
    )  # fmt: skip
    if errors:
        answer.status_code = 422
    return answer

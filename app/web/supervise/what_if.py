"""What if: a supervisor plays a day again under other rules, forecasts arrivals, plans staff."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from app import clock
from app.actions.scenario import ask_scenario, cancel_scenario, remove_scenario
from app.db import Invalid, NotFound
from app.pages import N_
from app.queries.scenario import Scenario, list_scenarios, scenario_answer, visible_scenario
from app.queries.what_if.choices import Choices, material, playable_days, scenario_choices
from app.queries.what_if.questions import (
    KINDS,
    SKILL_ROWS,
    Kind,
    ReplayQuestion,
    read_question,
)
from app.runtime import Runtime
from app.security.permissions import Actor
from app.security.sessions import Session
from app.web.late_route import LateRoute
from app.web.request import Run, SignedIn, Supervisor, html
from app.web.supervise.page import page
from app.web.supervise.spreadsheet import csv_response
from app.web.supervise.what_if_csv import table_of
from app.web.supervise.what_if_form import ERRORS, typed_of
from app.web.supervise.what_if_view import (
    forecast_chart,
    forecast_view,
    replay_charts,
    replay_view,
    staffing_chart,
    staffing_view,
)

router = APIRouter(prefix="/what-if", route_class=LateRoute)
HOME = "/supervise/what-if"


@router.get("")
async def scenarios(runtime: Run, session: SignedIn, who: Supervisor) -> HTMLResponse:
    """All scenarios, and the three ways to begin one."""
    found = await runtime.db.query(list_scenarios, who)
    there = await runtime.db.query(material, who, clock.now())
    choices = await runtime.db.query(scenario_choices, who)
    return _page(
        runtime,
        session,
        "supervise/what_if.html",
        scenarios=found,
        material=there,
        **_named(choices),
    )


@router.get("/new")
async def new(
    runtime: Run, session: SignedIn, who: Supervisor, kind: str = "replay", like: int | None = None
) -> HTMLResponse:
    """The form of a question, filled like an earlier one where that is asked for."""
    typed: dict[str, str] = {}
    if like is not None:
        earlier = await runtime.db.query(visible_scenario, who, like)
        kind, typed = earlier.kind, typed_of(earlier.question)
    return await _form(runtime, session, _kind(kind), typed, {})


@router.post("/new", response_model=None)
async def ask(
    runtime: Run, session: SignedIn, who: Supervisor, request: Request
) -> HTMLResponse | RedirectResponse:
    """Ask the question of a form, and go to where its answer will be."""
    async with request.form() as form:
        typed = {name: value for name, value in form.items() if isinstance(value, str)}
    kind = _kind(typed.get("kind", ""))
    try:
        question = read_question(kind, typed, who.time_zone)
        asked = await runtime.db.write(ask_scenario, who, kind, _name(typed), question)
    except Invalid as refused:
        return await _form(runtime, session, kind, typed, refused.errors)
    return RedirectResponse(f"{HOME}/{asked}", status_code=303)


@router.get("/{scenario_id}")
async def result(
    runtime: Run,
    session: SignedIn,
    who: Supervisor,
    scenario_id: int,
    beside: int | None = Query(None),
    queue: str = "all",
) -> HTMLResponse:
    """How far a scenario is, or its answer; a replay beside another one of the same day."""
    scenario = await runtime.db.query(visible_scenario, who, scenario_id)
    choices = await runtime.db.query(scenario_choices, who)
    context: dict[str, Any] = {"scenario": scenario, **_named(choices)}
    if scenario.state == "done":
        others = await _same_day(runtime, who, scenario)
        second = next((other for other in others if other.id == beside), None)
        answers = [await _answer(runtime, each) for each in (scenario, second) if each]
        context |= {"others": others, "second": second, "answer": answers[0], "queue": queue}
        context["typed"] = typed_of(scenario.question)
        if "lacking" not in answers[0]:
            shown = [each for each in (scenario, second) if each]
            context |= _view(runtime, who, shown, answers, choices, queue)
    return _page(runtime, session, "supervise/what_if_scenario.html", **context)


@router.get("/{scenario_id}/state")
async def state(runtime: Run, who: Supervisor, scenario_id: int) -> Response:
    """How far it is, asked again and again; a page that has waited for the end is drawn anew."""
    scenario = await runtime.db.query(visible_scenario, who, scenario_id)
    if not scenario.unfinished:
        return Response(status_code=204, headers={"HX-Refresh": "true"})
    drawn = runtime.pages.render(
        "supervise/_what_if_state.html", who.locale, scenario=scenario, time_zone=who.time_zone
    )
    return html(drawn)


@router.get("/{scenario_id}/csv")
async def csv(
    runtime: Run, who: Supervisor, scenario_id: int, beside: int | None = Query(None)
) -> Response:
    """The answer as a table for a spreadsheet."""
    scenario = await runtime.db.query(visible_scenario, who, scenario_id)
    if scenario.state != "done":
        raise NotFound
    answers = [(scenario, await _answer(runtime, scenario))]
    if beside is not None:
        second = await runtime.db.query(visible_scenario, who, beside)
        if second in await _same_day(runtime, who, scenario):
            answers.append((second, await _answer(runtime, second)))
    choices = await runtime.db.query(scenario_choices, who)
    names = {str(queue.id): queue.name for queue in choices.queues}
    header, rows = table_of(answers, names, scenario.question.zone)
    return csv_response(f"what-if-{scenario_id}", header, rows)


@router.post("/{scenario_id}/cancel")
async def cancel(runtime: Run, who: Supervisor, scenario_id: int) -> Response:
    """Call it off."""
    await runtime.db.write(cancel_scenario, who, scenario_id)
    return RedirectResponse(f"{HOME}/{scenario_id}", status_code=303)


@router.post("/{scenario_id}/remove")
async def remove(runtime: Run, who: Supervisor, scenario_id: int) -> Response:
    """Throw it away."""
    await runtime.db.write(remove_scenario, who, scenario_id)
    return RedirectResponse(HOME, status_code=303)


async def _answer(runtime: Runtime, scenario: Scenario) -> dict[str, Any]:
    return await runtime.db.query(scenario_answer, scenario.id) or {}


async def _same_day(runtime: Runtime, who: Actor, scenario: Scenario) -> list[Scenario]:
    """Other replays of the same day that have an answer."""
    question = scenario.question
    if not isinstance(question, ReplayQuestion):
        return []
    found = await runtime.db.query(list_scenarios, who, "replay")
    return [
        other
        for other in found
        if other.id != scenario.id
        and other.state == "done"
        and isinstance(other.question, ReplayQuestion)
        and (other.question.day, other.question.zone) == (question.day, question.zone)
    ]


def _view(
    runtime: Runtime,
    who: Actor,
    shown: list[Scenario],
    answers: list[dict[str, Any]],
    choices: Choices,
    queue: str,
) -> dict[str, Any]:
    """The figures and charts of an answer."""
    zone = shown[0].question.zone

    def say(message: str) -> str:
        return runtime.pages.translate(who.locale, message)

    if shown[0].kind == "forecast":
        day_of = partial(_midnight, ZoneInfo(zone))
        view: Any = forecast_view(answers[0], day_of)
        return {"view": view, "charts": {"arrivals": forecast_chart(answers[0], say, zone)}}
    if shown[0].kind == "staffing":
        return {
            "view": staffing_view(answers[0]),
            "charts": {"staff": staffing_chart(answers[0], say, zone)},
        }
    names = {str(each.id): each.name for each in choices.queues}
    unnamed = [say(N_("What if"))]
    if len(shown) > 1:
        number = N_("Scenario %(number)s")
        unnamed = [runtime.pages.translate(who.locale, number, number=each.id) for each in shown]
    titles = [each.name or other for each, other in zip(shown, unnamed, strict=True)]
    began_at = _midnight(ZoneInfo(zone), shown[0].noon_at)
    charts = replay_charts(answers, titles, say(N_("As it was")), queue, began_at, zone)
    return {"view": replay_view(answers, names), "charts": charts, "titles": titles}


def _midnight(zone: ZoneInfo, at: int) -> int:
    local = datetime.fromtimestamp(at / 1000, zone)
    return round(local.replace(hour=0, minute=0, second=0, microsecond=0).timestamp() * 1000)


async def _form(
    runtime: Runtime, session: Session, kind: Kind, typed: dict[str, str], errors: dict[str, str]
) -> HTMLResponse:
    who = session.actor
    choices = await runtime.db.query(scenario_choices, who)
    words = {
        name: runtime.pages.translate(who.locale, ERRORS.get(code, ERRORS["unknown"]))
        for name, code in errors.items()
    }
    today = datetime.fromtimestamp(clock.now() / 1000, ZoneInfo(who.time_zone)).date()
    there = await runtime.db.query(material, who, clock.now())
    days = await runtime.db.query(playable_days, who, clock.now()) if kind == "replay" else []
    over = [each.day for each in days if each.day != today.isoformat()]
    usual = {"first_day": (today + timedelta(1)).isoformat(), "day": over[0] if over else ""}
    return _page(
        runtime,
        session,
        f"supervise/what_if_{kind}.html",
        kind=kind,
        typed=usual | typed,
        errors=words,
        skill_rows=SKILL_ROWS,
        material=there,
        days=days,
        **_named(choices),
    )


def _named(choices: Choices) -> dict[str, Any]:
    """The choices, and the names behind the ids of a question."""
    return {
        "choices": choices,
        "queue_names": {queue.id: queue.name for queue in choices.queues},
        "agent_names": {agent.id: agent.name for agent in choices.agents},
        "skill_names": {skill.id: skill.name for skill in choices.skills},
    }


def _page(runtime: Runtime, session: Session, template: str, **context: Any) -> HTMLResponse:
    return page(runtime, session, template, tab="what_if", **context)


def _kind(word: str) -> Kind:
    if word not in KINDS:
        raise NotFound
    return word


def _name(typed: dict[str, str]) -> str:
    return " ".join(typed.get("name", "").split())[:120]

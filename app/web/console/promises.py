"""Promises in the console: two keys make one, one key says that it was kept."""

from typing import Any

from fastapi import APIRouter, Form
from fastapi.responses import Response
from sqlalchemy import Connection

from app import clock
from app.actions.change_promise import change_promise
from app.actions.promise import Outcome, close_promise, make_promise
from app.db import Invalid
from app.pages import N_
from app.queries.choices import colleague_choices
from app.queries.promises import get_promise, hours_of_conversation
from app.security.permissions import Actor
from app.web.console.answers import told
from app.web.console.draw import draw
from app.web.console.refusals import ConsoleRoute
from app.web.console.status import moment_of
from app.web.request import Run, SignedIn, Who, html
from routing.promise import Found, find_promise, read_when

router = APIRouter(route_class=ConsoleRoute)
SAID = {
    "kept": N_("The promise was kept"),
    "broken": N_("The promise was broken"),
    "withdrawn": N_("The promise is withdrawn"),
}


@router.post("/inbox/{conversation_id}/promises")
async def promise(
    runtime: Run,
    actor: Who,
    conversation_id: int,
    text: str = Form("", max_length=2_000),
    when: str = Form("", max_length=100),
    due_at: int | None = Form(None, ge=0, le=253_402_300_799_999),
    owner: str = Form("", max_length=20),
) -> Response:
    """Promise something: by `due_at`, or by what `when` says ("tomorrow 12:00", 周五)."""
    if due_at is None:
        due_at = await runtime.db.query(_read, actor, conversation_id, when)
    owner_id = int(owner) if owner.isdecimal() else None
    await runtime.db.write(make_promise, actor, conversation_id, text, due_at, owner_id=owner_id)
    words = runtime.pages.translate(actor.locale, N_("Promised"))
    return told(toast={"text": words, "kind": "success"})


@router.post("/inbox/{conversation_id}/promises/found")
async def found_in_reply(
    runtime: Run, session: SignedIn, conversation_id: int, text: str = Form("", max_length=100_000)
) -> Response:
    """The promise that is read in what is being written, as a suggestion; empty where none is."""

    def read(conn: Connection, actor: Actor) -> Found | None:
        hours = hours_of_conversation(conn, actor, conversation_id)
        return find_promise(text[:10_000], clock.now(), actor.time_zone, hours)

    found = await runtime.db.query(read, session.actor)
    return html(draw(runtime, session, "console/_promise_found.html", found=found))


@router.get("/promises/{promise_id}/change")
async def change_form(runtime: Run, session: SignedIn, promise_id: int) -> Response:
    """The form of another date or owner."""

    def read(conn: Connection, actor: Actor) -> dict[str, Any]:
        found = get_promise(conn, actor, promise_id)
        return {"promise": found, "colleagues": colleague_choices(conn, actor, found.brand_id)}

    found = await runtime.db.query(read, session.actor)
    return html(draw(runtime, session, "console/_promise_change.html", **found))


@router.post("/promises/{promise_id}/change")
async def change(
    runtime: Run,
    actor: Who,
    promise_id: int,
    when: str = Form("", max_length=100),
    owner: str = Form("", max_length=18),
    reason: str = Form("", max_length=2_000),
) -> Response:
    """Another date, another owner, or both; the reason stays in the conversation."""

    def read(conn: Connection, actor: Actor) -> int | None:
        found = get_promise(conn, actor, promise_id)
        if not when.strip():
            return None
        if found.conversation_id is None:
            return time_of(when, actor)
        return _read(conn, actor, found.conversation_id, when)

    due_at = await runtime.db.query(read, actor)
    owner_id = int(owner) if owner.isdecimal() else None
    await runtime.db.write(
        change_promise, actor, promise_id, reason, due_at=due_at, owner_id=owner_id
    )
    words = runtime.pages.translate(actor.locale, N_("The promise is changed"))
    return told(toast={"text": words, "kind": "success"})


@router.post("/promises/{promise_id}/{outcome}")
async def close(runtime: Run, actor: Who, promise_id: int, outcome: Outcome) -> Response:
    """Kept, broken or withdrawn."""
    await runtime.db.write(close_promise, actor, promise_id, outcome)
    words = runtime.pages.translate(actor.locale, SAID[outcome])
    return told(toast={"text": words, "kind": "success"}, owed__changed={})


def _read(conn: Connection, actor: Actor, conversation_id: int, when: str) -> int:
    hours = hours_of_conversation(conn, actor, conversation_id)
    return time_of(when, actor, hours)


def time_of(when: str, actor: Actor, hours: Any = None) -> int:
    """The moment that somebody typed in words, or as a date and time; Invalid where it is none."""
    found = read_when(when, clock.now(), actor.time_zone, hours)
    if found is not None:
        return found
    try:
        return moment_of(when, clock.now(), actor.time_zone)
    except Invalid:
        raise Invalid(when="unknown") from None

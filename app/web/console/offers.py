"""Offers and presence: what waits for the agent's answer, and whether they take work."""

from typing import Any

from fastapi import APIRouter, Form
from fastapi.responses import Response
from sqlalchemy import Connection

from app.actions.ask_help import ask_help, stop_help
from app.actions.offer import accept_offer, decline_offer
from app.actions.set_presence import set_presence
from app.db import Conflict, Invalid
from app.pages import N_
from app.queries.inbox import View, unread_count
from app.queries.offers import offer_cards
from app.security.permissions import Actor
from app.web.console.answers import told
from app.web.console.draw import draw
from app.web.console.inbox import desk_of
from app.web.console.refusals import ConsoleRoute
from app.web.console.view import query_of
from app.web.request import Run, SignedIn, html

router = APIRouter(route_class=ConsoleRoute)


@router.post("/offers/{offer_id}/accept")
async def accept(runtime: Run, session: SignedIn, offer_id: int) -> Response:
    """Take what is offered and open it. Where several were asked, who was quicker is named."""
    try:
        conversation_id = await runtime.db.write(accept_offer, session.actor, offer_id)
    except Conflict as error:
        card = (await runtime.db.query(offer_cards, [offer_id])).get(offer_id)
        if error.code != "offer_over" or card is None or not card.taken_by:
            raise
        words = runtime.pages.translate(session.actor.locale, N_("%(name)s was quicker."))
        notice = {"text": words % {"name": card.taken_by}, "kind": "info"}
        return told(offer__answered={"id": offer_id}, toast=notice)
    where = f"/inbox/{conversation_id}{query_of(View())}"
    return told(offer__answered={"id": offer_id}, conversation__open={"url": where})


@router.post("/offers/{offer_id}/decline")
async def decline(
    runtime: Run, session: SignedIn, offer_id: int, reason: str = Form("", max_length=200)
) -> Response:
    """Pass; somebody else is asked."""
    await runtime.db.write(decline_offer, session.actor, offer_id, reason)
    return told(offer__answered={"id": offer_id})


@router.post("/presence")
async def change_presence(
    runtime: Run,
    session: SignedIn,
    state: str = Form(max_length=20),
    pause: str = Form("", max_length=20),
) -> Response:
    """Take work, or take none; `pause` is the id of a reason to be away."""
    if pause and not pause.isdecimal():
        raise Invalid(pause_reason="unknown")
    reason_id = int(pause) if pause else None
    await runtime.db.write(set_presence, session.actor.agent_id, state, "", reason_id)
    return await desk(runtime, session)


@router.post("/help")
async def call_for_help(
    runtime: Run, session: SignedIn, on: bool = Form(True), conversation: int | None = Form(None)
) -> Response:
    """Ask a supervisor to come, or take that back."""
    actor = session.actor
    if on:
        await runtime.db.write(ask_help, actor, conversation)
    else:
        await runtime.db.write(stop_help, actor.agent_id)
    return await desk(runtime, session)


@router.get("/desk")
async def desk(runtime: Run, session: SignedIn) -> Response:
    """Presence, load, offers and the count of unread: fetched again after each connection."""
    found = await runtime.db.query(_desk, session.actor)
    return html(draw(runtime, session, "console/_desk.html", **found))


def _desk(conn: Connection, actor: Actor) -> dict[str, Any]:
    desk = desk_of(conn, actor)
    return {"desk": desk, "standing": desk.standing, "unread": unread_count(conn, actor)}

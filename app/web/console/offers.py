"""Offers and presence: what waits for the agent's answer, and whether they take work."""

from typing import Any

from fastapi import APIRouter, Form
from fastapi.responses import Response
from sqlalchemy import Connection

from app.actions.offer import accept_offer, decline_offer
from app.actions.set_presence import set_presence
from app.queries.inbox import View, unread_count
from app.queries.offers import pending_offers, standings
from app.security.permissions import Actor
from app.web.console.answers import told
from app.web.console.draw import draw
from app.web.console.refusals import ConsoleRoute
from app.web.console.view import query_of
from app.web.request import Run, SignedIn, html

router = APIRouter(route_class=ConsoleRoute)


@router.post("/offers/{offer_id}/accept")
async def accept(runtime: Run, session: SignedIn, offer_id: int) -> Response:
    """Take what is offered and open it."""
    conversation_id = await runtime.db.write(accept_offer, session.actor, offer_id)
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
    runtime: Run, session: SignedIn, state: str = Form(max_length=20)
) -> Response:
    """Take work, or take none."""
    await runtime.db.write(set_presence, session.actor.agent_id, state)
    return await desk(runtime, session)


@router.get("/desk")
async def desk(runtime: Run, session: SignedIn) -> Response:
    """Presence, load, offers and the count of unread: fetched again after each connection."""
    found = await runtime.db.query(_desk, session.actor)
    return html(draw(runtime, session, "console/_desk.html", **found))


def _desk(conn: Connection, actor: Actor) -> dict[str, Any]:
    return {
        "standing": standings(conn, [actor.agent_id])[actor.agent_id],
        "offers": pending_offers(conn, actor.agent_id),
        "unread": unread_count(conn, actor),
    }

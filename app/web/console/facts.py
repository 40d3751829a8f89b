"""What agents note about a customer, and the card beside an offer before it is accepted."""

from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection, select

from app import clock
from app.actions.note_fact import confirm_fact, edit_fact, end_fact, note_fact
from app.db import NotFound
from app.models.contact import contacts, offers
from app.models.conversation import conversations
from app.pages import N_
from app.queries.first_card import FirstCard, first_card
from app.runtime import Runtime
from app.security.permissions import Actor
from app.web.console.answers import told
from app.web.console.draw import draw
from app.web.console.refusals import ConsoleRoute
from app.web.request import Run, SignedIn, Who, html

router = APIRouter(route_class=ConsoleRoute)


@router.post("/customers/{customer_id}/facts")
async def note(
    request: Request,
    runtime: Run,
    actor: Who,
    customer_id: int,
    kind: str = Form(max_length=12),
    text: str = Form("", max_length=20_000),
    conversation: int | None = Form(None),
) -> Response:
    """Note something about the customer."""
    await runtime.db.write(note_fact, actor, customer_id, kind, text, conversation)
    return _answer(request, runtime, actor, customer_id, N_("Noted."))


@router.post("/customers/{customer_id}/facts/{fact_id}")
async def edit(
    request: Request,
    runtime: Run,
    actor: Who,
    customer_id: int,
    fact_id: int,
    kind: str = Form(max_length=12),
    text: str = Form("", max_length=20_000),
) -> Response:
    """Put it in other words."""
    await runtime.db.write(edit_fact, actor, customer_id, fact_id, kind, text)
    return _answer(request, runtime, actor, customer_id, N_("Saved."))


@router.post("/customers/{customer_id}/facts/{fact_id}/confirm")
async def confirm(
    request: Request, runtime: Run, actor: Who, customer_id: int, fact_id: int
) -> Response:
    """It is still so."""
    await runtime.db.write(confirm_fact, actor, customer_id, fact_id)
    return _answer(request, runtime, actor, customer_id, N_("Noted."))


@router.post("/customers/{customer_id}/facts/{fact_id}/end")
async def end(
    request: Request, runtime: Run, actor: Who, customer_id: int, fact_id: int
) -> Response:
    """It is no longer so."""
    await runtime.db.write(end_fact, actor, customer_id, fact_id)
    return _answer(request, runtime, actor, customer_id, N_("Removed."))


@router.get("/offers/{offer_id}/card")
async def offer_card(runtime: Run, session: SignedIn, offer_id: int) -> Response:
    """Who waits for the answer: the card before the offer is accepted."""
    first, talk = await runtime.db.query(_offered, session.actor, offer_id)
    runtime.looks.saw(session.actor, first.customer_id, f"conversation {talk}")
    return html(draw(runtime, session, "console/_first_card.html", first=first, talk=talk))


def _offered(conn: Connection, actor: Actor, offer_id: int) -> tuple[FirstCard, int]:
    row = conn.execute(
        select(conversations.c.id, conversations.c.customer_id)
        .join(contacts, contacts.c.conversation_id == conversations.c.id)
        .join(offers, offers.c.contact_id == contacts.c.id)
        .where(
            offers.c.id == offer_id,
            offers.c.agent_id == actor.agent_id,
            offers.c.status == "pending",
        )
    ).first()
    if row is None:
        raise NotFound
    return first_card(conn, actor, row.customer_id, clock.now(), row.id), row.id


def _answer(
    request: Request, runtime: Runtime, actor: Actor, customer_id: int, words: str
) -> Response:
    """Back to the customer's page; beside a conversation the socket brings the new card."""
    if "hx-request" not in request.headers:
        return RedirectResponse(f"/customers/{customer_id}#noted", 303)
    toast = {"text": runtime.pages.translate(actor.locale, words), "kind": "success"}
    answer = told(fact__noted={"customer": customer_id}, toast=toast)
    if urlsplit(request.headers.get("hx-current-url", "")).path.startswith("/customers/"):
        answer.headers["HX-Refresh"] = "true"
    return answer

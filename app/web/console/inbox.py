"""The inbox: the list, the thread and the customer beside it, each with an address of its own."""

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection

from app import clock
from app.queries.consults import ConsultCard, asked_of
from app.queries.customer_card import customer_card
from app.queries.first_card import first_card
from app.queries.inbox import PAGE, InboxPage, View, inbox_page, rows_of
from app.queries.offers import OfferCard, Standing, pending_offers, standings
from app.queries.thread import Head, thread, thread_head
from app.queries.wrap_ups import WrapUp, open_wrap_ups
from app.runtime import Runtime
from app.security.permissions import Actor
from app.security.sessions import Session
from app.web.console.beside import beside
from app.web.console.draw import draw
from app.web.console.greeting import greeting_of
from app.web.console.refusals import ConsoleRoute
from app.web.console.view import Looking, query_of, wants_only
from app.web.request import Run, SignedIn, html

router = APIRouter(route_class=ConsoleRoute)
LONGEST = 200  # rows of a list that is fetched anew


@dataclass(frozen=True, slots=True)
class Desk:
    """What the list column shows above the list."""

    offers: tuple[OfferCard, ...]
    standing: Standing
    asked: tuple[ConsultCard, ...]
    wrap_ups: tuple[WrapUp, ...]


@router.get("/")
async def home(session: SignedIn) -> Response:
    """Work starts in the inbox."""
    return RedirectResponse("/inbox", 303)


@router.get("/search")
async def search(session: SignedIn, q: str = Query("", max_length=200)) -> Response:
    """Everything that was said, by whomever, wherever it lies."""
    return RedirectResponse(f"/inbox{query_of(View(name='all', q=q.strip()))}", 303)


@router.get("/inbox")
async def inbox(request: Request, runtime: Run, session: SignedIn, view: Looking) -> Response:
    """The list, with nothing open beside it."""
    return await _page(request, runtime, session, view, None, "list")


@router.get("/inbox/list")
async def list_again(
    runtime: Run, session: SignedIn, view: Looking, limit: int = Query(PAGE, ge=1, le=LONGEST)
) -> Response:
    """The rows of the list, fetched again after a loss or to go on further down."""
    page = await runtime.db.query(inbox_page, session.lens, view, max(limit, PAGE))
    return html(_draw(runtime, session, "console/_rows.html", view, page=page))


@router.get("/inbox/rows")
async def some_rows(
    runtime: Run, session: SignedIn, view: Looking, ids: str = Query(max_length=2_000)
) -> Response:
    """Those of some conversations that belong into the list now, and the tabs' counts."""
    wanted = [int(part) for part in ids.split(",") if part.isdigit()][:LONGEST]
    rows, counts = await runtime.db.query(rows_of, session.lens, view, wanted)
    page = InboxPage(rows, counts, None)
    return html(_draw(runtime, session, "console/_some_rows.html", view, page=page))


@router.get("/inbox/{conversation_id}")
async def conversation(
    request: Request, runtime: Run, session: SignedIn, view: Looking, conversation_id: int
) -> Response:
    """A conversation beside the list."""
    return await _page(request, runtime, session, view, conversation_id, "thread")


@router.get("/inbox/{conversation_id}/context")
async def context(
    request: Request, runtime: Run, session: SignedIn, view: Looking, conversation_id: int
) -> Response:
    """The same with the customer in front, for narrow windows."""
    return await _page(request, runtime, session, view, conversation_id, "context")


@router.get("/inbox/{conversation_id}/messages")
async def earlier_messages(
    runtime: Run, session: SignedIn, conversation_id: int, before: int
) -> Response:
    """The page of messages before a seq."""
    found = await runtime.db.query(thread, session.actor, conversation_id, before=before)
    return html(_draw(runtime, session, "console/_messages.html", View(), thread=found))


@router.get("/inbox/{conversation_id}/state")
async def state(runtime: Run, session: SignedIn, view: Looking, conversation_id: int) -> Response:
    """Head and context as they are now: asked when the socket says that something changed."""

    def read(conn: Connection, actor: Actor) -> dict[str, Any]:
        head = thread_head(conn, actor, conversation_id)
        return {"head": head, **_customer(conn, actor, head), **beside(conn, actor, head)}

    found = await runtime.db.query(read, session.actor)
    runtime.looks.saw(session.actor, found["card"].id, f"conversation {conversation_id}")
    return html(_draw(runtime, session, "console/_state.html", view, **found))


async def _page(
    request: Request,
    runtime: Runtime,
    session: Session,
    view: View,
    conversation_id: int | None,
    shows: str,
) -> Response:
    """The whole page, or the column that htmx asks for."""
    only_list, only_panes = wants_only(request, "list"), wants_only(request, "panes")
    parts: dict[str, Any] = {"page": None, "desk": None, "thread": None, "card": None}
    if not only_list and conversation_id is not None:
        parts |= await runtime.db.query(_thread_and_card, session.actor, conversation_id)
        runtime.looks.saw(session.actor, parts["card"].id, f"conversation {conversation_id}")
    if not only_panes:
        parts["page"], parts["desk"] = await runtime.db.query(_list_and_desk, session.lens, view)
    template = "console/_list.html" if only_list else "console/_panes.html"
    if not (only_list or only_panes):
        template = "console/inbox.html"
    page = _draw(runtime, session, template, view, shows=shows, open_id=conversation_id, **parts)
    return html(page)


def _thread_and_card(conn: Connection, actor: Actor, conversation_id: int) -> dict[str, Any]:
    found = thread(conn, actor, conversation_id)
    who = _customer(conn, actor, found.head)
    greeting = greeting_of(conn, actor, found)
    return {"thread": found, "greeting": greeting, **who, **beside(conn, actor, found.head)}


def _customer(conn: Connection, actor: Actor, head: Head) -> dict[str, Any]:
    card = customer_card(conn, actor, head.customer_id, head.id)
    return {"card": card, "first": first_card(conn, actor, card.id, clock.now(), head.id)}


def _list_and_desk(conn: Connection, actor: Actor, view: View) -> tuple[InboxPage, Desk]:
    page = inbox_page(conn, actor, view)
    return page, desk_of(conn, actor)


def desk_of(conn: Connection, actor: Actor) -> Desk:
    """The agent's own desk."""
    own = actor.agent_id
    standing = standings(conn, [own])[own]
    return Desk(pending_offers(conn, own), standing, asked_of(conn, own), open_wrap_ups(conn, own))


def _draw(runtime: Runtime, session: Session, template: str, view: View, **context: Any) -> str:
    return draw(runtime, session, template, view=view, section="inbox", **context)

"""Customers: finding them, what is known of them, putting it right."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query
from fastapi.responses import RedirectResponse, Response

from app import clock
from app.actions.customer import EDITABLE, edit_customer
from app.actions.person_view import note_view
from app.db import Invalid, Tx
from app.queries.aliases import master_of
from app.queries.customer_page import CustomerPage, customer_page_of
from app.queries.customers import customer_page, require_customer
from app.queries.timeline import Asked, timeline
from app.runtime import Runtime
from app.security.permissions import Actor
from app.security.sessions import Session
from app.web.access_words import reason_choices
from app.web.console.facts import router as facts
from app.web.console.refusals import ConsoleRoute, errors_of
from app.web.request import Run, SignedIn, frame, html
from channels.identity import normalise

router = APIRouter(route_class=ConsoleRoute)
router.routes.extend(facts.routes)
GROUPS = {  # what the stream can be narrowed down to
    "talks": frozenset({"contact", "message", "note", "bounce"}),
    "orders": frozenset({"order", "return"}),
    "visits": frozenset({"visit", "event"}),
    "owed": frozenset({"promise", "task"}),
    "noted": frozenset({"fact"}),
    "consents": frozenset({"consent"}),
    "merges": frozenset({"merge"}),
}


@router.get("/customers")
async def customers(
    runtime: Run,
    session: SignedIn,
    q: str = Query("", max_length=200),
    before: str = "",
) -> Response:
    """The list, the latest seen first."""
    at, _, last_id = before.partition(".")
    position = (int(at), int(last_id)) if at.isdigit() and last_id.isdigit() else None
    page = await runtime.db.query(customer_page, session.lens, q, position)
    return html(_draw(runtime, session, "console/customers.html", page=page, q=q))


def stream_of(
    show: str = Query("", max_length=20),
    channel: str = Query("", max_length=20),
    q: str = Query("", max_length=200),
) -> Asked:
    """What of the stream the address asks for."""
    return Asked(GROUPS.get(show, frozenset()), channel, None, q.strip())


Streaming = Annotated[Asked, Depends(stream_of)]
Place = Annotated[str, Query(max_length=60)]


@router.get("/customers/{customer_id}")
async def customer(
    runtime: Run, session: SignedIn, customer_id: int, asked: Streaming, before: Place = ""
) -> Response:
    """Everything about one customer; an id that was merged away leads to who stayed."""
    master = await runtime.db.query(master_of, customer_id)
    page = await _read(runtime, session, master, asked, before)
    if master != customer_id:
        return RedirectResponse(f"/customers/{master}", 301)
    await runtime.db.write(note_view, session.actor, master)
    return html(_page(runtime, session, page, asked))


@router.get("/customers/{customer_id}/timeline")
async def stream(
    runtime: Run, session: SignedIn, customer_id: int, asked: Streaming, before: Place = ""
) -> Response:
    """A page of the stream."""
    page = await runtime.db.query(timeline, session.actor, customer_id, asked, before)
    shown = {"stream": page, "customer_id": customer_id, "asked": asked, "show": _show(asked)}
    return html(_draw(runtime, session, "console/_timeline.html", **shown))


@router.post("/customers/{customer_id}")
async def edit(
    runtime: Run,
    session: SignedIn,
    customer_id: int,
    name: str = Form("", max_length=200),
    email: str = Form("", max_length=254),
    phone: str = Form("", max_length=40),
    company: str = Form("", max_length=200),
    notes: str = Form("", max_length=20_000),
    blocked: bool = Form(False),
    birthday: str = Form("", max_length=10, pattern=r"^((\d{4}|-)-\d{2}-\d{2})?$"),
    kind: str = Form("person", max_length=20),
    party: str = Form("customer", max_length=20),
) -> Response:
    """Put right what is known of a customer."""
    values: dict[str, Any] = {
        "name": name.strip(), "email": email.strip(), "phone": phone.strip(),
        "company": company.strip(), "notes": notes, "blocked": blocked, "birthday": birthday,
        "kind": kind, "party": party,
    }  # fmt: skip
    try:
        await runtime.db.write(_edit, session.actor, customer_id, values)
    except Invalid as error:
        errors = errors_of(runtime, session.actor.locale, error)
        asked = Asked()
        page = await _read(runtime, session, customer_id, asked)
        return html(_page(runtime, session, page, asked, values, errors), 422)
    return RedirectResponse(f"/customers/{customer_id}?saved=1", 303)


def _edit(tx: Tx, actor: Actor, customer_id: int, values: dict[str, Any]) -> None:
    require_customer(tx.conn, actor, customer_id)
    changes = {name: value for name, value in values.items() if name in EDITABLE}
    if changes["email"]:
        address = normalise("email", changes["email"])
        if address is None:
            raise Invalid(email="not_an_address")
        changes["email"] = address
    edit_customer(tx, customer_id, changes, agent_id=actor.agent_id)


async def _read(
    runtime: Runtime, session: Session, customer_id: int, asked: Asked, before: str = ""
) -> CustomerPage:
    return await runtime.db.query(
        customer_page_of, session.actor, customer_id, clock.now(), asked, before
    )


def _page(
    runtime: Runtime,
    session: Session,
    page: CustomerPage,
    asked: Asked,
    values: Any = None,
    errors: dict[str, str] | None = None,
) -> str:
    return _draw(
        runtime, session, "console/customer.html", card=page.card, links=page.links,
        first=page.first, noted=page.noted, theirs=page.theirs, said=page.values,
        effort=page.effort, stream=page.stream, sent=page.sent, asked=asked, show=_show(asked),
        customer_id=page.card.id, values=values or page.card, errors=errors or {},
        reasons=reason_choices(runtime.pages, session.actor.locale),
    )  # fmt: skip


def _show(asked: Asked) -> str:
    return next((name for name, types in GROUPS.items() if types == asked.types), "")


def _draw(runtime: Runtime, session: Session, template: str, **context: Any) -> str:
    return runtime.pages.render(
        template, session.actor.locale, **frame(session), section="customers", **context
    )

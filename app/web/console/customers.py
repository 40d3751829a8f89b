"""Customers: finding them, what is known of them, putting it right."""

from typing import Any

from fastapi import APIRouter, Form, Query
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection

from app.actions.customer import EDITABLE, edit_customer
from app.db import Invalid, Tx
from app.queries.aliases import master_of
from app.queries.customer_card import CustomerCard, customer_card
from app.queries.customer_links import Links, links_of
from app.queries.customers import customer_page, require_customer
from app.runtime import Runtime
from app.security.permissions import Actor
from app.security.sessions import Session
from app.web.console.facts import router as facts
from app.web.console.refusals import ConsoleRoute, errors_of
from app.web.request import Run, SignedIn, frame, html
from channels.identity import normalise

router = APIRouter(route_class=ConsoleRoute)
router.include_router(facts)


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
    page = await runtime.db.query(customer_page, session.actor, q, position)
    return html(_draw(runtime, session, "console/customers.html", page=page, q=q))


@router.get("/customers/{customer_id}")
async def customer(runtime: Run, session: SignedIn, customer_id: int) -> Response:
    """Everything about one customer; an id that was merged away leads to who stayed."""
    master = await runtime.db.query(master_of, customer_id)
    card, links = await runtime.db.query(_read, session.actor, master)
    if master != customer_id:
        return RedirectResponse(f"/customers/{master}", 301)
    page = _draw(
        runtime, session, "console/customer.html", card=card, links=links, values=card, errors={}
    )
    return html(page)


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
        card, links = await runtime.db.query(_read, session.actor, customer_id)
        errors = errors_of(runtime, session.actor.locale, error)
        page = _draw(
            runtime,
            session,
            "console/customer.html",
            card=card,
            links=links,
            values=values,
            errors=errors,
        )
        return html(page, 422)
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


def _read(conn: Connection, actor: Actor, customer_id: int) -> tuple[CustomerCard, Links]:
    return customer_card(conn, actor, customer_id), links_of(conn, actor, customer_id)


def _draw(runtime: Runtime, session: Session, template: str, **context: Any) -> str:
    return runtime.pages.render(
        template, session.actor.locale, **frame(session), section="customers", **context
    )

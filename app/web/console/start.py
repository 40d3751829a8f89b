"""Writing to a customer first."""

from typing import Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from sqlalchemy import Connection

from app import clock
from app.actions.customer import find_or_create_customer
from app.actions.send_message import Reply
from app.actions.start_conversation import start_conversation
from app.db import Conflict, Invalid, Tx
from app.queries.choices import email_inboxes
from app.queries.consent_texts import mail_purposes
from app.queries.customers import customer_email
from app.queries.inbox import View
from app.runtime import Runtime
from app.security.permissions import Actor
from app.security.sessions import Session
from app.web.console.compose import ASKS, planned, undo_ms
from app.web.console.macros import unfilled
from app.web.console.refusals import ConsoleRoute, errors_of, words_of
from app.web.console.view import query_of
from app.web.request import Run, SignedIn, frame, html
from channels.identity import normalise
from channels.values import Identity

router = APIRouter(route_class=ConsoleRoute)


@router.get("/inbox/new")
async def form(
    request: Request, runtime: Run, session: SignedIn, customer: int | None = None
) -> Response:
    """The form; `customer` fills in whom to write to."""
    empty = dict.fromkeys(("to", "name", "subject", "text", "inbox", "send_at", "purpose"), "")
    values = empty | {"key": clock.new_id()}
    if customer is not None:
        values["to"], values["name"] = await runtime.db.query(
            customer_email, session.actor, customer
        )
    return html(await _draw(runtime, session, values, {}))


@router.post("/inbox/new")
async def send(
    runtime: Run,
    session: SignedIn,
    key: str = Form(min_length=8, max_length=64),
    inbox: str = Form(""),
    to: str = Form("", max_length=254),
    name: str = Form("", max_length=200),
    subject: str = Form("", max_length=500),
    text: str = Form("", max_length=100_000),
    send_at: str = Form("", max_length=40),
    purpose: str = Form("", max_length=40),
    again: bool = Form(False),
    beyond: str = Form("", max_length=300),
) -> Response:
    """Send it; the conversation is the writer's. Where it is asked first (they had it already, or
    enough this week), the form comes back with the question."""
    values = {
        "to": to, "name": name, "subject": subject, "text": text, "inbox": inbox, "key": key,
        "send_at": send_at, "purpose": purpose,
    }  # fmt: skip
    try:
        when = {
            "undo_ms": undo_ms(session), "send_at": planned(session, send_at),
            "purpose": purpose, "again": again, "beyond": beyond,
        }  # fmt: skip
        conversation_id = await runtime.db.write(_start, session.actor, values, when)
    except Invalid as error:
        errors = errors_of(runtime, session.actor.locale, error)
        return html(await _draw(runtime, session, values, errors), 422)
    except Conflict as error:
        if error.code not in (*ASKS, "no_consent"):
            raise
        errors = {"purpose": words_of(runtime, session.actor.locale, error)}
        asks = error if error.code in ASKS else None
        page = await _draw(runtime, session, values, {} if asks else errors, asks, again=again)
        return html(page, 409)
    where = f"/inbox/{conversation_id}{query_of(View())}"
    return Response(status_code=204, headers={"HX-Redirect": where})


def _start(tx: Tx, actor: Actor, values: dict[str, str], when: dict[str, Any]) -> int:
    email = normalise("email", values["to"])
    errors = {} if email else {"customer": "unknown"}
    if not values["subject"].strip():
        errors["subject"] = "empty"
    if not values["text"].strip():
        errors["text"] = "empty"
    elif unfilled(values["text"]):
        errors["text"] = "placeholder"
    if not values["inbox"].isdecimal():
        errors["inbox"] = "unknown"
    if errors or email is None:
        raise Invalid(**errors)
    customer_id = find_or_create_customer(tx, [Identity("email", email)], values["name"].strip())
    reply = Reply(values["text"], values["key"], **when)
    return start_conversation(
        tx, actor, int(values["inbox"]), customer_id, values["subject"], reply
    )


async def _draw(
    runtime: Runtime,
    session: Session,
    values: dict[str, str],
    errors: dict[str, str],
    asks: Conflict | None = None,
    *,
    again: bool = False,
) -> str:
    def read(conn: Connection, actor: Actor) -> Any:
        return email_inboxes(conn, actor), mail_purposes(conn)

    choices, purposes = await runtime.db.query(read, session.actor)
    return runtime.pages.render(
        "console/new.html",
        session.actor.locale,
        **frame(session),
        section="inbox",
        inboxes=choices,
        purposes=purposes,
        asks=asks,
        again=again or bool(asks and asks.code == "sent_before"),
        values=values,
        errors=errors,
    )

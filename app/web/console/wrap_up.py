"""The work after a contact, as its agent does it: outcome, note, a minute more, finished."""

from typing import Any

from fastapi import APIRouter, Form
from fastapi.responses import Response
from sqlalchemy import Connection

from app.actions.wrap_up import extend_wrap_up, finish_wrap_up, set_outcome
from app.db import Invalid, NotFound
from app.pages import N_
from app.queries.thread import thread_head
from app.queries.wrap_ups import wrap_up_of
from app.security.permissions import Actor
from app.web.console.answers import told
from app.web.console.draw import draw
from app.web.console.refusals import ConsoleRoute
from app.web.request import Run, SignedIn, Who, html

router = APIRouter(route_class=ConsoleRoute)
NOTHING = Response(status_code=204)


@router.post("/contacts/{contact_id}/outcome")
async def outcome(
    runtime: Run,
    actor: Who,
    contact_id: int,
    disposition: str = Form("", max_length=20),
    note: str | None = Form(None, max_length=2_000),
) -> Response:
    """Keep what was chosen and written so far."""
    await runtime.db.write(set_outcome, actor, contact_id, chosen(disposition), note)
    return NOTHING


@router.post("/contacts/{contact_id}/finish")
async def finish(
    runtime: Run,
    actor: Who,
    contact_id: int,
    disposition: str = Form("", max_length=20),
    note: str | None = Form(None, max_length=2_000),
) -> Response:
    """Finished: the capacity is free."""
    await runtime.db.write(finish_wrap_up, actor, contact_id, chosen(disposition), note)
    words = runtime.pages.translate(actor.locale, N_("Finished"))
    return told(toast={"text": words, "kind": "success"})


@router.post("/contacts/{contact_id}/extend")
async def extend(runtime: Run, actor: Who, contact_id: int) -> Response:
    """A minute more."""
    await runtime.db.write(extend_wrap_up, actor, contact_id)
    return NOTHING


@router.get("/inbox/{conversation_id}/outcome")
async def outcome_form(runtime: Run, session: SignedIn, conversation_id: int) -> Response:
    """What became of it, asked before it is done: where no wrap-up follows."""

    def read(conn: Connection, actor: Actor) -> dict[str, Any]:
        head = thread_head(conn, actor, conversation_id)
        wrap_up = wrap_up_of(conn, actor, conversation_id, always=True)
        if wrap_up is None:
            raise NotFound
        return {"head": head, "wrap_up": wrap_up}

    found = await runtime.db.query(read, session.actor)
    return html(draw(runtime, session, "console/_outcome.html", **found))


def chosen(disposition: str) -> int | None:
    """The id of the disposition that a form sends; empty: none."""
    if not disposition:
        return None
    if not disposition.isdecimal():
        raise Invalid(disposition="unknown")
    return int(disposition)

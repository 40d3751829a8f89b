"""What can be done with one message: see all of it, send it again, give it up, pass it on."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form
from fastapi.responses import Response

from app import clock
from app.actions.retry_message import discard_message, retry_message
from app.actions.start_conversation import forward_message
from app.actions.take_back import materials_in, send_now, take_back
from app.db import Conflict, Invalid
from app.pages import N_, toast
from app.queries.message_source import message_source
from app.queries.thread import message_items
from app.runtime import Runtime
from app.security.sessions import Session
from app.web.console.answers import trigger
from app.web.console.compose import addresses, planned, undo_ms
from app.web.console.draw import draw, draw_item
from app.web.console.refusals import ConsoleRoute, errors_of
from app.web.request import Run, SignedIn, html

router = APIRouter(route_class=ConsoleRoute)
LONGEST_IN_ADDRESS = 4_000  # characters of a forward's words that its address brings back


@router.get("/messages/{message_id}/full")
async def full_text(runtime: Run, session: SignedIn, message_id: int) -> Response:
    """All of a message, with quotes and signature."""
    source = await runtime.db.query(message_source, session.actor, message_id)
    return html(draw(runtime, session, "console/_full_text.html", source=source))


@router.post("/messages/{message_id}/retry")
async def retry(runtime: Run, session: SignedIn, message_id: int) -> Response:
    """Send a failed message again."""
    await runtime.db.write(retry_message, session.actor, message_id)
    return await _again(runtime, session, message_id)


@router.post("/messages/{message_id}/discard")
async def discard(runtime: Run, session: SignedIn, message_id: int) -> Response:
    """Give a failed message up; its text goes back into the composer."""
    text = await runtime.db.write(discard_message, session.actor, message_id)
    response = await _again(runtime, session, message_id)
    response.headers["HX-Trigger"] = trigger(composer__restore={"text": text})
    return response


@router.post("/messages/{message_id}/take-back")
async def take_it_back(runtime: Run, session: SignedIn, message_id: int) -> dict[str, Any]:
    """A reply that has not left yet goes back into the composer, a forward into its form."""
    back = await runtime.db.write(take_back, session.actor, message_id)
    if "forward_of" in back.details:
        asked = {"to": ", ".join(back.details["to"]), "text": back.text[:LONGEST_IN_ADDRESS]}
        form = f"/messages/{back.details['forward_of']}/forward?{urlencode(asked)}"
        return {"id": message_id, "conversation": back.conversation_id, "form": form}
    return {
        "id": message_id,
        "conversation": back.conversation_id,
        "text": back.text,
        "files": [{"key": key, "name": name, "size": size} for key, name, size in back.files],
        "to": ", ".join(back.details.get("also_to", ())),
        "cc": ", ".join(back.details.get("cc", ())),
        "bcc": ", ".join(back.details.get("bcc", ())),
        "materials": list(materials_in(back.details)),
        "again": bool(back.details.get("again")),
    }


@router.post("/messages/{message_id}/send-now")
async def send_it_now(
    runtime: Run, session: SignedIn, message_id: int, again: bool = Form(False)
) -> Response:
    """A planned reply leaves without waiting any longer; what they were sent meanwhile is asked
    about in its place."""
    try:
        await runtime.db.write(send_now, session.actor, message_id, again=again)
    except Conflict as error:
        if error.code != "sent_before":
            raise
        items = await runtime.db.query(message_items, [message_id])
        asked = replace(items[message_id], state_reason=error.code)
        return html(draw_item(runtime, session, asked))
    return await _again(runtime, session, message_id)


@router.get("/messages/{message_id}/forward")
async def forward_form(
    runtime: Run, session: SignedIn, message_id: int, to: str = "", text: str = ""
) -> Response:
    """The form to pass a message on; `to` and `text` are those of one that was taken back."""
    source = await runtime.db.query(message_source, session.actor, message_id)
    return html(
        draw(
            runtime, session, "console/_forward.html",
            source=source, key=clock.new_id(), to=to, text=text, errors={},
        )
    )  # fmt: skip


@router.post("/messages/{message_id}/forward")
async def forward(
    runtime: Run,
    session: SignedIn,
    message_id: int,
    key: str = Form(min_length=8, max_length=64),
    to: str = Form(""),
    text: str = Form("", max_length=100_000),
    send_at: str = Form("", max_length=40),
) -> Response:
    """Pass a message and its files on by mail, at once or when it is planned."""
    try:
        await runtime.db.write(
            forward_message, session.actor, message_id, addresses(to, "to"), text, key,
            undo_ms=undo_ms(session), send_at=planned(session, send_at),
        )  # fmt: skip
    except Invalid as error:
        source = await runtime.db.query(message_source, session.actor, message_id)
        errors = errors_of(runtime, session.actor.locale, error)
        page = draw(
            runtime, session, "console/_forward.html",
            source=source, key=key, to=to, text=text, errors=errors,
        )  # fmt: skip
        return html(page, 422)
    words = runtime.pages.translate(session.actor.locale, N_("Forwarded"))
    return Response(status_code=204, headers=toast(words, "success"))


async def _again(runtime: Runtime, session: Session, message_id: int) -> Response:
    """The message as it stands now."""
    items = await runtime.db.query(message_items, [message_id])
    return html(draw_item(runtime, session, items[message_id]))

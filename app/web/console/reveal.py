"""Hidden numbers, shown to whoever may see them and says why: for their page, not for the screens
of others, which the live side draws once for all."""

from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.actions.reveal import reveal_customer, reveal_message
from app.db import Invalid, NotFound
from app.queries.hidden_words import hidden_words
from app.queries.message_source import MessageSource, message_source
from app.queries.thread import MessageItem, message_items
from app.runtime import Runtime
from app.security.sessions import Session
from app.web.access_words import reason_choices
from app.web.console.draw import draw
from app.web.console.refusals import ConsoleRoute, errors_of
from app.web.request import Run, SignedIn, client_ip, frame, html
from knowledge.sensitive import find_numbers

router = APIRouter(route_class=ConsoleRoute)


@router.get("/messages/{message_id}/reveal")
async def ask(runtime: Run, session: SignedIn, message_id: int) -> Response:
    """Why, please."""
    return await _form(runtime, session, message_id)


@router.post("/messages/{message_id}/reveal")
async def reveal(
    request: Request,
    runtime: Run,
    session: SignedIn,
    message_id: int,
    why: str = Form("", max_length=20),
) -> Response:
    """The message with its numbers, once that is written down."""
    try:
        await runtime.db.write(
            reveal_message, session.actor, message_id, why, ip=client_ip(request)
        )
    except Invalid as error:
        answer = await _form(runtime, session, message_id, error)
        answer.headers["HX-Retarget"], answer.headers["HX-Reswap"] = "#sheet", "innerHTML"
        return answer
    source = await runtime.db.query(message_source, session.actor, message_id, whole=True)
    item = (await runtime.db.query(message_items, [message_id], whole=True))[message_id]
    # Not `draw_message`: what it draws is kept for everybody.
    page = runtime.pages.render(
        "console/_message.html", session.actor.locale,
        **frame(session), item=_shown(item, source), revealed=True,
    )  # fmt: skip
    return html(page)


@router.post("/customers/{customer_id}/reveal")
async def reveal_of_customer(
    request: Request,
    runtime: Run,
    session: SignedIn,
    customer_id: int,
    why: str = Form("", max_length=20),
) -> Response:
    """What is written of a customer and has numbers in it."""
    try:
        await runtime.db.write(
            reveal_customer, session.actor, customer_id, why, ip=client_ip(request)
        )
    except Invalid as error:
        page = draw(
            runtime, session, "console/_reveal_customer.html",
            customer_id=customer_id, **_asked(runtime, session, error),
        )  # fmt: skip
        return html(page, 422)
    found = await runtime.db.query(hidden_words, session.actor, customer_id)
    page = runtime.pages.render(
        "console/_revealed.html", session.actor.locale, **frame(session), words=found
    )
    return html(page)


def _shown(item: MessageItem, source: MessageSource) -> MessageItem:
    """What has more numbers in its quotes and signature is shown with these."""
    in_full = len(find_numbers(source.full_text)) > len(find_numbers(source.text))
    return replace(item, text=source.full_text) if in_full else item


async def _form(
    runtime: Runtime, session: Session, message_id: int, error: Invalid | None = None
) -> Response:
    if not session.actor.reveals:
        raise NotFound
    await runtime.db.query(message_source, session.actor, message_id)
    item = (await runtime.db.query(message_items, [message_id]))[message_id]
    page = draw(
        runtime, session, "console/_reveal.html", at=f"/messages/{message_id}/reveal",
        target=f"#msg-{item.key}", **_asked(runtime, session, error),
    )  # fmt: skip
    return html(page, 422 if error else 200)


def _asked(runtime: Runtime, session: Session, error: Invalid | None) -> dict[str, Any]:
    """What the question for a reason needs."""
    errors = errors_of(runtime, session.actor.locale, error) if error else {}
    return {"reasons": reason_choices(runtime.pages, session.actor.locale), "errors": errors}

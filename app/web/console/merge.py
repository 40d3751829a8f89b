"""Bringing together what belongs together and taking apart what does not: merge, split, move."""

from typing import Any

from fastapi import APIRouter, Form
from fastapi.responses import Response
from sqlalchemy import Connection

from app.actions.merge import merge, undo_merge
from app.actions.move import move_message
from app.actions.split import split
from app.db import Invalid
from app.pages import N_
from app.queries.customer_card import customer_card
from app.queries.message_source import message_source
from app.queries.thread import thread_head
from app.runtime import Runtime
from app.security.permissions import Actor
from app.web.console.answers import told
from app.web.console.draw import draw
from app.web.console.refusals import ConsoleRoute
from app.web.request import Run, SignedIn, Who, html

router = APIRouter(route_class=ConsoleRoute)


@router.get("/inbox/{conversation_id}/merge")
async def merge_form(runtime: Run, session: SignedIn, conversation_id: int) -> Response:
    """Into which conversation: the customer's others, or any by its number."""

    def read(conn: Connection, actor: Actor) -> dict[str, Any]:
        head = thread_head(conn, actor, conversation_id)
        card = customer_card(conn, actor, head.customer_id, conversation_id)
        return {"head": head, "others": card.earlier}

    found = await runtime.db.query(read, session.actor)
    return html(draw(runtime, session, "console/_merge.html", message=None, **found))


@router.post("/inbox/{conversation_id}/merge")
async def merge_into(
    runtime: Run,
    actor: Who,
    conversation_id: int,
    into: str = Form("", max_length=20),
    number: str = Form("", max_length=20),
    of_others: bool = Form(False),
) -> Response:
    """Merge this conversation into another, and go there."""
    into_id = number_of(number or into)
    await runtime.db.write(merge, actor, conversation_id, into_id, of_others=of_others)
    words = N_("Merged into #%(number)s")
    return _gone_to(runtime, actor, words, into_id, undo=f"/inbox/{conversation_id}/unmerge")


@router.post("/inbox/{conversation_id}/unmerge")
async def unmerge(runtime: Run, actor: Who, conversation_id: int) -> Response:
    """Undo a merge of the last ten minutes, and go back to what was merged away."""
    await runtime.db.write(undo_merge, actor, conversation_id)
    return _gone_to(runtime, actor, N_("#%(number)s stands by itself again"), conversation_id)


@router.post("/messages/{message_id}/split")
async def split_off(runtime: Run, actor: Who, message_id: int) -> Response:
    """This message and what came after it begin a conversation of their own."""
    new_id = await runtime.db.write(split, actor, message_id)
    return _gone_to(runtime, actor, N_("Split off as #%(number)s"), new_id)


@router.get("/messages/{message_id}/move")
async def move_form(runtime: Run, session: SignedIn, message_id: int) -> Response:
    """Into which conversation a message goes."""

    def read(conn: Connection, actor: Actor) -> dict[str, Any]:
        source = message_source(conn, actor, message_id)
        head = thread_head(conn, actor, source.conversation_id)
        card = customer_card(conn, actor, head.customer_id, head.id)
        return {"head": head, "others": card.earlier, "message": source}

    found = await runtime.db.query(read, session.actor)
    return html(draw(runtime, session, "console/_merge.html", **found))


@router.post("/messages/{message_id}/move")
async def move_it(
    runtime: Run,
    actor: Who,
    message_id: int,
    into: str = Form("", max_length=20),
    number: str = Form("", max_length=20),
) -> Response:
    """Move one message into another conversation, and go there."""
    into_id = number_of(number or into)
    await runtime.db.write(move_message, actor, message_id, into_id)
    return _gone_to(runtime, actor, N_("Moved to #%(number)s"), into_id)


def number_of(text: str) -> int:
    """The conversation that somebody typed: "1042" or "#1042"."""
    digits = text.strip().removeprefix("#").strip()
    if not digits.isdecimal() or len(digits) > 15:
        raise Invalid(conversation="unknown")
    return int(digits)


def _gone_to(
    runtime: Runtime, actor: Actor, words: str, conversation_id: int, undo: str = ""
) -> Response:
    """Say what was done; the page opens the conversation where it goes on."""
    text = runtime.pages.translate(actor.locale, words, number=conversation_id)
    notice = {"text": text, "kind": "success"} | ({"undo": undo} if undo else {})
    return told(toast=notice, conversation__goes_on={"id": conversation_id})

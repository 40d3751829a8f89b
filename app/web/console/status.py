"""What becomes of a conversation: done, snoozed, spam, somebody else's; its tags and subject."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form
from fastapi.responses import Response
from sqlalchemy import Connection

from app import clock
from app.actions.desk import set_subject, set_tags
from app.actions.send_message import Reply
from app.actions.set_status import mark_spam, reopen, resolve, snooze
from app.actions.transfer import assign, claim, transfer_to_agent, transfer_to_queue, unassign
from app.db import Conflict, Invalid
from app.pages import N_
from app.queries.choices import colleague_choices, common_tags, queue_choices
from app.queries.thread import thread_head
from app.runtime import Runtime
from app.security.permissions import Actor
from app.web.console.answers import told, trigger
from app.web.console.draw import draw
from app.web.console.refusals import ConsoleRoute
from app.web.console.wrap_up import chosen
from app.web.request import Run, SignedIn, Who, html

router = APIRouter(route_class=ConsoleRoute, prefix="/inbox/{conversation_id}")
SOON_H = 3
MORNING = 9


@router.post("/done")
async def done(
    runtime: Run,
    actor: Who,
    conversation_id: int,
    disposition: str = Form("", max_length=20),
    note: str | None = Form(None, max_length=2_000),
) -> Response:
    """Done: until the customer writes again. Where the queue wants to know what became of it, and
    no wrap-up follows, that is asked first."""
    try:
        await runtime.db.write(resolve, actor, conversation_id, chosen(disposition), note)
    except Conflict as error:
        if error.code != "disposition_needed":
            raise
        return told(sheet__open={"url": f"/inbox/{conversation_id}/outcome"})
    return _left(runtime, actor, conversation_id, N_("Done"), undo="reopen")


@router.post("/reopen")
async def open_again(runtime: Run, actor: Who, conversation_id: int) -> Response:
    """Open again, as work."""
    await runtime.db.write(reopen, actor, conversation_id)
    return Response(status_code=204)


@router.post("/snooze")
async def put_off(
    runtime: Run, actor: Who, conversation_id: int, until: str = Form("", max_length=40)
) -> Response:
    """Out of sight until later: "soon", "tomorrow", "monday", or a local date and time."""
    at = moment_of(until, clock.now(), actor.time_zone)
    await runtime.db.write(snooze, actor, conversation_id, at)
    return _left(runtime, actor, conversation_id, N_("Snoozed"), undo="reopen")


@router.post("/spam")
async def spam(
    runtime: Run, actor: Who, conversation_id: int, block: bool = Form(False)
) -> Response:
    """Spam; `block` keeps what this customer sends next out as well."""
    await runtime.db.write(mark_spam, actor, conversation_id, block=block)
    return _left(runtime, actor, conversation_id, N_("Marked as spam"), undo="reopen")


@router.post("/claim")
async def take(runtime: Run, actor: Who, conversation_id: int) -> Response:
    """Take it by hand."""
    await runtime.db.write(claim, actor, conversation_id)
    return _said(runtime, actor, conversation_id, N_("It is yours now"), undo="release")


@router.post("/release")
async def release(runtime: Run, actor: Who, conversation_id: int) -> Response:
    """Put it back into its queue, with its age."""
    await runtime.db.write(unassign, actor, conversation_id)
    return _said(runtime, actor, conversation_id, N_("Back in its queue"))


@router.get("/transfer")
async def transfer_form(runtime: Run, session: SignedIn, conversation_id: int) -> Response:
    """To whom it can go."""

    def read(conn: Connection, actor: Actor) -> dict[str, Any]:
        head = thread_head(conn, actor, conversation_id)
        return {
            "head": head,
            "queues": queue_choices(conn, actor, head.brand_id),
            "colleagues": colleague_choices(conn, actor, head.brand_id),
        }

    found = await runtime.db.query(read, session.actor)
    return html(draw(runtime, session, "console/_transfer.html", **found))


@router.post("/transfer")
async def transfer(
    runtime: Run,
    actor: Who,
    conversation_id: int,
    to: str = Form("", max_length=40),
    note: str = Form("", max_length=100_000),
    force: bool = Form(False),
) -> Response:
    """To a queue ("queue-3") or a colleague ("agent-7"), with a note if you like."""
    kind, _, number = to.partition("-")
    if not number.isdecimal() or kind not in ("queue", "agent"):
        raise Invalid(queue="unknown")
    said = Reply(note, clock.new_id(), kind="note") if note.strip() else None
    absent = ""
    if kind == "queue":
        await runtime.db.write(transfer_to_queue, actor, conversation_id, int(number), said)
    elif force:
        await runtime.db.write(assign, actor, conversation_id, int(number))
    else:
        absent = await runtime.db.write(
            transfer_to_agent, actor, conversation_id, int(number), said
        )
    if absent:
        words = N_("Transferred. %(who)s is not available: the others of its queue are asked.")
        return _left(runtime, actor, conversation_id, words, who=absent)
    return _left(runtime, actor, conversation_id, N_("Transferred"))


@router.get("/tags")
async def tags_form(runtime: Run, session: SignedIn, conversation_id: int) -> Response:
    """The tags it has, and those in use."""

    def read(conn: Connection, actor: Actor) -> dict[str, Any]:
        return {
            "head": thread_head(conn, actor, conversation_id),
            "known": common_tags(conn),
        }

    found = await runtime.db.query(read, session.actor)
    return html(draw(runtime, session, "console/_tags.html", **found))


@router.post("/tags")
async def tag(
    runtime: Run,
    actor: Who,
    conversation_id: int,
    tags: str = Form("", max_length=2_000),
) -> Response:
    """Its tags are these from now on, separated by commas."""
    await runtime.db.write(set_tags, actor, conversation_id, tags.replace("，", ",").split(","))
    return Response(status_code=204)


@router.post("/subject")
async def subject(
    runtime: Run, actor: Who, conversation_id: int, subject: str = Form("", max_length=500)
) -> Response:
    """Give it another subject."""
    await runtime.db.write(set_subject, actor, conversation_id, subject)
    return Response(status_code=204)


def after_macro(runtime: Runtime, actor: Actor, conversation_id: int, left: str) -> str:
    """What the page is told when a macro took the conversation out of the agent's hands: done,
    snooze or queue; "outcome" asks first what became of it."""
    if left == "outcome":
        return trigger(sheet__open={"url": f"/inbox/{conversation_id}/outcome"})
    words = {"done": N_("Done"), "snooze": N_("Snoozed")}.get(left, N_("Transferred"))
    notice = {"text": runtime.pages.translate(actor.locale, words), "kind": "success"}
    if left != "queue":
        notice["undo"] = f"/inbox/{conversation_id}/reopen"
    return trigger(toast=notice, conversation__left={"id": conversation_id})


def moment_of(text: str, now: int, time_zone: str) -> int:
    """The moment (ms) that a choice of "snooze until" means in somebody's time zone."""
    here = datetime.fromtimestamp(now / 1000, ZoneInfo(time_zone or "UTC"))
    if text == "soon":
        return now + SOON_H * 3_600_000
    morning = here.replace(hour=MORNING, minute=0, second=0, microsecond=0)
    if text == "tomorrow":
        return _ms(morning + timedelta(days=1))
    if text == "monday":
        return _ms(morning + timedelta(days=7 - here.weekday()))
    try:
        return _ms(datetime.fromisoformat(text).replace(tzinfo=here.tzinfo))
    except ValueError:
        raise Invalid(until="unknown") from None


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _left(
    runtime: Runtime, actor: Actor, conversation_id: int, words: str, undo: str = "", **values: str
) -> Response:
    """It has left the agent's hands: the list drops it and goes on to the next."""
    return _said(runtime, actor, conversation_id, words, undo=undo, left=True, **values)


def _said(
    runtime: Runtime,
    actor: Actor,
    conversation_id: int,
    words: str,
    *,
    undo: str = "",
    left: bool = False,
    **values: str,
) -> Response:
    text = runtime.pages.translate(actor.locale, words, **values)
    notice = {"text": text, "kind": "success"}
    if undo:
        notice["undo"] = f"/inbox/{conversation_id}/{undo}"
    if left:
        return told(toast=notice, conversation__left={"id": conversation_id})
    return told(toast=notice)

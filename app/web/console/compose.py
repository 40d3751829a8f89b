"""Writing: sending replies and notes, keeping drafts, marking what was read, offering macros."""

import re
from typing import Any

from fastapi import APIRouter, Form
from fastapi.responses import Response
from sqlalchemy import Connection

from app import clock
from app.actions.account import PREFERENCES
from app.actions.desk import mark_read, save_draft
from app.actions.send_message import MAX_TEXT, Reply, send_message
from app.actions.send_with_macro import send_with_macro
from app.db import Conflict, Invalid
from app.pages import N_
from app.queries.choices import macro_choices
from app.queries.mail_addresses import bad_addresses
from app.queries.portal_door import pages_path
from app.queries.thread import message_items, missed_messages, thread_head
from app.runtime import Runtime
from app.security.permissions import Actor
from app.security.sessions import Session
from app.web.console.draw import draw, draw_item
from app.web.console.macros import filled, unfilled, values_of
from app.web.console.refusals import ConsoleRoute
from app.web.console.status import after_macro, moment_of
from app.web.errors import problem
from app.web.request import Run, SignedIn, Who, html
from channels.email.markup import content_id, formatted, pictures_in
from channels.identity import normalise

router = APIRouter(route_class=ConsoleRoute)
NOTHING = Response(status_code=204)
SHOWN_MACROS = 8
ASKS = ("sent_before", "enough_sent")  # refusals that can be answered


@router.post("/inbox/{conversation_id}/messages")
async def send(
    runtime: Run,
    session: SignedIn,
    conversation_id: int,
    key: str = Form(max_length=64),
    text: str = Form(""),
    kind: str = Form("outbound"),
    seen_seq: int | None = Form(None),
    files: str = Form(""),
    to: str = Form(""),
    cc: str = Form(""),
    bcc: str = Form(""),
    send_at: str = Form("", max_length=40),
    force: bool = Form(False),
    keeps: str = Form("", max_length=400),
    macro: int | None = Form(None),
    materials: str = Form("", max_length=4_000),
    again: bool = Form(False),
    beyond: str = Form("", max_length=300),
) -> Response:
    """Send a reply or a note, at once or when it is planned (written like "snooze until"), and do
    what the `macro` does that it was begun with.

    Answers with the message as it stands in the thread. Who has not seen the latest messages gets
    them (409), and may send anyway; so does who sends what the customer had already (`again`), or
    more than they should get in a week (`beyond`: why)."""
    if kind != "note" and (names := unfilled(text)):
        words = N_("%(name)s has no value here. Write what belongs there, or take it out.")
        detail = runtime.pages.translate(session.actor.locale, words, name=names[0])
        return problem(422, "A placeholder is still empty.", detail=detail, placeholders=names)
    reply = Reply(
        text=text,
        key=key,
        kind="note" if kind == "note" else "outbound",
        seen_seq=seen_seq,
        uploads=[name for name in files.split(",") if name],
        also_to=addresses(to, "to"),
        cc=addresses(cc, "cc"),
        bcc=addresses(bcc, "bcc"),
        force=force,
        undo_ms=undo_ms(session),
        send_at=planned(session, send_at),
        keeps=[int(part) for part in keeps.split(",") if part.isdecimal()],
        materials=[name for name in materials.split(",") if name],
        again=again,
        beyond=beyond,
    )
    left = ""
    try:
        if macro is None:
            sent = await runtime.db.write(send_message, session.actor, conversation_id, reply)
        else:
            done = await runtime.db.write(
                send_with_macro, session.actor, conversation_id, reply, macro
            )
            sent, left = done.sent, done.left
    except Conflict as error:
        if error.code == "stale":
            return await _stale(runtime, session, conversation_id, error)
        if error.code in ASKS:
            asked = draw(runtime, session, "console/_ask_before.html", asks=error)
            return html(asked, 409)
        raise
    items = await runtime.db.query(message_items, [sent.message_id])
    answer = html(draw_item(runtime, session, items[sent.message_id]))
    if left:
        answer.headers["HX-Trigger"] = after_macro(runtime, session.actor, conversation_id, left)
    return answer


def undo_ms(session: Session) -> int:
    """For how long this agent's mails can be taken back."""
    return int(session.preferences.get("undo_send", PREFERENCES["undo_send"][0])) * 1000


def planned(session: Session, typed: str) -> int | None:
    """The moment (ms) that was typed in the agent's time zone; None for at once."""
    return moment_of(typed, clock.now(), session.actor.time_zone) if typed else None


@router.post("/inbox/{conversation_id}/preview")
async def preview(runtime: Run, actor: Who, conversation_id: int, text: str = Form("")) -> Response:
    """How the text of a mail will be read."""
    await runtime.db.query(thread_head, actor, conversation_id)
    shown = formatted(text[:MAX_TEXT])
    for key in pictures_in(text):
        shown = shown.replace(f'src="cid:{content_id(key)}"', f'src="/files/{key}"')
    return html(shown)


@router.post("/inbox/{conversation_id}/draft")
async def draft(
    runtime: Run,
    actor: Who,
    conversation_id: int,
    text: str = Form(""),
    kind: str = Form("outbound"),
    to: str | None = Form(None),
    cc: str | None = Form(None),
    bcc: str | None = Form(None),
    files: str | None = Form(None),
    materials: str | None = Form(None, max_length=4_000),
    again: bool = Form(False),
) -> Response:
    """Keep what is typed, whom it goes to and what is in it; nothing of it removes the draft."""
    said = {"to": to, "cc": cc, "bcc": bcc}
    kept = {name: typed for name, typed in said.items() if typed is not None}
    keys = None if files is None else [key for key in files.split(",") if key]
    held = None if materials is None else [name for name in materials.split(",") if name]
    await runtime.db.write(
        save_draft, actor, conversation_id, kind, text, addresses=kept or None, files=keys,
        materials=None if held is None else dict.fromkeys(held, again),
    )  # fmt: skip
    return NOTHING


@router.get("/inbox/{conversation_id}/address-warnings")
async def address_warnings(
    runtime: Run, session: SignedIn, conversation_id: int, emails: str = ""
) -> Response:
    """A word about each of the typed addresses that bounced or complained."""
    await runtime.db.query(thread_head, session.actor, conversation_id)
    asked = [part for part in re.split(r"[,;\s]+", emails) if part][:50]
    found = await runtime.db.query(bad_addresses, asked)
    return html(draw(runtime, session, "console/_address_warnings.html", found=found))


@router.post("/inbox/{conversation_id}/read")
async def read(runtime: Run, actor: Who, conversation_id: int, seq: int = Form(ge=0)) -> Response:
    """The agent has had this on the screen."""
    await runtime.db.query(thread_head, actor, conversation_id)
    await runtime.db.write(mark_read, actor, conversation_id, seq)
    return NOTHING


@router.get("/inbox/{conversation_id}/macros")
async def macros(runtime: Run, session: SignedIn, conversation_id: int, q: str = "") -> Response:
    """Macros that match what was typed after the slash, their placeholders filled."""
    base_url = runtime.settings.base_url
    found = await runtime.db.query(_macros, session.actor, conversation_id, q, base_url)
    return html(draw(runtime, session, "console/_macros.html", macros=found))


def _macros(
    conn: Connection, actor: Actor, conversation_id: int, q: str, base_url: str
) -> list[dict[str, Any]]:
    head = thread_head(conn, actor, conversation_id)
    values = values_of(head, actor)
    if pages := pages_path(conn, head.brand_id):
        values["brand.pages"] = f"{base_url}{pages}"
    words = q.casefold().split()
    found: list[tuple[tuple[bool, bool], dict[str, Any]]] = []
    for macro in macro_choices(conn, head.brand_id):
        haystack = f"{macro.shortcut} {macro.name}".casefold()
        if all(word in haystack for word in words):
            text, missing = filled(macro.text, values)
            other = bool(macro.locale) and not head.language.startswith(macro.locale[:2])
            begins = bool(q) and macro.shortcut.casefold().startswith(q.casefold())
            shown = {"macro": macro, "text": text, "missing": missing}
            found.append(((not begins, other), shown))
    return [shown for _, shown in sorted(found, key=lambda one: one[0])][:SHOWN_MACROS]


def addresses(text: str, field: str) -> list[str]:
    """The email addresses in what somebody typed; Invalid where one is none."""
    parts = [part for part in re.split(r"[,;\s]+", text) if part]
    found = [normalise("email", part) for part in parts]
    if not all(found):
        raise Invalid(**{field: "not_an_address"})
    return [address for address in found if address]


async def _stale(
    runtime: Runtime, session: Session, conversation_id: int, error: Conflict
) -> Response:
    missed = await runtime.db.query(
        missed_messages, session.actor, conversation_id, error.details["missed"]
    )
    return html(draw(runtime, session, "console/_stale.html", missed=missed), 409)

"""What a visitor says and does: write, read, leave the line, end, ask for mail, start anew."""

from dataclasses import replace

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from app import clock
from app.actions.customer_mail import queue_customer_mail
from app.actions.deflect import note_outcome
from app.actions.receive_message import Received
from app.actions.visitor import (
    Said,
    answer_by_mail,
    leave_chat,
    start_over,
    visitor_saw,
    visitor_says,
)
from app.actions.visitor_callback import ask_for_call
from app.db import Conflict, Invalid, NotFound, Tx
from app.live.fragments import cursor, partial, upsert
from app.models.inbox_settings import localised
from app.pages import N_
from app.queries.visitor import welcome
from app.queries.visitor_thread import (
    VisitorMessage,
    VisitorState,
    thread,
    visitor_messages,
    visitor_states,
)
from app.runtime import Runtime
from app.web.late_route import LateRoute
from app.web.request import Run, client_ip, html
from app.web.widget.acknowledge import acknowledge
from app.web.widget.announce import remember_announced
from app.web.widget.answers import Away, speaks_while, take_question, with_machine
from app.web.widget.door import Guest, WidgetGuest
from app.web.widget.draw import draw_message, draw_state
from app.web.widget.session import draw_panel
from channels.chat.parse import parse
from channels.identity import normalise
from channels.language import detect
from channels.values import Inbound

router = APIRouter(prefix="/widget", include_in_schema=False, route_class=LateRoute)


class Message(BaseModel):
    """What the composer sends. `key` is made once by the browser and stays through every retry."""

    key: str = Field(pattern=r"^[A-Za-z0-9-]{16,64}$")
    text: str = Field("", max_length=20_000)
    files: list[str] = Field(default_factory=list, max_length=10)
    name: str = Field("", max_length=200)
    email: str = Field("", max_length=254)
    consent: bool = False
    deflection: str = Field("", max_length=64)


class Seen(BaseModel):
    """How far the answers have come: `read` when they are on the screen."""

    seq: int = Field(ge=0)
    read: bool = False


class Address(BaseModel):
    """An email address somebody typed."""

    email: str = Field("", max_length=254)


class Number(BaseModel):
    """A phone number somebody typed."""

    tel: str = Field("", max_length=40)


@router.post("/messages")
async def send(runtime: Run, guest: WidgetGuest, message: Message) -> Response:
    """Take a message; the same key again is answered with what it became the first time."""
    state = await _state(runtime, guest)
    greeting = await runtime.db.query(welcome, guest.door, clock.now())
    begins = state is None or state.phase == "ended"
    answers = (
        not message.files
        and with_machine(guest, state)
        and await speaks_while(runtime, guest, greeting.availability)
    )
    by_mail = greeting.availability != "open" and begins and not answers
    if by_mail and not (message.email or guest.visitor.email):
        raise Conflict("away", availability=greeting.availability)
    email = _checked(guest, message, asked=state is None or by_mail, need_email=by_mail)
    away_to = (email or guest.visitor.email) if greeting.availability != "open" else ""
    told = away_to if by_mail or answers else ""
    if told and not await runtime.limits.allows_key("acknowledge", told):
        told = ""
    said = Said(
        inbound=_inbound(guest, message, by_mail=by_mail),
        key=message.key,
        uploads=message.files,
        email=email,
        name=message.name,
        fresh=by_mail,
    )
    if answers:
        away = Away(greeting.availability != "open", away_to, bool(told))
        asked = await take_question(runtime, guest, said, message.text, message.deflection, away)
        return html(await _answer(runtime, guest, asked.received))
    received = await runtime.db.write(
        _take, runtime, guest, said, message.deflection, acknowledge_to=told
    )
    return html(await _answer(runtime, guest, received))


def _take(
    tx: Tx, runtime: Runtime, guest: Guest, said: Said, deflection: str, *, acknowledge_to: str
) -> Received:
    received = visitor_says(tx, guest.visitor.id, said)
    if deflection:
        conversation_id = received.conversation_id
        note_outcome(tx, guest.door.id, deflection, "sent", conversation_id=conversation_id)
    if acknowledge_to and not received.duplicate:
        acknowledge(tx, runtime, guest, acknowledge_to, received.conversation_id)
    return received


async def _answer(runtime: Runtime, guest: Guest, received: Received) -> str:
    """The stored message, where things stand, and, for a new chat, the cursor of its socket: also
    when the first answer was lost, and the browser does not know yet which chat it is in."""
    conversation_id = received.conversation_id
    messages = await runtime.db.query(_since, received)
    states = await runtime.db.query(visitor_states, [conversation_id])
    await remember_announced(runtime, states[conversation_id])
    drawn = [upsert("#log", draw_message(runtime, message, guest.locale)) for message in messages]
    if guest.visitor.conversation_id != conversation_id or received.duplicate:
        drawn.append(partial("#cursor", cursor(conversation_id, received.seq), "innerHTML"))
    return "".join(drawn) + draw_state(runtime, states[conversation_id], guest.locale)


def _since(conn: Connection, received: Received) -> list[VisitorMessage]:
    """The message, and what the help pages said to it in the same moment."""
    known = visitor_messages(conn, [received.message_id]).values()
    later = [it for it in thread(conn, received.conversation_id) if it.seq > received.seq]
    return [*known, *(it for it in later if it.machine is not None)]


@router.post("/seen")
async def seen(runtime: Run, guest: WidgetGuest, how_far: Seen) -> Response:
    """Answers have arrived, or were read."""
    await runtime.db.write(visitor_saw, guest.visitor.id, how_far.seq, read=how_far.read)
    return Response(status_code=204)


@router.post("/leave")
async def leave(runtime: Run, guest: WidgetGuest) -> Response:
    """The visitor leaves the line or ends the chat."""
    await runtime.db.write(leave_chat, guest.visitor.id)
    return await _status(runtime, guest)


@router.post("/again")
async def again(runtime: Run, guest: WidgetGuest) -> Response:
    """A new conversation, once the last one has ended."""
    await runtime.db.write(start_over, guest.visitor.id)
    fresh = replace(guest, visitor=replace(guest.visitor, conversation_id=None))
    return html(partial("#panel", await draw_panel(runtime, fresh), "innerHTML"))


@router.post("/by-mail")
async def by_mail(runtime: Run, guest: WidgetGuest, address: Address) -> Response:
    """Rather than wait: the answer comes by mail."""
    email = _email(address.email or guest.visitor.email)
    conversation_id = guest.visitor.conversation_id or 0
    first = await runtime.db.write(answer_by_mail, guest.visitor.id, email)
    if first and await runtime.limits.allows_key("acknowledge", email):
        await runtime.db.write(acknowledge, runtime, guest, email, conversation_id)
    return await _status(runtime, guest)


@router.post("/call-back")
async def call_back(runtime: Run, guest: WidgetGuest, number: Number) -> Response:
    """Rather than wait: be called, where the queue calls back."""
    await runtime.db.write(ask_for_call, guest.visitor.id, number.tel)
    return await _status(runtime, guest)


@router.post("/transcript")
async def transcript(
    request: Request, runtime: Run, guest: WidgetGuest, address: Address
) -> Response:
    """Send what was said to the visitor's own address."""
    email = _email(address.email or guest.visitor.email)
    if guest.visitor.conversation_id is None:
        raise NotFound
    # By address too: a new browser costs nothing, and this mails anybody's words to anybody.
    await runtime.limits.take("export", client_ip(request), guest.visitor.visitor)
    messages = await runtime.db.query(thread, guest.visitor.conversation_id)
    text = runtime.pages.render(
        "widget/transcript.txt", guest.locale, messages=messages, brand=guest.door.brand_name
    )
    translate = runtime.pages.translate
    subject = translate(guest.locale, N_("Your chat with %(brand)s"), brand=guest.door.brand_name)
    await runtime.db.write(
        queue_customer_mail,
        guest.door.brand_id,
        email,
        subject,
        text,
        guest.locale,
        about=guest.visitor.conversation_id,
    )
    sent = translate(guest.locale, N_("Sent to %(email)s."), email=email)
    return html(runtime.pages.render("widget/notice.html", guest.locale, text=sent))


async def _status(runtime: Runtime, guest: Guest) -> Response:
    conversation_id = guest.visitor.conversation_id
    if conversation_id is None:
        raise NotFound
    states = await runtime.db.query(visitor_states, [conversation_id])
    return html(draw_state(runtime, states[conversation_id], guest.locale))


async def _state(runtime: Runtime, guest: Guest) -> VisitorState | None:
    conversation_id = guest.visitor.conversation_id
    if conversation_id is None:
        return None
    return (await runtime.db.query(visitor_states, [conversation_id])).get(conversation_id)


def _checked(guest: Guest, message: Message, *, asked: bool, need_email: bool) -> str:
    """What must be filled in before a conversation begins; returns the address, normalised."""
    errors: dict[str, str] = {}
    email = normalise("email", message.email) if message.email else ""
    if email is None:
        errors["email"] = "not_an_email"
    if asked:
        for field in guest.settings.pre_chat:
            known = getattr(message, field.name) or getattr(guest.visitor, field.name)
            if field.required and not known.strip():
                errors[field.name] = "required"
        if need_email and not (message.email or guest.visitor.email):
            errors["email"] = "required"
        if (
            guest.settings.consent_required
            and not message.consent
            and not guest.visitor.customer_id
        ):
            errors["consent"] = "required"
    if errors:
        raise Invalid(**errors)
    return email or ""


def _email(value: str) -> str:
    email = normalise("email", value)
    if email is None:
        raise Invalid(email="not_an_email" if value else "required")
    return email


def _inbound(guest: Guest, message: Message, *, by_mail: bool) -> Inbound:
    visitor = guest.visitor
    try:
        inbound = parse(
            message.text,
            external_id=message.key,
            visitor_id=visitor.visitor,
            name=message.name,
            page_url=visitor.page_url,
            page_title=visitor.page_title,
            language=detect(message.text) or visitor.locale.replace("_", "-"),
            has_files=bool(message.files),
        )
    except ValueError as error:
        code = "too_long" if len(message.text) > 10_000 else "empty"
        raise Invalid(text=code) from error
    fields = dict(inbound.fields)
    if message.consent:
        fields["consent"] = localised(guest.settings.consent, guest.locale) or "accepted"
    return replace(inbound, channel="form" if by_mail else "chat", fields=fields)

"""Answers of the help pages in the chat: before a person is asked, said to be automatic, and never
in the way of somebody who wants a person."""

import re
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel

from app import clock
from app.actions.answer_visitor import (
    Answer,
    Asked,
    Reaction,
    article_helped,
    ask_person,
    choose_article,
    visitor_asks,
)
from app.actions.deflect import Arm, Given, arm_of, note_answer, note_end
from app.actions.visitor import Said
from app.answering import (
    Attempt,
    article_answer,
    asks_for_person,
    attempt,
    locale_of,
    only_greets,
    reply_to_answer,
)
from app.db import NotFound, Tx
from app.live.fragments import upsert
from app.pages import N_
from app.queries.articles import has_articles
from app.queries.visitor import Availability, welcome
from app.queries.visitor_thread import VisitorState, thread, visitor_states
from app.runtime import Runtime
from app.web.late_route import LateRoute
from app.web.request import Run, html
from app.web.widget.acknowledge import on_by_mail
from app.web.widget.announce import remember_announced
from app.web.widget.door import Guest, WidgetGuest, readable_by
from app.web.widget.draw import draw_message, draw_state

router = APIRouter(prefix="/widget", include_in_schema=False, route_class=LateRoute)
_VISIT = re.compile(r"[A-Za-z0-9-]{16,64}")
CHOOSE = N_("Which of these is it about?")
HELLO = N_("Hello! What would you like to know?")
DECLINE = N_(
    "I cannot answer this from our help pages. A person takes over and can read what you wrote."
)


DECLINE_AWAY = N_(
    "I cannot answer this from our help pages, and nobody is here right now. Your message is kept"
    " for a person."
)


@dataclass(frozen=True, slots=True)
class Away:
    """Whether nobody is there to chat; then the address to answer at, if it is known, and whether a
    mail may say that the message has come in."""

    away: bool = False
    email: str = ""
    told: bool = False


class Choice(BaseModel):
    """The article that a visitor chose of two."""

    article: int


def with_machine(guest: Guest, state: VisitorState | None) -> bool:
    """Whether the help pages may speak: where the inbox wants it and no person was asked yet."""
    if guest.settings.answers != "answer":
        return False
    return state is None or state.phase in ("answered", "resting", "ended")


async def speaks_while(runtime: Runtime, guest: Guest, availability: Availability) -> bool:
    """Whether the help pages answer now: also when nobody is there, but then only if the brand has
    some, and never in place of a message where the line is full."""
    if availability == "open":
        return True
    if availability == "full" or guest.settings.answers != "answer":
        return False
    visible = await readable_by(runtime, guest.visitor, guest.door)
    return await runtime.db.query(has_articles, guest.door.brand_id, visible)


async def take_question(
    runtime: Runtime, guest: Guest, said: Said, text: str, visit: str, away: Away
) -> Asked:
    """Store a question and, where the help pages surely can, their answer with it."""
    arm = arm_of(guest.door.id, guest.visitor.visitor, guest.settings.holdout_pct)
    if asks_for_person(text):
        reaction = Reaction(None, "", asked=True)
        return await runtime.db.write(_ask, runtime, guest, said, reaction, visit, away)
    if only_greets(text) and arm == "shown":
        hello = Answer("greeting", runtime.pages.translate(guest.locale, HELLO))
        return await runtime.db.write(_ask, runtime, guest, said, Reaction(hello, ""), visit, away)
    locale = locale_of(text, guest.locale)
    door = guest.door
    visible = await readable_by(runtime, guest.visitor, door)
    found = await attempt(
        runtime, door.brand_id, door.brand_slug, text, locale, visibilities=visible
    )
    spoken = _spoken(runtime, guest, found) if arm == "shown" else None
    declining = runtime.pages.translate(guest.locale, DECLINE_AWAY if away.away else DECLINE)
    reaction = Reaction(spoken, declining, reply=reply_to_answer(text))
    return await runtime.db.write(_ask, runtime, guest, said, reaction, visit, away, found, arm)


def _ask(
    tx: Tx,
    runtime: Runtime,
    guest: Guest,
    said: Said,
    reaction: Reaction,
    visit: str,
    away: Away,
    found: Attempt | None = None,
    arm: Arm = "shown",
) -> Asked:
    asked = visitor_asks(tx, guest.visitor.id, said, reaction)
    if asked.received.duplicate:
        return asked
    conversation_id = asked.received.conversation_id
    if found is not None and found.kind != "none":
        article_id = found.sources[0].article_id if found.kind == "answer" else None
        given = Given(conversation_id, found.shown, found.confidence, article_id)
        key = visit if _VISIT.fullmatch(visit) else ""
        query = found.asked
        note_answer(tx, guest.door.id, key, query, given, visitor=guest.visitor.visitor, arm=arm)
    if asked.solved is not None:
        note_end(tx, conversation_id, "solved", asked.solved)
    if asked.handed_over:
        note_end(tx, conversation_id, "sent")
        _leave_message(tx, runtime, guest, away, conversation_id)
    return asked


def _leave_message(
    tx: Tx, runtime: Runtime, guest: Guest, away: Away, conversation_id: int
) -> None:
    if away.away and away.email:
        on_by_mail(tx, runtime, guest, away.email, conversation_id, told=away.told)


def _spoken(runtime: Runtime, guest: Guest, found: Attempt | None) -> Answer | None:
    """The attempt in the visitor's language, as a message keeps it."""
    if found is None:
        return None
    words = runtime.pages.translate(guest.locale, CHOOSE) if found.kind == "choices" else found.text
    return Answer(
        found.kind,
        words,
        [source.json() for source in found.sources],
        [source.json() for source in found.related],
        found.confidence,
        found.by_model,
    )


@router.post("/person")
async def person(runtime: Run, guest: WidgetGuest) -> Response:
    """Talk to a person, whatever the help pages say."""
    greeting = await runtime.db.query(welcome, guest.door, clock.now())
    email = guest.visitor.email
    told = greeting.availability != "open" and bool(email)
    told = told and await runtime.limits.allows_key("acknowledge", email)
    away = Away(greeting.availability != "open", email, told)
    await runtime.db.write(_person, runtime, guest, away)
    return await draw_exchange(runtime, guest)


@router.post("/helped")
async def helped(runtime: Run, guest: WidgetGuest) -> Response:
    """That answers it: nobody is asked, and the next message asks a person."""
    await runtime.db.write(_helped, guest)
    return await draw_exchange(runtime, guest)


@router.post("/choose")
async def choose(runtime: Run, guest: WidgetGuest, choice: Choice) -> Response:
    """One of two articles: its passage is the answer."""
    conversation_id = guest.visitor.conversation_id
    if conversation_id is None:
        raise NotFound
    states = await runtime.db.query(visitor_states, [conversation_id])
    machine = states[conversation_id].machine
    chosen = (
        next((it for it in machine.sources if it.article_id == choice.article), None)
        if (machine is not None and machine.kind == "choices")
        else None
    )
    if chosen is None:
        raise NotFound
    door = guest.door
    visible = await readable_by(runtime, guest.visitor, door)
    found = await article_answer(
        runtime,
        door.brand_id,
        door.brand_slug,
        chosen.article_id,
        chosen.title,
        guest.locale,
        visible,
    )
    answer = _spoken(runtime, guest, found)
    if found is None or answer is None:
        raise NotFound
    await runtime.db.write(_choose, guest, chosen.title, answer, found)
    return await draw_exchange(runtime, guest)


def _person(tx: Tx, runtime: Runtime, guest: Guest, away: Away) -> None:
    ask_person(tx, guest.visitor.id)
    conversation_id = guest.visitor.conversation_id or 0
    note_end(tx, conversation_id, "sent")
    _leave_message(tx, runtime, guest, away, conversation_id)


def _helped(tx: Tx, guest: Guest) -> None:
    article_id = article_helped(tx, guest.visitor.id)
    note_end(tx, guest.visitor.conversation_id or 0, "solved", article_id)


def _choose(tx: Tx, guest: Guest, title: str, answer: Answer, found: Attempt) -> None:
    choose_article(tx, guest.visitor.id, title, answer)
    article_id = found.sources[0].article_id
    given = Given(guest.visitor.conversation_id or 0, found.shown, found.confidence, article_id)
    note_answer(tx, guest.door.id, "", title, given, visitor=guest.visitor.visitor)


async def draw_exchange(runtime: Runtime, guest: Guest) -> Response:
    """The messages of the exchange so far, and where it stands."""
    conversation_id = guest.visitor.conversation_id
    if conversation_id is None:
        raise NotFound
    messages = await runtime.db.query(thread, conversation_id)
    states = await runtime.db.query(visitor_states, [conversation_id])
    await remember_announced(runtime, states[conversation_id])
    drawn = [
        upsert("#log", draw_message(runtime, message, guest.locale)) for message in messages[-6:]
    ]
    return html("".join(drawn) + draw_state(runtime, states[conversation_id], guest.locale))

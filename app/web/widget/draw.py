"""How a visitor's messages and the state of their chat are drawn: page, answer and socket alike."""

import re
from collections.abc import Sequence
from functools import partial as bind

from markupsafe import Markup, escape

from app.events import Event, MessageAdded
from app.live.fragments import View, partial, upsert
from app.models.inbox_settings import localised
from app.queries.visitor_thread import (
    VisitorMessage,
    VisitorState,
    visitor_messages,
    visitor_states,
)
from app.runtime import Runtime
from app.web.widget.links import Links

_URL = re.compile(r"https?://[^\s<>\"']{2,500}", re.IGNORECASE)
_TRAILING = ".,;:!?)]}»”’。，、；：！？）】」"


def register_fragments(runtime: Runtime) -> None:
    """Tell the live side how to read and draw for visitors."""
    fragments = runtime.live.fragments
    fragments.register("message", "visitor", visitor_messages, bind(message_frame, runtime))
    fragments.register("conversation", "visitor", visitor_states, bind(state_frame, runtime))

    def follow_warnings(events: Sequence[Event]) -> None:
        """System lines are not for visitors, but one warns them: their status is drawn again."""
        for fact in events:
            if isinstance(fact, MessageAdded) and fact.message_kind == "system":
                runtime.live.threads.changed(fact.conversation_id)

    runtime.listeners.append(follow_warnings)


def message_frame(runtime: Runtime, message: VisitorMessage, view: View) -> str:
    """A message for the log: new, or in the place of its earlier self."""
    return upsert("#log", draw_message(runtime, message, view.locale))


def state_frame(runtime: Runtime, state: VisitorState, view: View) -> str:
    """Who they talk to, and where they stand in line."""
    return draw_state(runtime, state, view.locale)


def draw_message(runtime: Runtime, message: VisitorMessage, locale: str) -> str:
    """The list item of one message."""
    return runtime.pages.render(
        "widget/message.html",
        locale,
        message=message,
        text=linked(message.text),
        links=Links(runtime.secret),
    )


def draw_state(runtime: Runtime, state: VisitorState, locale: str) -> str:
    """The parts of the panel that follow the conversation's state."""
    title = localised(state.title, locale) or state.brand
    context = {
        "state": state,
        "links": Links(runtime.secret),
        "title": title,
        "lead": "",
        "time_zone": state.opening.time_zone if state.opening is not None else None,
    }
    who = runtime.pages.render("widget/who.html", locale, **context)
    status = runtime.pages.render("widget/status.html", locale, **context)
    return partial("#who", who, "outerHTML") + partial("#status", status, "outerMorph")


def linked(text: str) -> Markup:
    """The text with its web addresses made into links; everything is escaped."""
    parts: list[Markup] = []
    end = 0
    for found in _URL.finditer(text):
        url = found[0].rstrip(_TRAILING)
        parts.append(escape(text[end : found.start()]))
        parts.append(
            Markup(
                '<a href="{0}" target="_blank" rel="noopener noreferrer nofollow">{0}</a>'
            ).format(url)
        )
        end = found.start() + len(url)
    parts.append(escape(text[end:]))
    return Markup("").join(parts)

"""Drawing the console: the same template and the same bytes for page, answer and socket."""

from collections.abc import Callable
from typing import Any

from markupsafe import Markup

from app import clock
from app.pages import Pages
from app.queries.inbox import ListRow, View
from app.queries.thread import MessageItem
from app.runtime import Runtime
from app.security.sessions import Session
from app.web.console.view import query_of
from app.web.request import frame

MINUTE = 60_000  # the ages in a row are right to the minute; the page counts on


def draw_message(pages: Pages, item: MessageItem, locale: str, time_zone: str) -> Markup:
    """One entry of a thread, as every agent sees it."""
    key = (
        item.id, item.state, item.state_reason, item.send_at, item.author_name, item.text,
        item.previous_at, item.follows, len(item.files), item.recipients, time_zone,
    )  # fmt: skip
    return pages.fragment(key, "console/_message.html", locale, item=item, time_zone=time_zone)


def row_drawer(
    pages: Pages, view: View, session: Session, open_id: int | None
) -> Callable[[ListRow], Markup]:
    """Draws rows of one list; whatever a row shows is in its key."""
    query, minute, actor = query_of(view), clock.now() // MINUTE, session.actor
    marks = session.brands if len(session.brands) > 1 else ()

    def draw_row(row: ListRow) -> Markup:
        is_open = row.id == open_id
        return pages.fragment(
            (row, query, is_open, minute, actor.time_zone, marks),
            "console/_row.html", actor.locale,
            row=row, view=view, query=query, is_open=is_open, time_zone=actor.time_zone,
            own_brands=marks,
        )  # fmt: skip

    return draw_row


def draw_item(runtime: Runtime, session: Session, item: MessageItem) -> Markup:
    """One entry of a thread, for the agent who asks."""
    return draw_message(runtime.pages, item, session.actor.locale, session.actor.time_zone)


def draw(runtime: Runtime, session: Session, template: str, /, **context: Any) -> str:
    """A page of the console or a part of one, with what they all need."""
    actor, pages = session.actor, runtime.pages
    view, open_id = context.pop("view", View()), context.get("open_id")

    def message_of(item: MessageItem) -> Markup:
        return draw_message(pages, item, actor.locale, actor.time_zone)

    return pages.render(
        template, actor.locale, **frame(session), view=view, query=query_of(view),
        query_of=query_of, row_of=row_drawer(pages, view, session, open_id), message_of=message_of,
        **context,
    )  # fmt: skip

"""An agent's calendar as other programs read it (RFC 5545), at an address that is a secret."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app import clock
from app.actions.calendar_feed import READ_AGAIN_MS, feed_read
from app.pages import N_
from app.queries.calendar_feed import Feed, feed_of
from app.queries.due_list import DueItem
from app.web.late_route import LateRoute
from app.web.request import Run, client_ip

router = APIRouter(include_in_schema=False, route_class=LateRoute)
AHEAD_MS = 400 * 86_400_000
LENGTH = timedelta(minutes=15)
READ_EVERY = timedelta(minutes=30)
KINDS = {
    "promise": N_("Promise"),
    "task": N_("Task"),
    "callback": N_("Call back"),
    "snooze": N_("Snoozed"),
    "message": N_("Planned reply"),
}
Say = Callable[[str], str]


@router.get("/calendar/feed/{token}.ics")
async def calendar_feed(request: Request, runtime: Run, token: str) -> Response:
    """What is due for the agent who made the address; 404 for one that was revoked."""
    await runtime.limits.take("public", client_ip(request), token)
    now = clock.now()
    feed = await runtime.db.query(feed_of, token, now + AHEAD_MS)
    if feed.read_at is None or now - feed.read_at > READ_AGAIN_MS:
        await runtime.db.write(feed_read, feed.actor.agent_id)

    def say(text: str) -> str:
        return runtime.pages.translate(feed.actor.locale, text)

    return Response(
        ics(feed, runtime.settings.base_url, now, say),
        media_type="text/calendar; charset=utf-8",
        headers={
            "Cache-Control": "private, no-store",
            "Content-Disposition": 'inline; filename="switchroom.ics"',
        },
    )


def ics(feed: Feed, base_url: str, now: int, say: Say) -> bytes:
    """The calendar: an event of a quarter of an hour for each item. Of what customers write there
    is never a word in it; names and what was noted are there if the agent chose so."""
    from icalendar import Calendar, Event  # a megabyte that most requests do not need

    calendar = Calendar()
    calendar.add("prodid", "-//Switchroom//Due//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", "Switchroom")
    calendar.add("refresh-interval", READ_EVERY, parameters={"VALUE": "DURATION"})
    host = base_url.split("://")[-1]
    for item in feed.items:
        begins = datetime.fromtimestamp((item.at or 0) / 1000, UTC).replace(microsecond=0)
        event = Event()
        event.add("uid", f"{item.kind}-{item.id}@{host}")
        event.add("dtstamp", datetime.fromtimestamp(now / 1000, UTC).replace(microsecond=0))
        event.add("dtstart", begins)
        event.add("duration", LENGTH)
        event.add("summary", _summary(item, feed.texts, say))
        event.add("categories", [say(KINDS[item.kind])])
        event.add("url", f"{base_url}{place_of(item)}")
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def place_of(item: DueItem) -> str:
    """The page on which an item is seen to."""
    if item.conversation_id is not None:
        return f"/inbox/{item.conversation_id}?view=all"
    return "/due" if item.customer_id is None else f"/customers/{item.customer_id}"


def _summary(item: DueItem, texts: bool, say: Say) -> str:
    kind = say(KINDS[item.kind])
    if not texts:
        return kind
    noted = item.text if item.kind in ("promise", "task") else ""
    return " · ".join(part for part in (kind, noted, item.customer) if part)

"""Opening the widget, drawing what it shows, and the ticket of its socket."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from app import clock
from app.actions.visitor import open_visitor_session
from app.db import NotFound
from app.live.fragments import partial
from app.live.tickets import VisitorPass
from app.models.inbox_settings import localised
from app.queries.portal_door import portal_brand
from app.queries.visitor import (
    PastChat,
    Welcome,
    find_visitor,
    owns_conversation,
    past_chats,
    welcome,
)
from app.queries.visitor_thread import VisitorMessage, VisitorState, thread, visitor_states
from app.runtime import Runtime
from app.security.csrf import comes_from_us
from app.web.late_route import LateRoute
from app.web.request import Run, client_ip, html
from app.web.widget.announce import remember_announced
from app.web.widget.answers import speaks_while, with_machine
from app.web.widget.door import (
    Guest,
    SiteNotAllowed,
    VisitorUnknown,
    WidgetGuest,
    allows,
    door_of,
    language,
)
from app.web.widget.draw import draw_message, draw_state
from app.web.widget.identify import verify
from app.web.widget.links import Links

router = APIRouter(prefix="/widget", include_in_schema=False, route_class=LateRoute)


class Opening(BaseModel):
    """What the frame says when it is opened. `visitor` is the browser's own random id."""

    key: str = Field(max_length=40)
    visitor: str = Field(pattern=r"^[A-Za-z0-9_-]{22,64}$")
    lang: str = Field("", max_length=35)
    site: str = Field("", max_length=300)
    page_url: str = Field("", max_length=2000)
    page_title: str = Field("", max_length=1000)
    identity: str = Field("", max_length=4000)  # signed by the host's own server


@router.post("/session")
async def open_session(request: Request, runtime: Run, opening: Opening) -> Response:
    """A session for this browser: its token, and what the panel shows."""
    if not comes_from_us(request):
        raise SiteNotAllowed
    await runtime.limits.take("public", client_ip(request), opening.key)
    door = await door_of(runtime, opening.key)
    if opening.site and not allows(door.widget.allowed_sites, opening.site):
        raise SiteNotAllowed
    # A token that is not good, or no longer, proves nothing: the visitor goes on as anybody.
    claims = verify(opening.identity, door.widget.identity_secrets, door.key, clock.now())
    token = await runtime.db.write(
        open_visitor_session,
        door.id,
        f"user {door.brand_slug}:{claims.user}" if claims else opening.visitor,
        language(request, opening.lang),
        opening.page_url if opening.page_url.startswith(("https://", "http://")) else "",
        opening.page_title,
        known_as=claims.identities(door.brand_slug) if claims else (),
        name=claims.name if claims else "",
        browser_id=opening.visitor,
        keep_page=door.widget.page_views,
    )
    found = await runtime.db.query(find_visitor, token, clock.now())
    if found is None:
        raise VisitorUnknown
    guest = Guest(*found)
    return JSONResponse(
        {
            "token": token,
            "badge": Links(runtime.secret).badge(guest.visitor.id),
            "panel": await draw_panel(runtime, guest)
            + await _way_home(runtime, guest, token if claims else ""),
        }
    )


async def _way_home(runtime: Runtime, guest: Guest, token: str) -> str:
    """In the menu: to the visitor's own pages, if their site says who they are and there are."""
    brand = await runtime.db.query(portal_brand, guest.door.brand_slug) if token else None
    shown = {"token": token if brand is not None else ""}
    drawn = runtime.pages.render("widget/portal.html", guest.locale, **shown)
    return partial("#portal", drawn, "innerHTML")


@router.get("/panel")
async def panel(runtime: Run, guest: WidgetGuest) -> Response:
    """The panel anew: after a gap that was too long, or when the state asks for another one."""
    return html(await draw_panel(runtime, guest))


@router.get("/status")
async def status(runtime: Run, guest: WidgetGuest) -> Response:
    """Only where the chat stands: a place in line moves when somebody else leaves it."""
    conversation_id = guest.visitor.conversation_id
    if conversation_id is None:
        raise NotFound
    states = await runtime.db.query(visitor_states, [conversation_id])
    await remember_announced(runtime, states[conversation_id])
    return html(draw_state(runtime, states[conversation_id], guest.locale))


@router.get("/past")
async def past(runtime: Run, guest: WidgetGuest) -> Response:
    """The chats this browser had here before."""
    found = await runtime.db.query(past_chats, guest.visitor)
    return html(runtime.pages.render("widget/past.html", guest.locale, past=found))


@router.get("/past/{conversation_id}")
async def past_chat(runtime: Run, guest: WidgetGuest, conversation_id: int) -> Response:
    """One of them, to read."""
    messages = await runtime.db.query(_past_thread, guest, conversation_id)
    drawn = [draw_message(runtime, message, guest.locale) for message in messages]
    return html(runtime.pages.render("widget/past_chat.html", guest.locale, messages=drawn))


@router.post("/live/ticket")
async def ticket(runtime: Run, guest: WidgetGuest) -> Response:
    """Opens the socket of this visitor's chat once, within 30 s."""
    issued = await runtime.live.tickets.issue(VisitorPass(guest.visitor.id))
    return JSONResponse({"ticket": issued})


async def draw_panel(runtime: Runtime, guest: Guest) -> str:
    """The whole panel: what was said, where it stands, and how to write."""
    greeting, messages, state, has_past = await runtime.db.query(_read_panel, guest, clock.now())
    settings = guest.settings
    asks: dict[str, bool] = {
        field.name: field.required
        for field in settings.pre_chat
        if state is None and not getattr(guest.visitor, field.name)
    }
    begins = state is None or state.phase == "ended"
    away = greeting.availability != "open" and (begins or with_machine(guest, state))
    answers = away and await speaks_while(runtime, guest, greeting.availability)
    if away and begins and not answers and not guest.visitor.email:
        asks = {"name": False} | asks | {"email": True}
    return runtime.pages.render(
        "widget/panel.html",
        guest.locale,
        door=guest.door,
        settings=settings,
        title=localised(settings.title, guest.locale) or guest.door.brand_name,
        greeting=localised(settings.greeting, guest.locale),
        offline=localised(settings.offline_message, guest.locale),
        consent=localised(settings.consent, guest.locale),
        policy_url=settings.policy_url or guest.door.policy_url,
        welcome=greeting,
        away=away,
        answers=answers,
        asks=asks,
        state=state,
        has_past=has_past,
        messages=[draw_message(runtime, message, guest.locale) for message in messages],
        links=Links(runtime.secret),
        visitor=guest.visitor,
        max_mb=runtime.settings.max_upload_mb,
        time_zone=greeting.opening.time_zone,
    )


def _read_panel(
    conn: Connection, guest: Guest, now: int
) -> tuple[Welcome, list[VisitorMessage], VisitorState | None, bool]:
    greeting = welcome(conn, guest.door, now)
    found: list[PastChat] = past_chats(conn, guest.visitor)
    conversation_id = guest.visitor.conversation_id
    if conversation_id is None:
        return greeting, [], None, bool(found)
    state = visitor_states(conn, [conversation_id])[conversation_id]
    return greeting, thread(conn, conversation_id), state, bool(found)


def _past_thread(conn: Connection, guest: Guest, conversation_id: int) -> list[VisitorMessage]:
    if not owns_conversation(conn, guest.visitor, conversation_id):
        raise NotFound
    return thread(conn, conversation_id)

"""What every page needs from a request: the runtime, who is asking, in which language."""

from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse

from app import clock
from app.pages import negotiate
from app.runtime import Runtime
from app.security.csrf import SAFE_METHODS
from app.security.permissions import Actor
from app.security.sessions import TOUCH_MS, Session, find_session, touch_session


class SignInNeeded(Exception):
    """Nobody is signed in: pages go to the sign-in form, fragments and API answer 401."""


def runtime_of(request: Request) -> Runtime:
    """The runtime the application was made with."""
    runtime: Runtime = request.app.state.runtime
    return runtime


Run = Annotated[Runtime, Depends(runtime_of)]


def cookie_name(runtime: Runtime) -> str:
    """The session cookie; the __Host- prefix needs https."""
    return "__Host-session" if runtime.settings.secure else "session"


async def session_of(request: Request, runtime: Run) -> Session:
    """The session of the browser that asks; SignInNeeded where there is none."""
    token = request.cookies.get(cookie_name(runtime), "")
    if not token:
        raise SignInNeeded
    now = clock.now()
    found: Session | None = getattr(request.state, "session", None)  # CsrfMiddleware has read it
    if found is None and request.method in SAFE_METHODS:
        found = await runtime.db.query(find_session, token, now, runtime.settings.session_idle_h)
    if found is None:
        raise SignInNeeded
    if now - found.seen_at > TOUCH_MS:
        await runtime.db.write(touch_session, found.hash)
    request.state.session = found
    return found


SignedIn = Annotated[Session, Depends(session_of)]


async def actor_of(session: SignedIn) -> Actor:
    """Who is asking."""
    return session.actor


Who = Annotated[Actor, Depends(actor_of)]


async def supervisor_of(session: SignedIn) -> Actor:
    """Who is asking, if they may supervise; else there is no such page."""
    session.actor.require("supervise")
    return session.actor


async def admin_of(session: SignedIn) -> Actor:
    """Who is asking, if they may administer; else there is no such page."""
    session.actor.require("administer")
    return session.actor


Supervisor = Annotated[Actor, Depends(supervisor_of)]
Admin = Annotated[Actor, Depends(admin_of)]


def client_ip(request: Request) -> str:
    """The address the request came from; a proxy's word is taken only from TRUSTED_PROXIES."""
    return request.client.host if request.client else ""


def frame(session: Session) -> dict[str, Any]:
    """What every page of somebody who is signed in is rendered with."""
    return {
        "actor": session.actor,
        "preferences": session.preferences,
        "csrf_token": session.csrf,
        "time_zone": session.actor.time_zone,
        "own_brands": session.brands if len(session.brands) > 1 else (),
        "brand_now": next((one for one in session.brands if one.id == session.brand_id), None),
    }


def wants_page(request: Request) -> bool:
    """Whether a person's browser asks for a whole page, not htmx for a part or a program."""
    return "text/html" in request.headers.get("accept", "") and "hx-request" not in request.headers


def locale_of(request: Request) -> str:
    """The language of a page for somebody who is not signed in."""
    return negotiate(request.headers.get("accept-language", ""))


def html(text: str, status: int = 200) -> HTMLResponse:
    """A page or fragment that no cache may keep."""
    return HTMLResponse(text, status, headers={"Cache-Control": "no-store"})

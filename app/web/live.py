"""The doors of the live side: tickets by POST, and the two sockets they open.

A socket is always accepted and closed then, because a browser cannot see why a handshake failed.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Annotated, cast
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request
from starlette.routing import WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from app import clock
from app.live.access import agents_of, visitors_of
from app.live.client import Client, handle, number
from app.live.fragments import View
from app.live.hub import Frame
from app.live.live import Live
from app.live.socket import socket_of
from app.live.tickets import AgentPass, Pass, VisitorPass
from app.runtime import Runtime
from app.security.csrf import comes_from_us
from app.security.sessions import Session
from app.web.late_route import LateRoute
from app.web.request import Run, session_of

router = APIRouter(route_class=LateRoute)

READY = Frame.of({"type": "ready"})  # it listens from here on: what is fetched now has no gap
SIGN_IN = 4401
STOP = 4403


@router.post("/live/ticket", include_in_schema=False)
async def ticket(runtime: Run, session: Annotated[Session, Depends(session_of)]) -> dict[str, str]:
    """A ticket for this session's socket, good once, for 30 s (the CSRF guard has looked at it)."""
    return {"ticket": await runtime.live.tickets.issue(AgentPass(session.hash))}


async def agent_socket(websocket: WebSocket, send: Send) -> None:
    """An agent's socket: `/live?ticket=…&conversation=12&after=55`."""

    async def admit(live: Live, found: Pass | None) -> Client | None:
        if not isinstance(found, AgentPass):
            return None
        actors = await live.db.query(agents_of, [found.session], clock.now(), live.session_idle_h)
        actor = actors.get(found.session)
        if actor is None:
            return None
        socket = socket_of(websocket.scope, send, View("agent", actor.locale, actor.time_zone))
        return Client(socket, session=found.session, actor=actor)

    await _open(websocket, admit)


async def visitor_socket(websocket: WebSocket, send: Send) -> None:
    """A visitor's socket: `/widget/live?ticket=…&after=55`. Its own session says what it hears."""

    async def admit(live: Live, found: Pass | None) -> Client | None:
        if not isinstance(found, VisitorPass):
            return None
        visitors = await live.db.query(visitors_of, [found.visitor_session])
        visitor = visitors.get(found.visitor_session)
        if visitor is None:
            return None
        return Client(
            socket_of(websocket.scope, send, View("visitor", visitor.locale)), visitor=visitor
        )

    await _open(websocket, admit)


Admit = Callable[[Live, Pass | None], Awaitable[Client | None]]


async def _open(websocket: WebSocket, admit: Admit) -> None:
    runtime: Runtime = websocket.app.state.runtime
    live = runtime.live
    found = await live.tickets.redeem(websocket.query_params.get("ticket", ""))
    await websocket.accept()
    if not _from_here(websocket, runtime):
        await websocket.close(STOP)
        return
    client = None
    try:
        async with live.arrivals:
            asked = live.rechecks.asked
            client = await admit(live, found)
            if client is None:
                await websocket.close(SIGN_IN)
                return
            live.add(client)
            if client.actor is not None:
                client.socket.write(READY)
            if live.rechecks.asked != asked:  # rights changed while they were read
                await live.rechecks.check([client])
            await _resume(live, client, websocket)
        async for text in websocket.iter_text():
            message = _parsed(text)
            if message is not None:
                await handle(live, client, message)
    except WebSocketDisconnect:
        return
    finally:
        if client is not None:
            live.remove(client)


def _from_here(websocket: WebSocket, runtime: Runtime) -> bool:
    # It only looks at headers, which a socket's handshake has as well.
    return comes_from_us(cast(Request, websocket), urlsplit(runtime.settings.base_url).netloc)


async def _resume(live: Live, client: Client, websocket: WebSocket) -> None:
    """Go on where the page's cursor stands."""
    after = number(websocket.query_params.get("after")) or 0
    if client.visitor is not None:
        if client.visitor.conversation_id is not None:
            await live.threads.follow(client, client.visitor.conversation_id, after)
        return
    wanted = number(websocket.query_params.get("conversation"))
    if wanted is not None:
        await handle(live, client, {"type": "open", "conversation": wanted, "after": after})
    if client.actor is not None:
        await live.beats.touch(client.actor.agent_id)


def _parsed(text: str) -> dict[str, object] | None:
    try:
        message = json.loads(text)
    except ValueError:
        return None
    return message if isinstance(message, dict) else None


class _Door:
    """A route without FastAPI's and Starlette's wrappers, which would be called for each message
    and kept for as long as a socket lives."""

    def __init__(self, answer: Callable[[WebSocket, Send], Awaitable[None]]) -> None:
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._answer(WebSocket(scope, receive, send), send)


router.routes.append(WebSocketRoute("/live", _Door(agent_socket), name="live"))
router.routes.append(WebSocketRoute("/widget/live", _Door(visitor_socket), name="widget_live"))

"""The doors of the live side: tickets by POST, and the two sockets they open.

A socket is always accepted and closed then, because a browser cannot see why a handshake failed.
"""

import json
from typing import Annotated, cast
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from app import clock
from app.live.access import agents_of, visitors_of
from app.live.client import Client, handle, number
from app.live.fragments import View
from app.live.live import Live
from app.live.socket import socket_of
from app.live.tickets import AgentPass, VisitorPass
from app.runtime import Runtime
from app.security.csrf import comes_from_us
from app.security.sessions import Session
from app.web.request import Run, session_of

router = APIRouter()

SIGN_IN = 4401
STOP = 4403


@router.post("/live/ticket", include_in_schema=False)
async def ticket(runtime: Run, session: Annotated[Session, Depends(session_of)]) -> dict[str, str]:
    """A ticket for this session's socket, good once, for 30 s (the CSRF guard has looked at it)."""
    return {"ticket": await runtime.live.tickets.issue(AgentPass(session.hash))}


async def agent_socket(websocket: WebSocket) -> None:
    """An agent's socket: `/live?ticket=…&conversation=12&after=55`."""
    runtime: Runtime = websocket.app.state.runtime
    live = runtime.live
    found = await live.tickets.redeem(websocket.query_params.get("ticket", ""))
    await websocket.accept()
    if not _from_here(websocket, runtime):
        await websocket.close(STOP)
        return
    actor, asked = None, live.rechecks.asked
    if isinstance(found, AgentPass):
        hashes, idle_h = [found.session], runtime.settings.session_idle_h
        actors = await live.db.query(agents_of, hashes, clock.now(), idle_h)
        actor = actors.get(found.session)
    if not isinstance(found, AgentPass) or actor is None:
        await websocket.close(SIGN_IN)
        return
    socket = socket_of(websocket, View("agent", actor.locale, actor.time_zone))
    client = Client(socket, session=found.session, actor=actor)
    await _converse(live, client, websocket, asked)


async def visitor_socket(websocket: WebSocket) -> None:
    """A visitor's socket: `/widget/live?ticket=…&after=55`. Its own session says what it hears."""
    runtime: Runtime = websocket.app.state.runtime
    live = runtime.live
    found = await live.tickets.redeem(websocket.query_params.get("ticket", ""))
    await websocket.accept()
    if not _from_here(websocket, runtime):
        await websocket.close(STOP)
        return
    visitor, asked = None, live.rechecks.asked
    if isinstance(found, VisitorPass):
        visitors = await live.db.query(visitors_of, [found.visitor_session])
        visitor = visitors.get(found.visitor_session)
    if visitor is None:
        await websocket.close(SIGN_IN)
        return
    client = Client(socket_of(websocket, View("visitor", visitor.locale)), visitor=visitor)
    await _converse(live, client, websocket, asked)


def _from_here(websocket: WebSocket, runtime: Runtime) -> bool:
    # It only looks at headers, which a socket's handshake has as well.
    return comes_from_us(cast(Request, websocket), urlsplit(runtime.settings.base_url).netloc)


async def _converse(live: Live, client: Client, websocket: WebSocket, asked: int) -> None:
    live.add(client)
    try:
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
        live.remove(client)


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


# Plain Starlette routes: FastAPI's dependencies would cost memory for as long as a socket lives.
router.routes.append(WebSocketRoute("/live", agent_socket))
router.routes.append(WebSocketRoute("/widget/live", visitor_socket))

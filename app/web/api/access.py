"""How machines come in: bearer keys, so many requests a minute, one effect for each
Idempotency-Key."""

import hashlib
import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from starlette.responses import Response

from app import clock
from app.actions.idempotency import keep_answer, reserve_key
from app.db import Invalid
from app.security.api_keys import USED_MS, find_api_key, touch_api_key
from app.security.permissions import Actor
from app.security.sessions import hash_token
from app.web.late_route import LateRoute
from app.web.request import SignInNeeded, client_ip, runtime_of

bearer = HTTPBearer(
    auto_error=False,
    scheme_name="key",
    bearerFormat="sk_…",
    description="An API key. An administrator makes it; it may do what its agent may do.",
)
QUESTIONS = "/api/v1/knowledge/"  # whoever measures the answers asks thousands in a row
_KEY = re.compile(r"[!-~]{1,200}")


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """Whose key a request carries; `scope` names the key without giving it away."""

    actor: Actor
    scope: str


async def holder_of(request: Request) -> KeyHolder:
    """Whose key the request carries; SignInNeeded for none, an unknown or a revoked one, TooMany
    for one that asks too often. Asked twice in a request it counts once."""
    known: KeyHolder | None = getattr(request.state, "key_holder", None)
    if known is not None:
        return known
    runtime = runtime_of(request)
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    found = None
    if kind.lower() == "bearer" and token.strip():
        found = await runtime.db.query(find_api_key, token.strip())
    if found is None:
        await runtime.limits.take("api_stranger", client_ip(request))
        raise SignInNeeded
    key_id, last_used_at, actor = found
    asks = request.url.path.startswith(QUESTIONS)
    await runtime.limits.take_key("api_ask" if asks else "api", str(key_id))
    if clock.now() - last_used_at > USED_MS:
        await runtime.db.write(touch_api_key, key_id)
    holder = KeyHolder(actor, hash_token(token.strip()))
    request.state.key_holder = holder
    return holder


async def caller_of(request: Request) -> Actor:
    """Who is asking."""
    return (await holder_of(request)).actor


async def supervisor_of(request: Request) -> Actor:
    """Who is asking, if they may supervise; else there is no such thing."""
    actor = (await holder_of(request)).actor
    actor.require("supervise")
    return actor


Caller = Annotated[Actor, Depends(caller_of)]
SupervisorCaller = Annotated[Actor, Depends(supervisor_of)]
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class IdempotentRoute(LateRoute):
    """A route whose POST, sent again with the same Idempotency-Key, is answered from memory.

    Only what was done is remembered. A refusal changed nothing, and leaves the key free.
    """

    def get_route_handler(self) -> Handler:
        """FastAPI's own handler, wrapped."""
        handle = super().get_route_handler()

        async def once(request: Request) -> Response:
            await holder_of(request)  # strangers learn nothing of what a body should look like
            key = request.headers.get("idempotency-key")
            if key is None or request.method != "POST":
                return await handle(request)
            return await _answer_once(handle, request, key)

        return once


async def _answer_once(handle: Handler, request: Request, key: str) -> Response:
    if not _KEY.fullmatch(key):
        raise Invalid(idempotency_key="not_1_to_200_visible_characters")
    db = runtime_of(request).db
    scope = (await holder_of(request)).scope
    asked = f"{request.method} {request.url.path}\n".encode() + await request.body()
    earlier = await db.write(reserve_key, scope, key, hashlib.sha256(asked).hexdigest())
    if earlier is not None:
        return Response(
            earlier.body,
            earlier.status,
            {"Idempotency-Replayed": "true"},
            media_type="application/json" if earlier.body else None,
        )
    try:
        response = await handle(request)
    except BaseException:
        await db.write(keep_answer, scope, key, 500, "")
        raise
    await db.write(keep_answer, scope, key, response.status_code, bytes(response.body).decode())
    return response


def message_key(request: Request, actor: Actor, given: str | None) -> str:
    """A message's own id: what the caller gave, or made of their Idempotency-Key, or a new one."""
    if given:
        return given
    sent = request.headers.get("idempotency-key", "")
    if not sent:
        return clock.new_id()
    return hashlib.sha256(f"{actor.agent_id} {sent}".encode()).hexdigest()

"""How machines come in: bearer keys, and one effect for each Idempotency-Key."""

import hashlib
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.responses import Response

from app import clock
from app.actions.idempotency import keep_answer, reserve_key
from app.db import Conflict, Invalid, NotFound
from app.security.api_keys import USED_MS, find_api_key, touch_api_key
from app.security.permissions import Actor
from app.security.sessions import hash_token
from app.web.errors import answer_to
from app.web.request import Run, SignInNeeded, runtime_of

bearer = HTTPBearer(auto_error=False, description="An API key, made by an administrator.")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]


async def caller_of(request: Request, runtime: Run, credentials: Credentials) -> Actor:
    """Whose key the request carries; SignInNeeded for none, an unknown or a revoked one."""
    if credentials is None:
        raise SignInNeeded
    found = await runtime.db.query(find_api_key, credentials.credentials)
    if found is None:
        raise SignInNeeded
    key_id, last_used_at, actor = found
    if clock.now() - last_used_at > USED_MS:
        await runtime.db.write(touch_api_key, key_id)
    return actor


Caller = Annotated[Actor, Depends(caller_of)]
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class IdempotentRoute(APIRoute):
    """A route whose POST, sent again with the same Idempotency-Key, is answered from memory."""

    def get_route_handler(self) -> Handler:
        """FastAPI's own handler, wrapped."""
        handle = super().get_route_handler()

        async def once(request: Request) -> Response:
            key = request.headers.get("idempotency-key")
            if key is None or request.method != "POST":
                return await handle(request)
            return await _answer_once(handle, request, key)

        return once


async def _answer_once(handle: Handler, request: Request, key: str) -> Response:
    db = runtime_of(request).db
    token = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
    if await db.query(find_api_key, token) is None:
        raise SignInNeeded  # strangers leave no trace in the table of keys
    scope = hash_token(token)
    body = await request.body()
    asked = f"{request.method} {request.url.path}\n".encode() + body
    earlier = await db.write(reserve_key, scope, key, hashlib.sha256(asked).hexdigest())
    if earlier is not None:
        return Response(
            earlier.body,
            earlier.status,
            {"Idempotency-Replayed": "true"},
            media_type="application/json",
        )
    try:
        response = await handle(request)
    except (NotFound, Conflict, Invalid, SignInNeeded) as refusal:
        response = answer_to(request, refusal)
    except BaseException:
        await db.write(keep_answer, scope, key, 500, "")
        raise
    text = bytes(response.body).decode()
    await db.write(keep_answer, scope, key, response.status_code, text)
    return response

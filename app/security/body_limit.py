"""No request is larger than what may be uploaded: it is refused before it fills memory or disk."""

import re
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class BodyLimit:
    """Answers 413 to a body of more than `largest` bytes, announced or not.

    Whole sets (`sets` says at which paths) may have `largest_set`.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        largest: int,
        refuse: Callable[[Request, int, str], Response],
        sets: re.Pattern[str] | None = None,
        largest_set: int = 0,
    ) -> None:
        self._app = app
        self._largest = largest
        self._refuse = refuse
        self._sets = sets
        self._largest_set = max(largest, largest_set)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        is_set = self._sets is not None and self._sets.fullmatch(scope["path"]) is not None
        largest = self._largest_set if is_set else self._largest
        announced = request.headers.get("content-length", "")
        if announced.isdigit() and int(announced) > largest:
            await self._refuse(request, 413, "too_large")(scope, receive, send)
            return
        taken, answered = 0, False

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            if message["type"] == "http.request":
                taken += len(message.get("body", b""))
                if taken > largest:
                    raise _TooLarge
            return message

        async def watched(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        try:
            await self._app(scope, counted, watched)
        except _TooLarge:
            if not answered:
                await self._refuse(request, 413, "too_large")(scope, receive, send)


class _TooLarge(Exception):
    pass

"""A customer of the demo in a chat: the widget's own HTTP calls and socket, without a browser."""

import asyncio
import re
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx2 as httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

from app.clock import new_id, new_token

_ANSWER = re.compile(r'data-seq=\\?"(\d+)\\?" data-author=\\?"agent-\d')


class DemoVisitor:
    """One chat, from opening the widget to reading the answers; use it as a context manager."""

    def __init__(self, base_url: str, key: str, name: str, email: str, language: str) -> None:
        self._url = base_url
        self._key = key
        self._name = name
        self._email = email
        self._language = language
        self._http = httpx.AsyncClient(base_url=base_url, headers={"Origin": base_url})
        self._socket: ClientConnection | None = None
        self._seen = 0

    async def __aenter__(self) -> Self:
        answer = await self._http.post(
            "/widget/session",
            json={"key": self._key, "visitor": new_token()[:32], "lang": self._language},
        )
        self._http.headers["Authorization"] = f"Bearer {answer.raise_for_status().json()['token']}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._socket is not None:
            await self._socket.close()
        await self._http.aclose()

    async def say(self, text: str) -> None:
        """Send a message; the first one opens the chat and its socket."""
        body = {"key": new_id(), "text": text, "name": self._name, "email": self._email}
        (await self._http.post("/widget/messages", json=body)).raise_for_status()
        if self._socket is None:
            ticket = (await self._http.post("/widget/live/ticket")).raise_for_status().json()
            host = urlsplit(self._url).netloc
            self._socket = await connect(
                f"ws://{host}/widget/live?ticket={ticket['ticket']}&after=0",
                origin=Origin(self._url),
            )

    async def read_answer(self, timeout_s: float) -> bool:
        """Wait for an answer of an agent and read it; False when none came in time."""
        assert self._socket is not None
        try:
            async with asyncio.timeout(timeout_s):
                async for frame in self._socket:
                    found = [int(seq) for seq in _ANSWER.findall(str(frame))]
                    if found and max(found) > self._seen:
                        self._seen = max(found)
                        seen = {"seq": self._seen, "read": True}
                        await self._http.post("/widget/seen", json=seen)
                        return True
        except TimeoutError:
            return False
        return False

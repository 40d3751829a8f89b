"""The two kinds of sockets: one whose transport we write frames to, and one of any ASGI server."""

import asyncio
import types
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.types import Message, Scope, Send
from starlette.websockets import WebSocketDisconnect

from app.live.fragments import View
from app.live.hub import Frame

if TYPE_CHECKING:
    from app.live.server import FrameProtocol

EXTENSION = "switchroom.frames"
BUFFER = 256 * 1024  # bytes that may wait for a client before it counts as too slow

Gone = (WebSocketDisconnect, RuntimeError, OSError)  # how a send says that nobody is there any more


class FramedSocket:
    """A socket served by `FrameProtocol`: the transport's own buffer is its bounded queue."""

    __slots__ = ("_protocol", "_transport", "topics", "view")

    def __init__(self, protocol: "FrameProtocol", view: View) -> None:
        self._protocol = protocol
        self._transport = protocol.transport
        self.view = view
        self.topics: set[str] = set()

    def write(self, frame: Frame) -> bool:
        """Write the ready frame; False when too much waits already."""
        try:
            if self._transport.get_write_buffer_size() > BUFFER:
                return False
            self._transport.write(frame.wire)
        except RuntimeError:  # uvloop, of a transport that is closed already
            return True  # its receiving side is about to take it out
        return True

    def close(self, code: int) -> None:
        """Send the close frame, and cut the line of a client that does not read it."""
        self._protocol.drop(code)


class PlainSocket:
    """A socket of another server: what it cannot take at once waits here."""

    __slots__ = ("_closing", "_drain", "_send", "_size", "_waiting", "topics", "view")

    def __init__(self, send: Send, view: View) -> None:
        # Servers give a coroutine function; ASGI only asks for something that can be awaited.
        self._send: Callable[[Message], Coroutine[Any, Any, None]] = send  # type: ignore[assignment]
        self.view = view
        self.topics: set[str] = set()
        self._waiting: deque[str] = deque()
        self._size = 0
        self._drain: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None

    def write(self, frame: Frame) -> bool:
        """Send at once where the server takes it at once, else queue; False when that is full."""
        if self._drain is not None:
            if self._size > BUFFER:
                return False
            self._waiting.append(frame.text)
            self._size += len(frame.text)
            return True
        sending = self._send({"type": "websocket.send", "text": frame.text})
        if asyncio.current_task() is None:
            self._drain = asyncio.create_task(self._send_rest(sending))
            return True
        try:
            waits_for = sending.send(None)  # a send that does not wait ends here
        except StopIteration:
            return True
        except Gone:
            return True  # its receiving side sees the disconnect and takes it out
        self._drain = asyncio.create_task(self._send_rest(_resumed(sending, waits_for)))
        return True

    def close(self, code: int) -> None:
        """Close in a task of its own, ahead of whatever waits."""
        if self._drain is not None:
            self._drain.cancel()
        self._closing = asyncio.create_task(self._close(code))

    async def _send_rest(self, sending: Coroutine[Any, Any, None]) -> None:
        try:
            await sending
            while self._waiting:
                text = self._waiting.popleft()
                self._size -= len(text)
                await self._send({"type": "websocket.send", "text": text})
        except Gone:
            self._waiting.clear()
        finally:
            self._drain = None

    async def _close(self, code: int) -> None:
        try:
            await self._send({"type": "websocket.close", "code": code})
        except Gone:
            return  # it was gone already


async def _resumed(sending: Coroutine[Any, Any, None], waits_for: Any) -> None:
    await _rest_of(sending, waits_for)


@types.coroutine
def _rest_of(sending: Coroutine[Any, Any, None], waits_for: Any) -> Generator[Any, Any, None]:
    """Go on with a coroutine that was started by hand and waits for something (what an eagerly
    started task does from Python 3.12 on)."""
    while True:
        try:
            value = yield waits_for
        except BaseException as error:
            step: Callable[[], Any] = partial(sending.throw, error)
        else:
            step = partial(sending.send, value)
        try:
            waits_for = step()
        except StopIteration:
            return


def socket_of(scope: Scope, send: Send, view: View) -> FramedSocket | PlainSocket:
    """The socket to hand to the hub, of an ASGI connection that was accepted."""
    protocol = (scope.get("extensions") or {}).get(EXTENSION)
    return FramedSocket(protocol, view) if protocol is not None else PlainSocket(send, view)

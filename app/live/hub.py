"""Topics and the sockets that listen to them. One frame is built and written to each transport.

There is no queue and no task for a socket that keeps up. What a socket cannot take at once waits in
its own buffer; when that is full the socket is closed with 1013 and resumes by its cursor.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from app.live.fragments import View

TOO_SLOW = 1013
RESTART = 1012


def frame_bytes(payload: bytes) -> bytes:
    """One unmasked, final text frame as a server sends it (RFC 6455, 5.2)."""
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    if size < 0x10000:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload


@dataclass(frozen=True, slots=True)
class Frame:
    """What is sent: the text, and the same ready for the wire."""

    text: str
    wire: bytes

    @classmethod
    def of(cls, content: str | Mapping[str, Any]) -> "Frame":
        """A frame of HTML, or of data as JSON."""
        if not isinstance(content, str):
            content = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
        return cls(content, frame_bytes(content.encode()))


class Socket(Protocol):
    """One browser's socket, as the hub sees it."""

    @property
    def view(self) -> View:
        """For whom fragments are drawn here."""
        ...

    @property
    def topics(self) -> set[str]:
        """What it listens to; kept by the hub."""
        ...

    def write(self, frame: Frame) -> bool:
        """Send without waiting; False when the client is too slow to take it."""
        ...

    def close(self, code: int) -> None:
        """Close without waiting."""
        ...


class Hub:
    """The sockets of this process by topic and view."""

    def __init__(self) -> None:
        self._topics: dict[str, dict[View, set[Socket]]] = {}
        self.too_slow = 0  # sockets closed with 1013 so far
        self.frames = 0  # written to sockets so far

    def join(self, socket: Socket, topic: str) -> None:
        """Listen to a topic. Whether it may is decided before."""
        self._topics.setdefault(topic, {}).setdefault(socket.view, set()).add(socket)
        socket.topics.add(topic)

    def leave(self, socket: Socket, topic: str) -> None:
        """Listen no longer; nothing happens when it did not."""
        socket.topics.discard(topic)
        views = self._topics.get(topic, {})
        sockets = views.get(socket.view, set())
        sockets.discard(socket)
        if not sockets:
            views.pop(socket.view, None)
        if not views:
            self._topics.pop(topic, None)

    def leave_all(self, socket: Socket) -> None:
        """The socket is gone."""
        for topic in list(socket.topics):
            self.leave(socket, topic)

    def views(self, topic: str) -> list[View]:
        """The views that listen to a topic here; empty: nobody does."""
        return list(self._topics.get(topic, ()))

    def sockets(self, topic: str) -> Iterator[Socket]:
        """Everybody who listens to a topic here."""
        for sockets in list(self._topics.get(topic, {}).values()):
            yield from list(sockets)

    def publish(
        self, topic: str, content: str | Mapping[str, Any], view: View | None = None
    ) -> int:
        """Write HTML, or data as JSON, to who listens, or only to those with one view; returns to
        how many."""
        views = self._topics.get(topic)
        if views is None:
            return 0
        groups = views.values() if view is None else [views.get(view, set())]
        frame, count = Frame.of(content), 0
        slow: list[Socket] = []
        for sockets in groups:
            for socket in sockets:
                if not socket.write(frame):
                    slow.append(socket)
            count += len(sockets)
        for socket in slow:
            self.drop(socket, TOO_SLOW)
            self.too_slow += 1
        self.frames += count - len(slow)
        return count - len(slow)

    def drop(self, socket: Socket, code: int) -> None:
        """Take a socket out of all topics and close it."""
        self.leave_all(socket)
        socket.close(code)

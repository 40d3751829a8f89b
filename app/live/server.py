"""How uvicorn serves the product: one small subclass of its websocket protocol, and its settings.

The protocol puts itself into `scope["extensions"]`, so that the hub can write one ready-made frame
to every transport. That is sound because a server's frames are not masked and carry no state as
long as no extension (permessage-deflate) is negotiated, and because uvicorn always writes a whole
message at once: frames can stand between its own, never inside one.
"""

from typing import Any

import uvicorn
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from app.live.socket import EXTENSION
from app.settings import Settings

CUT_AFTER_S = 5.0  # how long a closed client may take to read what waits and the close frame
MAX_MESSAGE = 64 * 1024  # browsers send small JSON messages


class FrameProtocol(WebSocketsSansIOProtocol):
    """uvicorn's websocket protocol that lets the hub write frames to its transport."""

    def handle_connect(self, event: Request) -> None:
        """Offer this protocol to the application, which runs from the loop's next turn on."""
        super().handle_connect(event)
        if not self.handshake_complete:  # else the handshake was refused and there is no scope
            extensions: dict[str, Any] = dict(self.scope["extensions"] or {})
            extensions[EXTENSION] = self
            self.scope["extensions"] = extensions

    def drop(self, code: int) -> None:
        """Close from the server's side without waiting; a client that does not read is cut off."""
        if self.close_sent or self.disconnected or self.transport.is_closing():
            return
        self.stop_keepalive()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": ""})
        self.conn.send_close(code)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(CUT_AFTER_S, self.transport.abort)

    def shutdown(self) -> None:
        """The server stops: 1012, and whoever does not read is cut off so that it can end."""
        super().shutdown()
        self.loop.call_later(CUT_AFTER_S, self.transport.abort)


def uvicorn_config(app: Any, settings: Settings) -> uvicorn.Config:
    """uvicorn's configuration for the product."""
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        ws=FrameProtocol,
        ws_per_message_deflate=False,  # 2-5 times the CPU and twice the memory for small frames
        ws_max_size=MAX_MESSAGE,
        ws_ping_interval=20.0,
        ws_ping_timeout=20.0,
        proxy_headers=False,  # the application's guard looks at TRUSTED_PROXIES, on any server
        server_header=False,
        timeout_graceful_shutdown=10,
        log_config=None,
        log_level=settings.log_level,
        access_log=False,  # it would write tickets; requests are logged by the product itself
    )

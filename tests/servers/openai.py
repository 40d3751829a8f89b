"""A server that speaks as OpenAI's chat completions do and says what a test tells it to."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class ModelServer:
    """`says` is the model's answer; `asked` are the bodies that came, `keys` their bearers."""

    def __init__(self) -> None:
        self.says = ""
        self.status = 200
        self.slow_s = 0.0
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def start(self) -> None:
        """Listen."""
        self._thread.start()

    def stop(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(model: ModelServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            model.asked.append(json.loads(body))
            model.keys.append(self.headers.get("Authorization", ""))
            time.sleep(model.slow_s)
            found = {"choices": [{"message": {"role": "assistant", "content": model.says}}]}
            answer = json.dumps(found).encode()
            self.send_response(model.status if self.path == "/v1/chat/completions" else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args: object) -> None:
            """Nothing on the screen."""

    return Handler


@contextmanager
def model_server() -> Iterator[ModelServer]:
    """A model that is up for the length of the block."""
    model = ModelServer()
    model.start()
    try:
        yield model
    finally:
        model.stop()

"""An authorisation server that agrees to everything, as a provider of mailboxes would (RFC 6749).

No provider's own server can run here. What is checked is real: the code is bound to the verifier
(PKCE), refresh tokens are good for one use, and Dovecot asks it about access tokens (RFC 7662).
"""

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlencode, urlsplit

CLIENT_ID, CLIENT_SECRET = "switchroom-test", "a-client-secret"


class OAuthServer:
    """Where it listens, whom it signs in, and what it has given out."""

    def __init__(self, user: str) -> None:
        self.user = user
        self.lifetime_s = 3600
        self.refreshed = 0
        self.out_of_order = False  # answers 503
        self._challenges: dict[str, str] = {}
        self._refresh: set[str] = set()
        self._access: set[str] = set()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def revoke(self) -> None:
        """The owner of the mailbox takes everything back."""
        with self._lock:
            self._refresh.clear()
            self._access.clear()

    def expire(self) -> None:
        """Every access token ends now; refresh tokens stay good."""
        with self._lock:
            self._access.clear()

    def agree(self, address: str) -> str:
        """What the browser of the owner does at the consent page: where it is sent back to."""
        asked = dict(parse_qsl(urlsplit(address).query))
        assert asked["client_id"] == CLIENT_ID
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        with self._lock:
            self._challenges[code] = asked["code_challenge"]
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, form: dict[str, str]) -> tuple[int, dict[str, object]]:
        """The token endpoint."""
        if self.out_of_order:
            return 503, {}
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return 401, {"error": "invalid_client"}
        with self._lock:
            if form.get("grant_type") == "authorization_code":
                digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
                challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
                if self._challenges.pop(form.get("code", ""), None) != challenge:
                    return 400, {"error": "invalid_grant", "error_description": "wrong code"}
            elif form.get("refresh_token") in self._refresh:
                self._refresh.discard(form["refresh_token"])
                self.refreshed += 1
            else:
                return 400, {"error": "invalid_grant", "error_description": "consent revoked"}
            access, again = secrets.token_urlsafe(16), secrets.token_urlsafe(16)
            self._access.add(access)
            self._refresh.add(again)
        return 200, {
            "access_token": access,
            "refresh_token": again,
            "token_type": "Bearer",
            "expires_in": self.lifetime_s,
        }

    def introspect(self, token: str) -> dict[str, object]:
        """What Dovecot is told of an access token."""
        with self._lock:
            known = token in self._access
        return {"active": True, "username": self.user} if known else {"active": False}

    def start(self) -> None:
        """Listen in a thread."""
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()


def _handler(owner: OAuthServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = dict(parse_qsl(urlsplit(self.path).query))
            self._answer(200, owner.introspect(query.get("token", "")))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            form = dict(parse_qsl(body))
            if self.path.startswith("/introspect"):
                self._answer(200, owner.introspect(form.get("token", "")))
            else:
                self._answer(*owner.token(form))

        def _answer(self, status: int, body: dict[str, object]) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the tests say what they expect."""

    return Handler


@contextmanager
def oauth_server(user: str) -> Iterator[OAuthServer]:
    """The server while a test needs it."""
    server = OAuthServer(user)
    server.start()
    try:
        yield server
    finally:
        server.stop()

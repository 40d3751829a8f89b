"""Pictures that a mail asks for from elsewhere, fetched by us in the reader's stead.

The sender learns neither who reads nor where: no cookies, no referrer, our address. Nothing inside
the house can be reached (see `outgoing`), redirects are checked like first addresses, and only
bytes that begin like a picture come back. What was fetched is kept for a week.
"""

import hashlib
import hmac
import http.client
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

from app.security.outgoing import NotCalled, connect, public_address

MOST_BYTES = 10_000_000
MOST_S = 15.0  # for all of it, however slowly it drips
MOST_REDIRECTS = 3
LONGEST_URL = 4_000
KEPT_S = 7 * 24 * 3600
MOST_KEPT = 500_000_000  # bytes
PORTS = {None, 80, 443, 8080, 8443}
_HEADERS = {
    "Accept": "image/webp,image/png,image/jpeg,image/gif",
    "Accept-Encoding": "identity",
    "User-Agent": "Mozilla/5.0 (compatible; mail picture proxy)",
    "Connection": "close",
}
_REDIRECTS = (301, 302, 303, 307, 308)
# What may be in a URL's path and query as it goes over the wire; the rest is percent-encoded.
_AS_IS = "/?:@!$&'()*+,;=-._~%[]"


@dataclass(frozen=True, slots=True)
class Picture:
    """Bytes and the kind they are, by how they begin."""

    data: bytes
    content_type: str


def sign(secret: bytes, message_id: int, url: str) -> str:
    """The mark that this message may ask us for this address, and nobody for another."""
    words = f"switchroom/picture/{message_id}/{url}".encode()
    return hmac.new(secret, words, hashlib.sha256).hexdigest()[:32]


def is_signed(secret: bytes, message_id: int, url: str, mark: str) -> bool:
    """Whether the mark is ours."""
    return hmac.compare_digest(sign(secret, message_id, url).encode(), mark.encode())


def cached(folder: Path, url: str, *, allow_private: bool = False) -> Picture:
    """The picture from `folder`, or fetched and kept there. Blocks; raises NotCalled like fetch."""
    path = folder / hashlib.sha256(url.encode()).hexdigest()
    try:
        if path.stat().st_mtime > time.time() - KEPT_S:
            data = path.read_bytes()
            return Picture(data, kind_of(data) or "application/octet-stream")
    except FileNotFoundError:
        pass  # not kept yet
    picture = fetch(url, allow_private=allow_private)
    folder.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}")
    partial.write_bytes(picture.data)
    partial.replace(path)
    _forget_old(folder)
    return picture


def fetch(url: str, *, allow_private: bool = False) -> Picture:
    """The picture at an http(s) address; NotCalled where there is none, or none we may ask for."""
    until = time.monotonic() + MOST_S
    for _ in range(MOST_REDIRECTS + 1):
        found = _ask(url, until, allow_private)
        if isinstance(found, Picture):
            return found
        url = urljoin(url, found)
    raise NotCalled("It redirects too often.")


def kind_of(data: bytes) -> str | None:
    """The kind of picture these bytes begin like; None for anything else, SVG among it."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return None


def _ask(url: str, until: float, allow_private: bool) -> Picture | str:
    """One request: the picture, or where it says to look instead."""
    scheme, host, port, path = _parts(url, allow_private)
    address = public_address(host, port, allow_private=allow_private)
    try:
        connection = connect(scheme, host, port, address, handshake=False)
        try:
            with _cut_off(connection, until):
                connection.request("GET", path, headers=_HEADERS)
                found = _read(connection.getresponse())
            if time.monotonic() > until:
                raise NotCalled(f"It took longer than {MOST_S:.0f} s.")
            return found
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NotCalled(f"{type(error).__name__}: {error}") from error


def _parts(url: str, allow_private: bool) -> tuple[str, str, int, str]:
    try:
        parts = urlsplit(url)
        port, host = parts.port, (parts.hostname or "").encode("idna").decode()
    except ValueError as error:
        raise NotCalled(f"This is not an address: {error}") from error
    if parts.scheme not in ("http", "https") or not host or len(url) > LONGEST_URL:
        raise NotCalled("The address must begin with https:// or http://.")
    if port not in PORTS and not allow_private:
        raise NotCalled(f"Port {port} is not one for pictures.")
    path = quote(parts.path or "/", safe=_AS_IS)
    query = quote(parts.query, safe=_AS_IS)
    return (
        parts.scheme,
        host,
        port or (443 if parts.scheme == "https" else 80),
        f"{path}?{query}" if query else path,
    )


def _read(answer: http.client.HTTPResponse) -> Picture | str:
    if answer.status in _REDIRECTS and (there := answer.headers.get("Location")):
        return there
    if answer.status != 200:
        raise NotCalled(f"It answered {answer.status}.")
    data = answer.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise NotCalled(f"It is larger than {MOST_BYTES} bytes.")
    content_type = kind_of(data)
    if content_type is None:
        raise NotCalled("It is not a picture.")
    return Picture(data, content_type)


@contextmanager
def _cut_off(connection: http.client.HTTPConnection, until: float) -> Iterator[None]:
    """Hang up when the time is over: a socket's own timeout begins anew with every byte."""
    sock = connection.sock

    def hang_up() -> None:
        try:
            socket.socket.shutdown(sock, socket.SHUT_RDWR)  # of a TLS socket too, below its TLS
        except OSError:
            return  # it has ended by itself

    timer = threading.Timer(max(0.0, until - time.monotonic()), hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _forget_old(folder: Path) -> None:
    """Keep the folder small: what is older than a week goes, and the oldest of too much."""
    with os.scandir(folder) as entries:
        files = [(entry.path, entry.stat()) for entry in entries]
    old, kept = time.time() - KEPT_S, 0
    for path, about in sorted(files, key=lambda file: -file[1].st_mtime):
        kept += about.st_size
        if kept > MOST_KEPT or about.st_mtime < old:
            Path(path).unlink(missing_ok=True)

"""Cuts a mail into its tree of parts in linear time, whatever the bytes are.

The standard library's parser takes quadratic time on huge headers and deep nesting, and raises on
some broken mails; this one has limits instead and lets the rest pass (RFC 5322, RFC 2045-2046).
"""

import binascii
import re
import string
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from channels.email import charset
from channels.email.headers import Headers, Parameters, parse_parameters, read_headers

MAX_DEPTH = 20
MAX_PARTS = 500

_NOT_EMPTY = re.compile(rb"[^\r\n]+")
_MAX_UU_LINES = 1_000_000
_NOT_BASE64 = bytes(set(range(256)) - set(f"{string.ascii_letters}{string.digits}+/=".encode()))
_GUESSED_BOUNDARY = re.compile(rb"(?m)^--([^\s-][^\r\n]{0,68}[^\s-])[ \t]*\r?$")


@dataclass(slots=True)
class Part:
    """One part. `body` is as transferred; `children` are those of a multipart, else none."""

    headers: Headers
    content_type: str
    parameters: Parameters
    disposition: str
    disposition_parameters: Parameters
    body: bytes
    children: list["Part"] = field(default_factory=list)

    @property
    def filename(self) -> str:
        """The name that the sender gave, unsafe as it came; "" when there is none."""
        return self.disposition_parameters.get("filename") or self.parameters.get("name") or ""

    @property
    def content_id(self) -> str | None:
        return self.headers.first("content-id").strip().strip("<>").strip() or None

    def data(self) -> bytes:
        """The body with its transfer encoding undone."""
        encoding = self.headers.first("content-transfer-encoding").strip().strip("\"';").lower()
        if encoding == "base64":
            return _base64(self.body)
        if encoding == "quoted-printable":
            return binascii.a2b_qp(self.body)
        if encoding in ("x-uuencode", "uuencode", "x-uue", "uue"):
            return _uuencoded(self.body)
        return self.body

    def text(self, locale: str) -> str:
        """The body as text with LF line ends."""
        data = self.data()
        declared = self.parameters.get("charset")
        if charset.known_codec(declared) in (None, "ascii") and self.content_type == "text/html":
            declared = charset.declared_in_html(data) or declared
        text = charset.decode(data, declared, locale).replace("\x00", "")
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def walk(self) -> Iterator["Part"]:
        """This part and all below it, in the order of the mail."""
        yield self
        for child in self.children:
            yield from child.walk()


def read(raw: bytes, locale: str = "en") -> Part:
    """The tree of a whole mail."""
    if b"\n" not in raw[:100_000] and b"\r" in raw:
        raw = raw.replace(b"\r", b"\n")
    return _read(raw, locale, "text/plain", 0, _Budget())


@dataclass(slots=True)
class _Budget:
    parts: int = MAX_PARTS


def _read(raw: bytes, locale: str, default_type: str, depth: int, budget: _Budget) -> Part:
    budget.parts -= 1
    headers, body = read_headers(raw, locale)
    content_type, parameters = parse_parameters(headers.first("content-type"))
    if not re.fullmatch(r"[\w.+-]+/[\w.+-]+", content_type, re.ASCII):
        content_type = "text/plain" if content_type == "text" else default_type
    disposition, disposition_parameters = parse_parameters(headers.first("content-disposition"))
    part = Part(headers, content_type, parameters, disposition, disposition_parameters, body)
    if content_type.startswith("multipart/"):
        pieces = _split(body, parameters.get("boundary")) if depth < MAX_DEPTH else []
        if not pieces:
            part.content_type = "text/plain"
        inner = "message/rfc822" if content_type == "multipart/digest" else "text/plain"
        for piece in pieces:
            if budget.parts <= 0:
                break
            part.children.append(_read(piece, locale, inner, depth + 1, budget))
    return part


def _split(body: bytes, boundary: str | None) -> list[bytes]:
    """What lies between the boundary lines; the end of the mail closes what was left open."""
    pieces = _split_at(body, boundary.encode("utf-8", "replace")) if boundary else []
    if not pieces:
        guess = _GUESSED_BOUNDARY.search(body[:20_000])
        pieces = _split_at(body, guess[1]) if guess else []
    return pieces


def _split_at(body: bytes, boundary: bytes) -> list[bytes]:
    line = re.compile(rb"(?m)^--" + re.escape(boundary.rstrip()) + rb"(--)?[ \t]*\r?(?:\n|\Z)")
    pieces, start = [], None
    for found in line.finditer(body):
        if start is not None:
            pieces.append(_without_last_newline(body[start : found.start()]))
        start = found.end()
        if found[1]:
            return pieces
    if start is not None and start < len(body):
        pieces.append(body[start:])
    return pieces


def _without_last_newline(piece: bytes) -> bytes:
    """The line break before a boundary belongs to the boundary."""
    if piece.endswith(b"\r\n"):
        return piece[:-2]
    return piece[:-1] if piece.endswith(b"\n") else piece


def _base64(body: bytes) -> bytes:
    """Base64 with junk left out, missing padding added, and padding in the middle survived."""
    clean = body.translate(None, _NOT_BASE64).rstrip(b"=")
    out = bytearray()
    for run in re.split(rb"=+", clean) if b"=" in clean else [clean]:
        whole = run[:-1] if len(run) % 4 == 1 else run
        out += binascii.a2b_base64(whole + b"=" * (-len(whole) % 4))
    return bytes(out)


def _uuencoded(body: bytes) -> bytes:
    """The lines of at most 45 bytes each; a file of more than 45 MB is cut off there."""
    out = bytearray()
    for found in islice(_NOT_EMPTY.finditer(body), _MAX_UU_LINES):
        line = found[0]
        if line.startswith((b"begin ", b"end")):
            continue
        length = (((line[0] - 32) & 63) * 4 + 5) // 3 + 1
        try:
            out += binascii.a2b_uu(line[:length])
        except binascii.Error:
            continue
    return bytes(out)

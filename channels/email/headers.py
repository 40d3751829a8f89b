"""Reads header fields: encoded words, parameters, addresses, dates, ids; linear on any input."""

import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from channels.email import charset

Parameters = Mapping[str, str]

MAX_FIELD_BYTES = 65_536
MAX_FIELDS = 1_000
MAX_TOTAL_BYTES = 1_048_576
_MAX_PARAMETERS = 8_192

_FIELD = re.compile(rb"([\x21-\x39\x3b-\x7e]{1,100})[ \t]*:[ \t]*")
_WORD = re.compile(
    r"=\?([\w.:+()-]{1,60})(?:\*[\w-]{0,20})?\?([bBqQ])\?"
    r"([^?]*(?:\?(?!=)[^?]{0,75}){0,3})\?="
)
_PARAMETER = re.compile(
    r";\s*([^\s=;*\"]{1,60})\s*(\*\d{1,3})?(\*)?\s*=\s*(\"(?:[^\"\\]|\\.)*\"|[^;]*)"
)
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,990}>")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class Headers:
    """The fields in order: lower-case name and unfolded value with encoded words as they came."""

    fields: tuple[tuple[str, str], ...]

    def all(self, name: str) -> list[str]:
        return [value for known, value in self.fields if known == name]

    def first(self, name: str) -> str:
        """The first value of a field, "" when the mail has none."""
        return next((value for known, value in self.fields if known == name), "")

    def text(self, name: str) -> str:
        """The first value, decoded, on one line."""
        return decode_words(self.first(name))

    def __contains__(self, name: str) -> bool:
        return any(known == name for known, _ in self.fields)


def read_headers(raw: bytes, locale: str) -> tuple[Headers, bytes]:
    """The header fields at the start of `raw`, and the body after the empty line."""
    found: list[tuple[str, list[bytes]]] = []
    size = 0
    position, end = 0, len(raw)
    while position < end:
        newline = raw.find(b"\n", position)
        after = end if newline < 0 else newline + 1
        line = raw[position : min(after, position + MAX_FIELD_BYTES)].rstrip(b"\r\n")
        if not line and (found or not _starts_field(raw, after)):
            position = after
            break
        is_new = _FIELD.match(line)
        if line[:1] in (b" ", b"\t") and found:
            found[-1][1].append(line)
        elif is_new and size < MAX_TOTAL_BYTES and len(found) < MAX_FIELDS:
            found.append((is_new[1].decode("ascii").lower(), [line[is_new.end() :]]))
        elif not (is_new or not line or line.startswith((b"From ", b">From "))) and not (
            _starts_field(raw, after)
        ):
            break  # no field, and none behind it: the body has begun without an empty line
        size += len(line)
        position = after
    fields = tuple((name, _unfold(lines, locale)) for name, lines in found)
    return Headers(fields), raw[position:]


def decode_words(value: str) -> str:
    """RFC 2047 encoded words decoded, also where characters were split between words."""
    pieces: list[str] = []
    pending: list[bytes] = []
    pending_charset = ""
    position = 0
    for word in _WORD.finditer(value):
        between = value[position : word.start()]
        if pending and (between.strip() or word[1].lower() != pending_charset):
            pieces.append(charset.decode(b"".join(pending), pending_charset))
            pending = []
        if between.strip() or position == 0:
            pieces.append(between)
        pending_charset = word[1].lower()
        pending.append(_word_bytes(word[2].lower(), word[3]))
        position = word.end()
    if pending:
        pieces.append(charset.decode(b"".join(pending), pending_charset))
    pieces.append(value[position:])
    return _CONTROL.sub(" ", "".join(pieces)).strip()


def parse_parameters(value: str) -> tuple[str, Parameters]:
    """The main value, lower-case, and its parameters, RFC 2231 pieces joined and decoded."""
    value = value[:_MAX_PARAMETERS]
    main, _, _ = value.partition(";")
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    for found in _PARAMETER.finditer(value):
        name, number, star, text = found[1].lower(), found[2], found[3], found[4].strip()
        if text.startswith('"') and text.endswith('"') and len(text) > 1:
            text = re.sub(r"\\([\"\\])", r"\1", text[1:-1])
        if number or star:
            index = int(number[1:]) if number else 0
            pieces.setdefault(name, {}).setdefault(index, (text, bool(star)))
        else:
            plain.setdefault(name, decode_words(text.strip('"')))
    for name, numbered in pieces.items():
        joined = _join_pieces([numbered[index] for index in sorted(numbered)])
        plain[name] = joined
    return main.strip().strip("\"'").lower(), plain


def parse_date(value: str) -> int | None:
    """A Date header in ms since the epoch; None when it is no date."""
    try:
        moment = parsedate_to_datetime(value[:200])
        return int(moment.timestamp() * 1000)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def message_ids(value: str) -> tuple[str, ...]:
    """The `<id>`s of a Message-ID, In-Reply-To or References field, in order, each once."""
    return tuple(dict.fromkeys(_MESSAGE_ID.findall(value)))


def _starts_field(raw: bytes, position: int) -> bool:
    return _FIELD.match(raw, position) is not None


def _unfold(lines: list[bytes], locale: str) -> str:
    value = b"".join(lines)[:MAX_FIELD_BYTES]
    return charset.decode(value, None, locale).replace("\x00", "").strip()


def _word_bytes(encoding: str, text: str) -> bytes:
    try:
        data = text.encode("latin-1")
    except UnicodeEncodeError:
        data = text.encode("utf-8", "replace")
    if encoding == "q":
        return binascii.a2b_qp(data.replace(b"\n", b""), header=True)
    clean = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
    clean = clean[:-1] if len(clean) % 4 == 1 else clean
    return binascii.a2b_base64(clean + b"=" * (-len(clean) % 4))


def _join_pieces(pieces: list[tuple[str, bool]]) -> str:
    """RFC 2231: charset'language'percent-encoded, possibly in numbered pieces."""
    first, is_encoded = pieces[0]
    declared = None
    if is_encoded and first.count("'") >= 2:
        declared, _, first = first.split("'", 2)
    data = bytearray()
    for text, encoded in [(first, is_encoded), *pieces[1:]]:
        raw = text.encode("utf-8", "replace")
        data += re.sub(rb"%([0-9a-fA-F]{2})", _percent, raw) if encoded else raw
    return decode_words(charset.decode(bytes(data), declared))


def _percent(found: re.Match[bytes]) -> bytes:
    return bytes([int(found[1], 16)])

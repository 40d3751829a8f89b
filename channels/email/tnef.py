"""Unpacks winmail.dat: what Outlook sends to those who, it believes, use Outlook as well.

The format is [MS-OXTNEF], the properties are named in [MS-OXPROPS]. The reader takes every length
and count in the file for a claim: it never reads past the end and never loops longer than there are
bytes, which the packages that read this format do.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

_SIGNATURE = 0x223E9F78
_IMESSAGE = bytes.fromhex("0703020000000000c000000000000046")  # IID_IMessage: a mail in a mail
_IID_TAIL = _IMESSAGE[4:]  # how every such id of an embedded object ends
_MAX_DEPTH = 5
_MAX_FILES = 500

# Attributes of the stream
_BODY, _MESSAGE_PROPS, _CODE_PAGE = 0x800C, 0x9003, 0x9007
_RENDERING, _TITLE, _DATA, _ATTACHMENT_PROPS = 0x9002, 0x8010, 0x800F, 0x9005

# Properties
_P_SUBJECT, _P_BODY, _P_HTML, _P_INTERNET_CODE_PAGE = 0x0037, 0x1000, 0x1013, 0x3FDE
_P_DISPLAY_NAME, _P_DATA, _P_FILENAME, _P_LONG_FILENAME = 0x3001, 0x3701, 0x3704, 0x3707
_P_MIME_TYPE, _P_CONTENT_ID = 0x370E, 0x3712

# Property types: those of a fixed size in bytes (padded to four), and those that carry lengths
_FIXED = {0x02: 4, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 4, 0x14: 8,
          0x40: 8, 0x48: 16}  # fmt: skip
_UNICODE = 0x1F
_SIZED = {0x1E, _UNICODE, 0x0D, 0x102}
_MULTIPLE, _NAMED = 0x1000, 0x8000

# Code pages that are not called cp and their number in Python
_CODECS = {
    936: "gb18030", 1200: "utf-16-le", 20127: "ascii", 20866: "koi8-r", 28591: "latin-1",
    50220: "iso2022_jp", 51932: "euc-jp", 54936: "gb18030", 65001: "utf-8",
}  # fmt: skip


@dataclass(slots=True)
class PackedFile:
    """A file that lay in the pack; names are as they came."""

    name: str = ""
    content_type: str = ""
    content_id: str | None = None
    data: bytes = b""


@dataclass(slots=True)
class Unpacked:
    """What was in the pack. Outlook's own formatted text (RTF) is left in it."""

    files: list[PackedFile] = field(default_factory=list)
    text: str = ""
    html: str = ""


class NotTnef(ValueError):
    """The bytes are no such pack, or nothing in it could be read."""


def unpack(data: bytes, depth: int = 0) -> Unpacked:
    """The files and texts of a pack, of mails inside of it too; what is cut off is left out."""
    if len(data) < 6 or struct.unpack_from("<I", data)[0] != _SIGNATURE:
        raise NotTnef("the file does not begin as a winmail.dat does")
    found = Unpacked()
    code_page = "cp1252"
    for name, value in _attributes(data):
        if name == _CODE_PAGE and len(value) >= 4:
            code_page = _codec(struct.unpack_from("<I", value)[0])
        elif name == _BODY:
            found.text = found.text or _text(value, code_page)
        elif name == _MESSAGE_PROPS:
            _read_message(found, value, code_page)
        elif name == _RENDERING:
            if len(found.files) >= _MAX_FILES:
                break
            found.files.append(PackedFile())
        elif found.files:
            _read_file(found.files[-1], name, value, code_page)
    found.files = [each for packed in found.files for each in _opened(packed, depth)]
    return found


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Id and value of each attribute, in the order of the stream ([MS-OXTNEF] 2.1.3)."""
    at = 6
    while at + 9 <= len(data):
        name, length = struct.unpack_from("<xHxxI", data, at)
        yield name, data[at + 9 : at + 9 + length]
        at += 9 + length + 2  # the checksum is not worth losing a file for


def _read_message(found: Unpacked, value: bytes, code_page: str) -> None:
    properties = dict(_properties(value, code_page))
    internet = properties.get(_P_INTERNET_CODE_PAGE, b"")
    if isinstance(internet, bytes) and len(internet) >= 4:
        code_page = _codec(struct.unpack_from("<I", internet)[0])
    found.text = _text(properties.get(_P_BODY, b""), code_page) or found.text
    found.html = _text(properties.get(_P_HTML, b""), code_page)


def _read_file(packed: PackedFile, name: int, value: bytes, code_page: str) -> None:
    if name == _TITLE:
        packed.name = packed.name or _text(value, code_page)
    elif name == _DATA:
        packed.data = value
    elif name == _ATTACHMENT_PROPS:
        properties = dict(_properties(value, code_page))

        def text_of(*names: int) -> str:
            return next(
                (text for n in names if (text := _text(properties.get(n, b""), code_page))), ""
            )

        packed.name = text_of(_P_LONG_FILENAME, _P_FILENAME) or packed.name
        packed.name = packed.name or text_of(_P_DISPLAY_NAME)
        packed.content_type = text_of(_P_MIME_TYPE).lower()
        packed.content_id = text_of(_P_CONTENT_ID).strip("<>") or None
        inner = properties.get(_P_DATA)
        if isinstance(inner, bytes) and inner:
            packed.data = inner


def _opened(packed: PackedFile, depth: int) -> list[PackedFile]:
    """The file itself; of a mail in the mail its text and its files."""
    is_mail = packed.data.startswith(_IMESSAGE)
    if packed.data[4 : len(_IMESSAGE)] == _IID_TAIL:
        packed.data = packed.data[len(_IMESSAGE) :]
    if not is_mail or depth >= _MAX_DEPTH:
        return [packed]
    try:
        inner = unpack(packed.data, depth + 1)
    except NotTnef:
        return [packed]
    if inner.html or inner.text:
        packed.content_type = "text/html" if inner.html else "text/plain"
        packed.data = (inner.html or inner.text).encode("utf-8", "replace")
        return [packed, *inner.files]
    return inner.files or [packed]


def _properties(value: bytes, code_page: str) -> Iterator[tuple[int, bytes | str]]:
    """Id and first value of each property ([MS-OXTNEF] 2.1.3.4); ends where it is broken."""
    reader = _Reader(value)
    try:
        for _ in range(reader.number()):
            yield reader.property()
    except _BrokenOffError:
        return


class _BrokenOffError(Exception):
    """The bytes end, or nobody knows how long the next thing is."""


class _Reader:
    """Walks through properties; each step takes at least four bytes, so that it ends."""

    def __init__(self, value: bytes) -> None:
        self._value = value
        self._at = 0

    def number(self) -> int:
        return int(struct.unpack("<I", self._take(4))[0])

    def property(self) -> tuple[int, bytes | str]:
        kind, name = struct.unpack("<HH", self._take(4))
        if name & _NAMED:
            self._take(16)  # the GUID of the set that the name is from
            is_text, number = self.number(), self.number()
            self._take(number + -number % 4 if is_text else 0)
        is_several, kind = bool(kind & _MULTIPLE), kind & ~_MULTIPLE
        count = self.number() if is_several or kind in _SIZED else 1
        first = b""
        for place in range(count):
            one = self._one(kind)
            first = first if place else one
        return name, first.decode("utf-16-le", "replace") if kind == _UNICODE else first

    def _one(self, kind: int) -> bytes:
        if kind in _SIZED:
            length = self.number()
        elif kind in _FIXED:
            length = _FIXED[kind]
        else:
            raise _BrokenOffError
        value = self._take(length)
        self._at += -length % 4
        return value

    def _take(self, length: int) -> bytes:
        if self._at + length > len(self._value):
            raise _BrokenOffError
        self._at += length
        return self._value[self._at - length : self._at]


def _text(value: bytes | str, code_page: str) -> str:
    text = value if isinstance(value, str) else value.decode(code_page, "replace")
    return text.rstrip("\x00").replace("\x00", "")


def _codec(number: int) -> str:
    """Python's name of a Windows code page; the western one for those it does not know."""
    name = _CODECS.get(number) or f"cp{number}"
    try:
        "".encode(name)
    except LookupError:
        return "cp1252"
    return name

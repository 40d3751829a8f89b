"""Turns the files of a mail into attachments with safe, unique names."""

import mimetypes
import re
import unicodedata

from channels.email.headers import read_headers
from channels.email.mime import Part
from channels.values import Attachment

MAX_NAME_BYTES = 200

# Path separators, controls, what Windows forbids, and bidi marks that disguise an extension.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f/\\:*?\"<>|\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_EXTENSIONS = {
    "message/rfc822": ".eml",
    "text/plain": ".txt",
    "image/jpeg": ".jpg",
    "text/calendar": ".ics",
    "application/ms-tnef": ".dat",
}


def to_attachments(files: list[Part], locale: str) -> tuple[Attachment, ...]:
    """One attachment for each part that is a file, names unique regardless of case."""
    taken: set[str] = set()
    found = []
    for number, part in enumerate(files, 1):
        name = _unique(_name(part, number, locale), taken)
        taken.add(name.casefold())
        data = part.body if part.content_type.startswith("message/") else part.data()
        found.append(Attachment(name, part.content_type, data, part.content_id))
    return tuple(found)


def safe_name(name: str) -> str:
    """A file name without path, controls or disguise, at most MAX_NAME_BYTES; may be ""."""
    name = unicodedata.normalize("NFC", name.replace("\\", "/").rsplit("/", 1)[-1])
    name = " ".join(_UNSAFE.sub("_", name).split()).strip(". ")
    if not name.strip("_"):
        return ""
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension) > 12:
        stem, dot, extension = name, "", ""
    room = MAX_NAME_BYTES - len((dot + extension).encode())
    return stem.encode("utf-8", "ignore")[:room].decode("utf-8", "ignore") + dot + extension


def _name(part: Part, number: int, locale: str) -> str:
    name = safe_name(part.filename)
    extension = _EXTENSIONS.get(part.content_type) or mimetypes.guess_extension(part.content_type)
    if part.content_type == "message/rfc822":
        if not name:
            headers, _ = read_headers(part.body[:65_536], locale)
            name = safe_name(headers.text("subject").replace("/", "_")) or f"message-{number}"
        return name if name.lower().endswith(".eml") else f"{name}.eml"
    return name or f"attachment-{number}{extension or '.bin'}"


def _unique(name: str, taken: set[str]) -> str:
    stem, dot, extension = name.rpartition(".")
    if not dot:
        stem, extension = name, ""
    candidate, count = name, 1
    while candidate.casefold() in taken:
        count += 1
        candidate = f"{stem} ({count}){dot}{extension}"
    return candidate

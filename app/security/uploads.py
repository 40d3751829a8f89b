"""Files from browsers: their size, what they really are, their names; pictures are drawn anew.

A picture that was re-encoded here has its width and height set, and only such a file is ever shown
inside a page. Everything else is handed out for downloading.
"""

import re
import unicodedata
from dataclasses import dataclass

import filetype

from app.db import Invalid

PICTURES = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif"})
LONGEST_SIDE = 4096  # pixels kept of a picture
PHOTO_SIDE = 256  # pixels of a person's photo
LONGEST_NAME = 150
# What runs when somebody opens it. Customers and agents have no need to send these.
_RUNS = frozenset(
    """app bat chm cmd com cpl dll dmg exe gadget hta inf jar js jse lnk msc msi msp pif ps1 reg
    scr sct sh vb vbe vbs ws wsc wsf wsh""".split()  # noqa: SIM905 - a list of 36 strings is harder to read
)
_RUNNING_TYPES = frozenset(
    {"application/x-msdownload", "application/x-executable", "application/x-mach-binary"}
)
# Characters that break paths or headers, and those that turn the direction of text around.
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\u200e\u200f\u202a-\u202e\u2066-\u2069]')


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file that may be kept. Width and height are set when it is a picture of our own making."""

    name: str
    content_type: str
    data: bytes
    width: int | None = None
    height: int | None = None


def check_upload(name: str, data: bytes, largest: int, *, field: str = "file") -> CheckedFile:
    """Check a file of at most `largest` bytes; raises Invalid with empty, too_large, not_allowed,
    or not_a_picture for a picture that cannot be read."""
    if not data:
        raise Invalid(**{field: "empty"})
    if len(data) > largest:
        raise Invalid(**{field: "too_large"})
    name = clean_name(name)
    content_type = sniff(data)
    if content_type in _RUNNING_TYPES or name.rpartition(".")[2].lower() in _RUNS:
        raise Invalid(**{field: "not_allowed"})
    if content_type in PICTURES:
        from app.security.pictures import redraw  # loads Pillow, which most processes never need

        picture, width, height = redraw(data, content_type, LONGEST_SIDE, field=field)
        return CheckedFile(name, content_type, picture, width, height)
    return CheckedFile(name, content_type, data)


def check_photo(data: bytes, largest: int, *, field: str = "photo") -> CheckedFile:
    """A person's photo: any picture becomes a small square WebP."""
    if len(data) > largest:
        raise Invalid(**{field: "too_large"})
    content_type = sniff(data)
    if content_type not in PICTURES:
        raise Invalid(**{field: "not_a_picture"})
    from app.security.pictures import redraw

    picture, width, height = redraw(data, content_type, PHOTO_SIDE, square=True, field=field)
    return CheckedFile("photo.webp", "image/webp", picture, width, height)


def clean_name(name: str) -> str:
    """A file name without path, control characters and direction overrides; never empty."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    last = " ".join(_UNSAFE.sub("", last).split()).strip(". ")
    stem, dot, ending = last.rpartition(".")
    if dot and len(ending) <= 10:
        return f"{stem[: LONGEST_NAME - len(ending) - 1]}.{ending}" if stem else f"file.{ending}"
    return last[:LONGEST_NAME] or "file"


def sniff(data: bytes) -> str:
    """The type that the content shows, whatever name or browser say. Text is plain text: HTML and
    SVG are nothing a browser should run."""
    found = filetype.guess(data[:8192])
    if found is not None:
        return str(found.mime)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return "application/octet-stream"
    return "application/octet-stream" if "\x00" in text else "text/plain"

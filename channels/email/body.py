"""Gathers what a person reads in a mail: all inline text parts, plain and HTML, in order."""

import html
import mimetypes
import re
from dataclasses import dataclass, field

from channels.email.headers import Headers
from channels.email.mime import Part
from channels.email.tnef import NotTnef, unpack

MAX_HTML_FOR_TEXT = 1_000_000
MAX_TEXT = 2_000_000

_HIDDEN = re.compile(r"<(script|style|head|title)\b[^>]{0,500}>.*?</\1\s*>", re.I | re.S)
_TAG = re.compile(r"<[^<>]{0,5000}>")
_BREAK = re.compile(r"<(?:br|/p|/div|/tr|/li|/h\d)\b[^<>]{0,500}>", re.I)
_BLANKS = re.compile(r"\n[ \t\u00a0]*(?:\n[ \t\u00a0]*){2,}")
_TNEF_TYPES = ("application/ms-tnef", "application/vnd.ms-tnef")
_TEXT_TYPES = ("text/plain", "text/html")
_REPORT_TYPES = frozenset(
    {"message/delivery-status", "message/global-delivery-status", "message/feedback-report"}
    | {"message/disposition-notification", "text/rfc822-headers"}
)


@dataclass(slots=True)
class _Segment:
    """One inline piece: plain text, HTML, or both when they are alternatives."""

    plain: str | None = None
    html: str | None = None


@dataclass(slots=True)
class Body:
    """The text, the HTML when any part was HTML, and the parts that are files."""

    text: str
    html: str | None
    files: list[Part] = field(default_factory=list)
    defects: tuple[str, ...] = ()


def gather(root: Part, locale: str) -> Body:
    """Join the inline parts of a mail; alternatives count once, everything else is a file."""
    files: list[Part] = []
    segments = _segments(root, locale, files, is_first=True)
    files, packed, defects = _unpacked(files)
    if not any((s.plain or s.html or "").strip() for s in segments):
        segments = packed or segments
    if not segments:
        segments = _first_shown_file(files, locale)
    texts = [_plain(segment) for segment in segments]
    text = "\n".join(text for text in texts if text.strip())[:MAX_TEXT]
    has_html = any(segment.html is not None for segment in segments)
    markup = "\n".join(s.html if s.html is not None else _as_html(s.plain or "") for s in segments)
    return Body(text, markup if has_html else None, files, defects)


def html_to_text(markup: str) -> str:
    """The text of HTML as it would be read aloud, links and images left out."""
    from inscriptis import get_text  # with lxml a few MB that most processes never need

    try:
        text = get_text(markup[:MAX_HTML_FOR_TEXT])
    except (ValueError, RecursionError, AttributeError, KeyError, TypeError, IndexError):
        # Hostile markup; reading it crudely is better than not at all.
        text = html.unescape(_TAG.sub("", _BREAK.sub("\n", _HIDDEN.sub(" ", markup))))
    return _BLANKS.sub("\n\n", text.replace("\u00a0", " ")).strip()


def _segments(part: Part, locale: str, files: list[Part], *, is_first: bool) -> list[_Segment]:
    if part.children and part.content_type == "multipart/alternative":
        return _alternative(part, locale, files, is_first=is_first)
    if part.children:
        found: list[_Segment] = []
        for child in part.children:
            found += _segments(child, locale, files, is_first=is_first and not found)
        return found
    if part.content_type in _REPORT_TYPES or part.content_type.startswith("multipart/"):
        return []
    if not _is_inline_text(part, is_first):
        files.append(part)
        return []
    text = part.text(locale)
    if part.content_type == "text/html":
        return [_Segment(html=text)]
    if part.parameters.get("format", "").lower() == "flowed":
        text = _unflow(text, part.parameters.get("delsp", "").lower() == "yes")
    return [_Segment(plain=text)]


def _is_inline_text(part: Part, is_first: bool) -> bool:
    if part.content_type not in _TEXT_TYPES or part.disposition == "attachment":
        return False
    return not part.filename or (is_first and part.disposition != "inline")


def _unpacked(files: list[Part]) -> tuple[list[Part], list[_Segment], tuple[str, ...]]:
    """The files with every winmail.dat replaced by what is in it, and the texts that were there."""
    kept: list[Part] = []
    texts: list[_Segment] = []
    defects: list[str] = []
    for part in files:
        if part.content_type not in _TNEF_TYPES and part.filename.lower() != "winmail.dat":
            kept.append(part)
            continue
        try:
            inside = unpack(part.data())
        except NotTnef as error:
            kept.append(part)
            defects.append(f"winmail.dat could not be unpacked: {error}.")
            continue
        for each in inside.files:
            headers = Headers((("content-id", f"<{each.content_id}>"),) if each.content_id else ())
            name = {"filename": each.name or "Untitled attachment"}
            kind = each.content_type or mimetypes.guess_type(each.name)[0]
            kept.append(
                Part(headers, kind or "application/octet-stream", {}, "attachment", name, each.data)
            )
        if inside.html or inside.text:
            texts.append(_Segment(inside.text or None, inside.html or None))
    return kept, texts, tuple(defects)


def _first_shown_file(files: list[Part], locale: str) -> list[_Segment]:
    """A mail whose only text is a named inline file shows it; the file is kept as well."""
    for part in files:
        if part.content_type == "text/plain" and part.disposition != "attachment":
            return [_Segment(plain=part.text(locale))]
    return []


def _alternative(part: Part, locale: str, files: list[Part], *, is_first: bool) -> list[_Segment]:
    """One segment of the best plain and the best HTML; files inside alternatives stay files."""
    plain: str | None = None
    markup: str | None = None
    for child in part.children:
        inner = _segments(child, locale, files, is_first=is_first)
        if not inner:
            continue
        if any(segment.html is not None for segment in inner):
            markup = "\n".join(
                s.html if s.html is not None else _as_html(s.plain or "") for s in inner
            )
        elif not (plain or "").strip():
            plain = "\n".join(segment.plain or "" for segment in inner)
    return [_Segment(plain, markup)] if plain is not None or markup is not None else []


def _plain(segment: _Segment) -> str:
    if segment.plain is not None and (segment.plain.strip() or segment.html is None):
        return segment.plain
    return html_to_text(segment.html or "")


def _as_html(text: str) -> str:
    return "<div>" + html.escape(text).replace("\n", "<br>\n") + "</div>"


def _unflow(text: str, delsp: bool) -> str:
    """RFC 3676: a line that ends in a space goes on in the next one of the same quote depth."""
    paragraphs: list[list[str]] = []
    depth_before, is_open = 0, False
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")
        if not (is_open and depth == depth_before and content.rstrip() != "--"):
            paragraphs.append([">" * depth + " "] if depth else [])
        is_open = content.endswith(" ") and content != "-- "
        depth_before = depth
        paragraphs[-1].append(content[:-1] if is_open and delsp else content)
    return "\n".join("".join(pieces) for pieces in paragraphs)

"""Makes an Inbound of what a visitor typed into the widget."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from channels.identity import normalise
from channels.values import Attachment, Identity, IdentityKind, Inbound, ThreadHints

MAX_TEXT = 10_000
_MAX_SHORT = 500

# Tab and line feed stay. NUL is refused by PostgreSQL; the bidirectional overrides, unlike the
# marks and isolates that Arabic and Hebrew need, only disguise text.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202d\u202e\ud800-\udfff]")


def parse(
    text: str,
    *,
    external_id: str,
    visitor_id: str,
    verified: Iterable[tuple[IdentityKind, str]] = (),
    email: str | None = None,
    name: str = "",
    page_url: str = "",
    page_title: str = "",
    language: str | None = None,
    conversation: int | None = None,
    attachments: Sequence[Attachment] = (),
    has_files: bool = False,
    sent_at: int | None = None,
) -> Inbound:
    """The visitor's message as an Inbound of the channel "chat".

    `verified` are identities that the caller has proved (a signed token of the host page), `email`
    one that the visitor merely typed; `conversation` is the chat session's own; `has_files` says
    that files were uploaded before and come with it. Raises ValueError when there is neither text
    nor file, when the text has more than MAX_TEXT characters, or when the visitor id is missing.
    """
    proved = tuple(verified)
    clean = clean_text(text)
    if not clean and not attachments and not has_files:
        raise ValueError("The message is empty; write something or attach a file.")
    if len(clean) > MAX_TEXT:
        raise ValueError(
            f"The message has {len(clean)} characters; at most {MAX_TEXT} are allowed."
        )
    return Inbound(
        channel="chat",
        external_id=external_id,
        identities=_identities(visitor_id, proved, email),
        name=_short(name),
        text=clean,
        full_text=clean,
        attachments=tuple(attachments),
        thread=ThreadHints(token=conversation),
        sent_at=sent_at,
        language=language,
        fields=_page(page_url, page_title),
        trust="verified" if proved else "unknown",
    )


def clean_text(text: str) -> str:
    """NFC, LF line ends, no control characters, no blank edges."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", _CONTROL.sub("", lines)).strip()


def _identities(
    visitor_id: str, verified: Iterable[tuple[IdentityKind, str]], email: str | None
) -> tuple[Identity, ...]:
    visitor = normalise("visitor", visitor_id)
    if visitor is None:
        raise ValueError("The visitor id is missing; open the chat anew.")
    found = {("visitor", visitor): Identity("visitor", visitor)}
    for kind, value in verified:
        if (normal := normalise(kind, value)) is not None:
            found[kind, normal] = Identity(kind, normal, verified=True)
    if email and (normal := normalise("email", email)) is not None:
        found.setdefault(("email", normal), Identity("email", normal))
    return tuple(found.values())


def _page(url: str, title: str) -> dict[str, str]:
    """Where the visitor was. Only web addresses: the console makes a link of it."""
    page = {}
    if re.match(r"https?://", url, re.IGNORECASE):
        page["page_url"] = _short(url, 2000)
    if title.strip():
        page["page_title"] = _short(title)
    return page


def _short(value: str, limit: int = _MAX_SHORT) -> str:
    return " ".join(clean_text(value).split())[:limit]

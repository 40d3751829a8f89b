"""The passwords in a mailbox's settings are sealed where they are stored, like its tokens.

A value that is sealed says so; one that does not is plain, from before this was done or from an
import, and is sealed when the product starts.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection, select

from app.models.organisation import inboxes
from app.security.sealed import seal, unseal

PLACES = (("imap", "password"), ("smtp", "password"), ("oauth", "client_secret"))
MARK = "sealed:"


def seal_text(secret: bytes, text: str) -> str:
    """A password that was typed, as it may be stored."""
    return MARK + seal(secret, text) if text else ""


def sealed_settings(secret: bytes, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings as they may be stored; what is sealed already stays as it is."""
    return _changed(
        settings, lambda text: text if text.startswith(MARK) else seal_text(secret, text)
    )


def opened_settings(secret: bytes, settings: Mapping[str, Any] | None) -> dict[str, Any]:
    """The settings with passwords that can be used; CannotOpen with another secret."""
    return _changed(
        settings or {},
        lambda text: unseal(secret, text.removeprefix(MARK)) if text.startswith(MARK) else text,
    )


def plain_mailboxes(conn: Connection) -> list[tuple[int, dict[str, Any]]]:
    """The inboxes whose settings hold a plain password, with those settings."""
    rows = conn.execute(
        select(inboxes.c.id, inboxes.c.settings).where(inboxes.c.channel == "email")
    ).all()
    return [(row.id, row.settings) for row in rows if _is_plain(row.settings)]


def _is_plain(settings: Mapping[str, Any]) -> bool:
    return any(text and not text.startswith(MARK) for text in _texts(settings))


def _texts(settings: Mapping[str, Any]) -> list[str]:
    parts = ((settings.get(name), key) for name, key in PLACES)
    found = [part.get(key) for part, key in parts if isinstance(part, Mapping)]
    return [text for text in found if isinstance(text, str)]


def _changed(settings: Mapping[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    changed = dict(settings)
    for name, key in PLACES:
        part = changed.get(name)
        if isinstance(part, Mapping) and isinstance(part.get(key), str):
            changed[name] = {**part, key: change(part[key])}
    return changed

"""The product's only clock and its only source of new ids; tests replace both."""

import secrets
import time
import uuid
from collections.abc import Callable


def _system_now() -> int:
    return time.time_ns() // 1_000_000


_now: Callable[[], int] = _system_now


def now() -> int:
    """The present moment in ms since the epoch, UTC."""
    return _now()


def set_clock(source: Callable[[], int] | None) -> None:
    """Replace the clock (tests, simulation); None restores the system's."""
    global _now
    _now = source or _system_now


def new_id() -> str:
    """A new random id (UUID 4) for things that are named before they are stored."""
    return str(uuid.uuid4())


def new_token() -> str:
    """A secret for a link, a session or a key: 256 bits, safe in a URL."""
    return secrets.token_urlsafe(32)

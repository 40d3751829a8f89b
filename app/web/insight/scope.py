"""Whose figures a page shows, and of how many days."""

from app.db import NotFound
from app.security.permissions import Actor
from app.security.sessions import Session

DAY_MS = 86_400_000
DAYS = (7, 28, 90)


def brand_of(session: Session, asked: str) -> str:
    """The brand an address asks for; without one it is the brand that this browser looks at."""
    return asked or str(session.brand_id or "")


def brands_of(actor: Actor, wanted: str) -> frozenset[int] | None:
    """The brand that was chosen, else all that the actor sees (None: every brand there is)."""
    if wanted.isdecimal() and len(wanted) < 16:
        if not actor.sees_brand(int(wanted)):
            raise NotFound
        return frozenset({int(wanted)})
    return None if actor.brands is None else frozenset(actor.brands)


def days_of(wanted: str) -> int:
    """One of the lengths that can be chosen."""
    return int(wanted) if wanted.isdecimal() and int(wanted) in DAYS else 28

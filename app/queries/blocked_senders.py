"""Which senders are blocked: an address, or everybody of a domain and of what lies below it."""

from collections.abc import Iterable

from sqlalchemy import Connection, bindparam, select

from app.models.work import blocked_senders
from channels.identity import normalise

_BLOCKED = (
    select(blocked_senders.c.id)
    .where(blocked_senders.c.pattern.in_(bindparam("patterns", expanding=True)))
    .limit(1)
)


def is_blocked(conn: Connection, emails: Iterable[str]) -> bool:
    """Whether one of these addresses is blocked, by itself or with its domain."""
    patterns = {pattern for email in emails for pattern in patterns_of(email)}
    if not patterns:
        return False
    return conn.execute(_BLOCKED, {"patterns": sorted(patterns)}).first() is not None


def patterns_of(email: str) -> list[str]:
    """What would block an address: itself, its domain, and each domain above but the topmost."""
    address = normalise("email", email)
    if not address:
        return []
    domain = address.rpartition("@")[2].split(".")
    above = range(max(len(domain) - 1, 1))
    return [address, *(f"@{'.'.join(domain[at:])}" for at in above)]

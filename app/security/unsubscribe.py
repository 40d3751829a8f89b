"""The signed address behind "Unsubscribe": whoever has it may withdraw one consent, no more.

It names customer, brand and purpose, does not expire (a mail is read years later), and works
without signing in, because mail programs call it for their reader (RFC 8058).
"""

import hmac
import re
from dataclasses import dataclass
from hashlib import sha256

PATH = "/unsubscribe"
_TOKEN = re.compile(r"(\d{1,15})\.(\d{1,15})\.([a-z][a-z0-9_]{0,39})\.([0-9a-f]{40})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """What an address of this kind withdraws, on email."""

    customer_id: int
    brand_id: int
    purpose: str


def unsubscribe_token(secret: bytes, of: Unsubscribe) -> str:
    """The last part of the address."""
    named = f"{of.customer_id}.{of.brand_id}.{of.purpose}"
    return f"{named}.{_mark(secret, named)}"


def read_unsubscribe(secret: bytes, token: str) -> Unsubscribe | None:
    """What was signed; None where it was not, or not by us."""
    found = _TOKEN.fullmatch(token)
    if found is None:
        return None
    customer, brand, purpose, mark = found.groups()
    if not hmac.compare_digest(mark, _mark(secret, f"{customer}.{brand}.{purpose}")):
        return None
    return Unsubscribe(int(customer), int(brand), purpose)


def _mark(secret: bytes, named: str) -> str:
    return hmac.new(secret, f"unsubscribe:{named}".encode(), sha256).hexdigest()[:40]

"""Who the host page says its user is: believed only when the customer's own server has signed it.

A JSON Web Token (RFC 7519) with HS256 and one of the inbox's identity secrets: `sub` is the user's
id at the customer, `aud` the inbox's key, `exp` the end; `email` and `name` may be added.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from channels.identity import normalise
from channels.values import Identity

LONGEST_S = 24 * 3600  # a token that is good for longer is a password lying about
LEAST_SECRET = 16


@dataclass(frozen=True, slots=True)
class Claims:
    """A user of the customer's own site."""

    user: str
    email: str = ""
    name: str = ""

    def identities(self, brand_slug: str) -> list[Identity]:
        """Verified identities; users of two brands with the same number are two people."""
        found = [Identity("user", f"{brand_slug}:{self.user}", verified=True)]
        if self.email:
            found.append(Identity("email", self.email, verified=True))
        return found


def verify(token: str, secrets: Sequence[str], audience: str, now: int) -> Claims | None:
    """The claims of a token that was signed with one of the secrets and is good at `now` (ms)."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    header, claims, signature = _json(parts[0]), _json(parts[1]), _bytes(parts[2])
    if header is None or claims is None or header.get("alg") != "HS256":
        return None
    signed = f"{parts[0]}.{parts[1]}".encode()
    if not any(_signed(signed, signature, secret) for secret in secrets):
        return None
    expires, user = claims.get("exp"), claims.get("sub")
    if not isinstance(expires, int) or not now < expires * 1000 <= now + LONGEST_S * 1000:
        return None
    if claims.get("aud") != audience or not isinstance(user, str | int):
        return None
    known = normalise("user", str(user))
    if known is None or len(known) > 120:
        return None
    email, name = claims.get("email"), claims.get("name")
    return Claims(
        known,
        (normalise("email", email) or "") if isinstance(email, str) else "",
        name[:200] if isinstance(name, str) else "",
    )


def _signed(signed: bytes, signature: bytes, secret: str) -> bool:
    if len(secret) < LEAST_SECRET:
        return False
    return hmac.compare_digest(
        hmac.new(secret.encode(), signed, hashlib.sha256).digest(), signature
    )


def _json(part: str) -> dict[str, Any] | None:
    try:
        found = json.loads(_bytes(part))
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _bytes(part: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (ValueError, binascii.Error):
        return b""

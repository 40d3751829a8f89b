"""Secrets that must be used again, such as tokens for a mailbox, are kept sealed in the database.

Whoever has a dump of the database but not the installation's secret cannot read them.
"""

import base64
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.fernet import Fernet as Box


class CannotOpen(Exception):
    """The secret of the installation is another one than when this was sealed."""


def seal(secret: bytes, text: str) -> str:
    """The text, encrypted and authenticated (Fernet) under a key made from the secret."""
    return _box(secret).encrypt(text.encode()).decode() if text else ""


def unseal(secret: bytes, sealed: str) -> str:
    """What was sealed; "" for nothing. Raises CannotOpen with another secret."""
    if not sealed:
        return ""
    from cryptography.fernet import InvalidToken

    try:
        return _box(secret).decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise CannotOpen(
            "SECRET_KEY or DATA_DIR/secret has changed since this was kept."
        ) from error


def _box(secret: bytes) -> "Box":
    from cryptography.fernet import Fernet  # a library of megabytes that most processes never need
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    derived = HKDF(hashes.SHA256(), 32, salt=None, info=b"switchroom sealed values").derive(secret)
    return Fernet(base64.urlsafe_b64encode(derived))

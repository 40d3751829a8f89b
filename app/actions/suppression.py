"""Who was erased stays so: a keyed hash of each of their identities is kept, and nothing else.

It keeps old files and old mail from bringing them back. It does not keep a person out: what they
do after the erasure makes a new customer, of whom nothing is known.
"""

import hashlib
import hmac
from collections.abc import Iterable

from sqlalchemy import func, insert, select

from app.db import Tx
from app.models.party import suppressed_identities
from channels.values import Identity

Known = tuple[str, str]  # kind, value


def identity_hash(secret: bytes, kind: str, value: str) -> str:
    """HMAC-SHA256 of an identity with the installation's secret, in hex."""
    said = f"erased\0{kind}\0{value}".encode()
    return hmac.new(secret, said, hashlib.sha256).hexdigest()


def suppress(tx: Tx, known_as: Iterable[Known]) -> list[tuple[str, str]]:
    """Remember that these were erased now; returns (kind, hash) of each."""
    hashes = sorted({(kind, identity_hash(tx.secret, kind, value)) for kind, value in known_as})
    for kind, digest in hashes:
        again = suppressed_identities.c.hash == digest
        tx.execute(suppressed_identities.delete().where(again))
        tx.execute(insert(suppressed_identities).values(kind=kind, hash=digest, at=tx.now))
    return hashes


def suppress_again(tx: Tx, listed: dict[str, tuple[str, int]]) -> None:
    """Put back what a restore has lost of this list: hash -> (kind, when)."""
    known = set(tx.execute(select(suppressed_identities.c.hash)).scalars())
    rows = [
        {"kind": kind, "hash": digest, "at": at}
        for digest, (kind, at) in listed.items()
        if digest not in known
    ]
    if rows:
        tx.execute(insert(suppressed_identities), rows)


def erased_at(tx: Tx, known_as: Iterable[Identity]) -> int | None:
    """When the latest of these was erased; None for nobody who was."""
    hashes = [identity_hash(tx.secret, one.kind, one.value) for one in known_as]
    if not hashes:
        return None
    query = select(func.max(suppressed_identities.c.at)).where(
        suppressed_identities.c.hash.in_(hashes)
    )
    found: int | None = tx.execute(query).scalar()
    return found


def was_erased_since(tx: Tx, known_as: Iterable[Identity], at: int) -> bool:
    """Whether what was said or done at this moment is of somebody who was erased after it."""
    erased = erased_at(tx, known_as)
    return erased is not None and at <= erased

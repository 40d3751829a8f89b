"""A request with an Idempotency-Key has one effect and one answer, however often it comes.

After draft-ietf-httpapi-idempotency-key-header: the first request reserves the key, its answer is
kept for a day; the same key with another body is refused.
"""

from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update

from app.db import Conflict, Invalid, Tx
from app.models.agent import idempotency_keys

KEPT_MS = 24 * 3_600_000
STUCK_MS = 60_000  # a request that died without an answer frees its key after this long


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered the first time."""

    status: int
    body: str


def reserve_key(tx: Tx, scope: str, key: str, fingerprint: str) -> Answer | None:
    """The earlier answer, or None when the key is now reserved for this request."""
    if not 1 <= len(key) <= 200:
        raise Invalid(idempotency_key="length")
    row = tx.execute(
        select(idempotency_keys)
        .where(idempotency_keys.c.scope == scope, idempotency_keys.c.key == key)
        .with_for_update()
    ).first()
    if row is None:
        tx.execute(
            insert(idempotency_keys).values(
                scope=scope, key=key, fingerprint=fingerprint, status=0, body="", created_at=tx.now
            )
        )
        return None
    if row.fingerprint != fingerprint:
        raise Invalid(idempotency_key="used_for_another_request")
    if row.status:
        return Answer(row.status, row.body)
    if row.created_at > tx.now - STUCK_MS:
        raise Conflict("in_progress")
    tx.execute(
        update(idempotency_keys).where(idempotency_keys.c.id == row.id).values(created_at=tx.now)
    )
    return None


def keep_answer(tx: Tx, scope: str, key: str, status: int, body: str) -> None:
    """Remember the answer to a reserved key; a server error is not kept and can be retried."""
    mine = (idempotency_keys.c.scope == scope, idempotency_keys.c.key == key)
    if status >= 500:
        tx.execute(delete(idempotency_keys).where(*mine))
    else:
        tx.execute(update(idempotency_keys).where(*mine).values(status=status, body=body))


def forget_old_keys(tx: Tx) -> int:
    """Drop answers older than a day; returns how many."""
    done = tx.execute(
        delete(idempotency_keys).where(idempotency_keys.c.created_at < tx.now - KEPT_MS)
    )
    return done.rowcount

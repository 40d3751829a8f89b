"""A request with an Idempotency-Key has one effect and one answer, however often it comes.

After draft-ietf-httpapi-idempotency-key-header: the first request reserves the key, its answer is
kept for a day; the same key with another body is refused. A request that was refused has changed
nothing: its key is free again.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.db import Conflict, Invalid, Tx
from app.models.agent import idempotency_keys

STUCK_MS = 60_000  # a request that died without an answer frees its key after this long


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered the first time."""

    status: int
    body: str


def reserve_key(tx: Tx, scope: str, key: str, fingerprint: str) -> Answer | None:
    """The earlier answer, or None when the key is now reserved for this request."""
    if _is_new(tx, scope, key, fingerprint):
        return None
    row = tx.execute(
        select(idempotency_keys)
        .where(idempotency_keys.c.scope == scope, idempotency_keys.c.key == key)
        .with_for_update()
    ).first()
    if row is None:  # freed this moment by a request that was refused
        raise Conflict("in_progress")
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


def _is_new(tx: Tx, scope: str, key: str, fingerprint: str) -> bool:
    """Reserve the key; of two who try at once on PostgreSQL, the second waits and gets False."""
    dialect: Any = postgresql if tx.conn.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(idempotency_keys).values(
        scope=scope, key=key, fingerprint=fingerprint, status=0, body="", created_at=tx.now
    )
    done = tx.execute(statement.on_conflict_do_nothing(index_elements=["scope", "key"]))
    return done.rowcount == 1


def keep_answer(tx: Tx, scope: str, key: str, status: int, body: str) -> None:
    """Remember the answer to a reserved key; of a refusal or failure nothing is kept."""
    mine = (idempotency_keys.c.scope == scope, idempotency_keys.c.key == key)
    if status >= 400:
        tx.execute(delete(idempotency_keys).where(*mine))
    else:
        tx.execute(update(idempotency_keys).where(*mine).values(status=status, body=body))

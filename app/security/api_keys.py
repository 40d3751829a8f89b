"""API keys: shown once, stored as a hash; a key may do what its agent may do."""

from sqlalchemy import Connection, insert, select, update

from app import clock
from app.db import NotFound, Tx
from app.models.agent import api_keys
from app.security.permissions import Actor, load_actor
from app.security.sessions import hash_token

USED_MS = 60_000  # the last use is written down at most once a minute


def create_api_key(tx: Tx, agent_id: int, name: str) -> str:
    """A new key for an agent; the answer is the only time it can be read."""
    token = f"sk_{clock.new_token()}"
    tx.execute(
        insert(api_keys).values(
            agent_id=agent_id,
            name=name.strip()[:120] or "API",
            prefix=token[:8],
            hash=hash_token(token),
            created_at=tx.now,
        )
    )
    return token


def revoke_api_key(tx: Tx, key_id: int) -> None:
    """The key opens nothing from now on."""
    done = tx.execute(
        update(api_keys)
        .where(api_keys.c.id == key_id, api_keys.c.revoked_at.is_(None))
        .values(revoked_at=tx.now)
    )
    if done.rowcount == 0:
        raise NotFound


def find_api_key(conn: Connection, token: str) -> tuple[int, int, Actor] | None:
    """(the key's id, its last use in ms, whose it is), or None for an unknown or revoked key."""
    row = conn.execute(
        select(api_keys.c.id, api_keys.c.agent_id, api_keys.c.last_used_at).where(
            api_keys.c.hash == hash_token(token), api_keys.c.revoked_at.is_(None)
        )
    ).first()
    if row is None:
        return None
    actor = load_actor(conn, row.agent_id)
    return None if actor is None else (row.id, row.last_used_at or 0, actor)


def touch_api_key(tx: Tx, key_id: int) -> None:
    """The key was used."""
    tx.execute(update(api_keys).where(api_keys.c.id == key_id).values(last_used_at=tx.now))

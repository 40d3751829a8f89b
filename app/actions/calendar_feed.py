"""An agent's calendar for other programs: one secret address, shown once, revoked at any time."""

from sqlalchemy import delete, insert, update

from app import clock
from app.db import Tx
from app.models.agent import calendar_feeds
from app.security.audit import audit
from app.security.permissions import Actor
from app.security.sessions import hash_token

READ_AGAIN_MS = 3_600_000  # a feed's last reading is written down at most once an hour


def make_feed(tx: Tx, actor: Actor, texts: bool, ip: str = "") -> str:
    """A new address; the one before opens nothing any more. Returns its token, which is not kept.
    `texts`: names and words are in it, not kinds and times alone."""
    token = clock.new_token()
    tx.execute(delete(calendar_feeds).where(calendar_feeds.c.agent_id == actor.agent_id))
    tx.execute(
        insert(calendar_feeds).values(
            agent_id=actor.agent_id, hash=hash_token(token), texts=texts, created_at=tx.now
        )
    )
    audit(tx, actor, "calendar_feed.made", f"agent {actor.agent_id}", ip, texts=texts)
    return token


def end_feed(tx: Tx, actor: Actor, ip: str = "") -> None:
    """The address opens nothing from now on."""
    gone = tx.execute(delete(calendar_feeds).where(calendar_feeds.c.agent_id == actor.agent_id))
    if gone.rowcount:
        audit(tx, actor, "calendar_feed.revoked", f"agent {actor.agent_id}", ip)


def feed_read(tx: Tx, agent_id: int) -> None:
    """A program has read it."""
    tx.execute(
        update(calendar_feeds).where(calendar_feeds.c.agent_id == agent_id).values(read_at=tx.now)
    )

"""Sign-in sessions: the cookie holds a random token, the database its hash."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from app import clock
from app.db import Tx
from app.events import AccessChanged
from app.models.agent import agents, sessions
from app.models.organisation import brands
from app.security.permissions import Actor, load_actor

HOUR_MS = 3_600_000
TOUCH_MS = 60_000  # a session's last use is written down at most once a minute


@dataclass(frozen=True, slots=True)
class BrandMark:
    """A brand as it is told apart at a glance."""

    id: int
    name: str
    color: str


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser. `csrf` must come back with every request that changes something.

    `brands` are those its agent serves, `brand_id` the one that its lists are to show alone."""

    hash: str
    csrf: str
    actor: Actor
    seen_at: int
    created_at: int
    preferences: Mapping[str, Any] = field(default_factory=dict)  # theme, density, shortcuts, …
    brands: tuple[BrandMark, ...] = ()
    brand_id: int | None = None

    @property
    def lens(self) -> Actor:
        """The actor as their lists see: of one brand, where one was chosen. What somebody may do
        is asked of `actor` alone; a chosen brand only hides."""
        if self.brand_id is None:
            return self.actor
        return replace(self.actor, brands=frozenset({self.brand_id}))


def hash_token(token: str) -> str:
    """What is stored of a random token; tokens have 256 bits, so a plain SHA-256 is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def same(left: str, right: str) -> bool:
    """Compare two secrets in constant time; an empty one matches nothing."""
    return bool(left) and hmac.compare_digest(left.encode(), right.encode())


def open_session(tx: Tx, agent_id: int, days: int, user_agent: str = "", ip: str = "") -> str:
    """Sign an agent in; returns the token for the cookie."""
    token = clock.new_token()
    tx.execute(
        insert(sessions).values(
            hash=hash_token(token),
            agent_id=agent_id,
            csrf=clock.new_token(),
            user_agent=user_agent[:300],
            ip=ip[:45],
            created_at=tx.now,
            seen_at=tx.now,
            expires_at=tx.now + days * 24 * HOUR_MS,
        )
    )
    return token


def find_session(conn: Connection, token: str, now: int, idle_h: int) -> Session | None:
    """The session of a cookie, unless it is over, idle too long, or its agent was closed."""
    rows = conn.execute(  # a row for each brand that there is
        select(
            sessions, agents.c.preferences,
            brands.c.id.label("mark"), brands.c.name.label("named"), brands.c.color,
        )
        .join(agents, agents.c.id == sessions.c.agent_id)
        .outerjoin(brands, brands.c.active)
        .where(
            sessions.c.hash == hash_token(token),
            sessions.c.expires_at > now,
            sessions.c.seen_at > now - idle_h * HOUR_MS,
        )
        .order_by(brands.c.name)
    ).all()  # fmt: skip
    row = rows[0] if rows else None
    actor = None if row is None else load_actor(conn, row.agent_id)
    if row is None or actor is None:
        return None
    marks = tuple(
        BrandMark(one.mark, one.named, one.color)
        for one in rows
        if one.mark is not None and actor.sees_brand(one.mark)
    )
    chosen = row.brand_id if len(marks) > 1 and row.brand_id in {one.id for one in marks} else None
    return Session(
        row.hash, row.csrf, actor, row.seen_at, row.created_at, row.preferences or {}, marks, chosen
    )  # fmt: skip


def look_at_brand(tx: Tx, session_hash: str, brand_id: int | None) -> None:
    """The lists of this browser show one brand alone; None: all that its agent serves."""
    tx.execute(update(sessions).where(sessions.c.hash == session_hash).values(brand_id=brand_id))


def touch_session(tx: Tx, session_hash: str) -> None:
    """The session was used."""
    tx.execute(update(sessions).where(sessions.c.hash == session_hash).values(seen_at=tx.now))


def close_session(tx: Tx, session_hash: str) -> None:
    """Sign this browser out."""
    row = tx.execute(
        delete(sessions).where(sessions.c.hash == session_hash).returning(sessions.c.agent_id)
    ).first()
    if row is not None:
        tx.emit(AccessChanged(row.agent_id))


def close_all_sessions(tx: Tx, agent_id: int, *, but: str = "") -> int:
    """Sign an agent out everywhere, but for the session with this hash; returns how many ended."""
    done = tx.execute(
        delete(sessions).where(sessions.c.agent_id == agent_id, sessions.c.hash != but)
    )
    tx.emit(AccessChanged(agent_id))
    return done.rowcount

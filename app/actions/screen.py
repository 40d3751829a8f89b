"""Screens on the wall: an address that shows the wallboard and opens nothing else."""

from zoneinfo import available_timezones

from sqlalchemy import insert, select, update

from app import clock
from app.db import Invalid, NotFound, Tx
from app.models.supervision import screens
from app.security.audit import audit
from app.security.permissions import Actor
from app.security.sessions import hash_token

SEEN_MS = 60_000  # when a screen last asked is written down at most once a minute


def make_screen(tx: Tx, actor: Actor, name: str) -> str:
    """Make a screen that shows what its maker may see; returns the token, which is not kept."""
    actor.require("supervise")
    name = " ".join(name.replace("\0", "").split())
    if not 0 < len(name) <= 120:
        raise Invalid(name="needed")
    token = clock.new_token()
    known = actor.time_zone in available_timezones()
    screen_id = tx.execute(
        insert(screens)
        .values(
            name=name,
            hash=hash_token(token),
            brands=None if actor.brands is None else sorted(actor.brands),
            locale=actor.locale,
            time_zone=actor.time_zone if known else "UTC",
            created_by=actor.agent_id,
            created_at=tx.now,
        )
        .returning(screens.c.id)
    ).scalar_one()
    audit(tx, actor, "screen.created", f"screen {screen_id}")
    return token


def revoke_screen(tx: Tx, actor: Actor, screen_id: int) -> None:
    """The address shows nothing from now on; a second call does nothing."""
    actor.require("supervise")
    row = tx.execute(select(screens).where(screens.c.id == screen_id)).first()
    if row is None or (actor.brands is not None and not set(row.brands or [0]) <= actor.brands):
        raise NotFound
    done = tx.execute(
        update(screens)
        .where(screens.c.id == screen_id, screens.c.revoked_at.is_(None))
        .values(revoked_at=tx.now)
    )
    if done.rowcount:
        audit(tx, actor, "screen.revoked", f"screen {screen_id}")


def screen_seen(tx: Tx, screen_id: int) -> None:
    """The screen is on."""
    tx.execute(update(screens).where(screens.c.id == screen_id).values(seen_at=tx.now))

"""Leases: one owner at a time of what only one process may do, each with a growing fence number.

A new owner gets a higher fence; an old one that wakes up late is refused by `hold_lease` inside the
very write it wanted to make.
"""

from collections.abc import Callable, Sequence

from sqlalchemy import case, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.db import Conflict, Tx
from app.models.work import leases


def take_lease(
    tx: Tx, name: str, owner: str, ttl_ms: int, is_dead: Callable[[str], bool] = lambda _: False
) -> int | None:
    """Take or prolong a lease; returns its fence, None while somebody else has it.

    `is_dead` knows owners that cannot come back (a process of this machine that is gone), so that a
    restart does not have to wait until their time is over.
    """
    _make_row(tx, name)
    row = tx.execute(select(leases).where(leases.c.name == name).with_for_update()).one()
    if row.owner != owner and row.until_at > tx.now and not (row.owner and is_dead(row.owner)):
        return None
    fence: int = tx.execute(
        update(leases)
        .where(leases.c.name == name)
        .values(
            owner=owner,
            fence=case((leases.c.owner == owner, leases.c.fence), else_=leases.c.fence + 1),
            until_at=tx.now + ttl_ms,
        )
        .returning(leases.c.fence)
    ).scalar_one()
    return fence


def renew_leases(tx: Tx, owner: str, names: Sequence[str], ttl_ms: int) -> set[str]:
    """Prolong what is still the owner's; returns those names."""
    return set(
        tx.execute(
            update(leases)
            .where(leases.c.name.in_(names), leases.c.owner == owner)
            .values(until_at=tx.now + ttl_ms)
            .returning(leases.c.name)
        ).scalars()
    )


def hold_lease(tx: Tx, name: str, owner: str, fence: int) -> None:
    """Go on only if the lease is still ours, and stays so until this write is committed."""
    row = tx.execute(select(leases).where(leases.c.name == name).with_for_update()).first()
    if row is None or row.owner != owner or row.fence != fence:
        raise Conflict("lease_lost", name=name)


def release_lease(tx: Tx, name: str, owner: str) -> None:
    """Give a lease back, so that the next owner need not wait."""
    tx.execute(
        update(leases).where(leases.c.name == name, leases.c.owner == owner).values(until_at=0)
    )


def _make_row(tx: Tx, name: str) -> None:
    dialect = postgresql if tx.conn.dialect.name == "postgresql" else sqlite
    tx.execute(
        dialect.insert(leases)
        .values(name=name, owner="", fence=0, until_at=0)
        .on_conflict_do_nothing(index_elements=["name"])
    )

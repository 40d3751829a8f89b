"""A pass of the routing worker is carried out: lease, claims and log in one write."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete

from app.actions.lease import hold_lease
from app.actions.make_offers import Claims, make_offers
from app.actions.rows import add_row
from app.db import Tx
from app.models.history import routing_log
from routing.settle import Decision

NAME = "routing"  # of the lease
KEPT_MS = 35 * 24 * 3_600_000  # the log of routing: five weeks, so that a month can be replayed


@dataclass(frozen=True, slots=True)
class LogRow:
    """A row of the log: `kind` is "state" or "pass"."""

    kind: str
    at: int
    policy: int
    data: Any
    digest: str = ""


def route_pass(
    tx: Tx, owner: str, fence: int, decisions: Sequence[Decision], log: Sequence[LogRow]
) -> Claims:
    """Make the offers if the lease is still ours in this very write, and keep the log with them.

    Raises Conflict("lease_lost"). Claims that lose a race are part of what the next pass is told.
    """
    hold_lease(tx, NAME, owner, fence)
    for row in log:
        add_row(
            tx,
            routing_log,
            kind=row.kind,
            at=row.at,
            policy=row.policy,
            data=row.data,
            digest=row.digest,
        )
    return make_offers(tx, decisions)


def forget_routing(tx: Tx) -> None:
    """Remove what the log has kept for long enough."""
    tx.execute(delete(routing_log).where(routing_log.c.at <= tx.now - KEPT_MS))

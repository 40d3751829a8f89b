"""Who looked at or did something to a customer's data: written down beside the act, for ever."""

from typing import Any

from sqlalchemy import insert

from app.db import Tx
from app.models.party import access_log
from app.security.permissions import Actor


def log_access(
    tx: Tx,
    actor: Actor | None,
    customer_id: int,
    action: str,
    *,
    what: str = "",
    why: str = "",
    by: str = "",
    ip: str = "",
    **detail: Any,
) -> None:
    """Note an act on a customer. `by` is agent, customer, api or system (none: as the actor says).
    Details are ids and codes, never what was read."""
    tx.execute(
        insert(access_log).values(
            at=tx.now,
            customer_id=customer_id,
            agent_id=actor.agent_id if actor else None,
            actor=by or ("agent" if actor else "system"),
            action=action,
            what=what[:80],
            why=why[:300],
            ip=ip[:45],
            detail=detail,
        )
    )

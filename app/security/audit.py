"""Writing down who did what: in the transaction that does it, and never changed afterwards."""

from typing import Any

from sqlalchemy import insert

from app.db import Tx
from app.models.agent import audit as audit_log
from app.security.permissions import Actor


def audit(
    tx: Tx, actor: Actor | None, action: str, subject: str = "", ip: str = "", **detail: Any
) -> None:
    """Note an act: `action` is a code ("queue.changed"), `subject` what it was done to
    ("queue 3"). Details are ids, codes and names of fields: never secrets, never message text."""
    tx.execute(
        insert(audit_log).values(
            at=tx.now,
            agent_id=actor.agent_id if actor else None,
            ip=ip[:45],
            action=action,
            subject=subject[:120],
            detail=detail,
        )
    )

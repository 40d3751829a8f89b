"""What went wrong behind the scenes, kept where an administrator sees it: one row a worker."""

from typing import Any

from sqlalchemy import delete, select

from app.actions.upsert import upsert
from app.db import Tx
from app.models.organisation import installation
from app.queries.worker_errors import PREFIX


def note_worker_error(tx: Tx, worker: str, error: str) -> None:
    """Remember a worker's last error, since when, and how often in a row."""
    name = f"{PREFIX}{worker}"[:60]
    known: dict[str, Any] = (
        tx.execute(select(installation.c.value).where(installation.c.name == name)).scalar() or {}
    )
    value = {
        "error": error[:2000],
        "at": tx.now,
        "first_at": known.get("first_at", tx.now),
        "times": known.get("times", 0) + 1,
    }
    upsert(tx, installation, {"name": name}, {"value": value})


def clear_worker_error(tx: Tx, worker: str) -> None:
    """The worker runs again."""
    tx.execute(delete(installation).where(installation.c.name == f"{PREFIX}{worker}"[:60]))

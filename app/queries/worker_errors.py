"""What the workers are struggling with, for the health page."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from app.models.organisation import installation

PREFIX = "worker_error."


@dataclass(frozen=True, slots=True)
class WorkerError:
    """A worker's last error; `times` counts how often it happened since `first_at`."""

    worker: str
    error: str
    at: int
    first_at: int
    times: int


def worker_errors(conn: Connection) -> list[WorkerError]:
    """Every worker that has failed and not recovered since, the newest first."""
    rows = conn.execute(
        select(installation).where(installation.c.name.startswith(PREFIX, autoescape=True))
    ).all()
    found = [WorkerError(row.name.removeprefix(PREFIX), **row.value) for row in rows]
    return sorted(found, key=lambda each: -each.at)

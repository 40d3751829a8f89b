"""Files of articles that were looked at, and what became of them."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from app.db import NotFound
from app.models.agent import agents
from app.models.conversation import files
from app.models.knowledge import article_imports
from app.security.permissions import Actor

SHOWN = 20


@dataclass(frozen=True, slots=True)
class ImportRow:
    """A file: where it lies, how it is read, how much of it was what."""

    id: int
    brand_id: int
    kind: str
    name: str
    hash: str
    options: dict[str, Any]
    counts: dict[str, int]
    state: str
    by: str
    created_at: int
    done_at: int | None


def import_row(conn: Connection, actor: Actor, import_id: int) -> ImportRow:
    """One of a brand the actor serves, else NotFound."""
    row = conn.execute(_imports(actor).where(article_imports.c.id == import_id)).first()
    if row is None:
        raise NotFound
    return _row(row)


def last_imports(conn: Connection, actor: Actor) -> list[ImportRow]:
    """The last that were taken."""
    rows = conn.execute(
        _imports(actor)
        .where(article_imports.c.state == "done")
        .order_by(article_imports.c.id.desc())
        .limit(SHOWN)
    )
    return [_row(row) for row in rows]


def _imports(actor: Actor) -> Select[Any]:
    query = (
        select(article_imports, files.c.hash, agents.c.name.label("by"))
        .join(files, files.c.id == article_imports.c.file_id)
        .outerjoin(agents, agents.c.id == article_imports.c.agent_id)
    )
    if actor.brands is not None:
        query = query.where(article_imports.c.brand_id.in_(sorted(actor.brands)))
    return query


def _row(row: Row[Any]) -> ImportRow:
    names = ("id", "brand_id", "kind", "name", "hash", "options", "counts", "state", "created_at",
             "done_at")  # fmt: skip
    return ImportRow(**{name: getattr(row, name) for name in names}, by=row.by or "")

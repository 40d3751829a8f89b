"""A file of articles is kept until somebody has looked at what it would change, and takes it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, select, update

from app.actions.article import require_publisher
from app.actions.attach import remember_file
from app.db import NotFound, Tx
from app.files import StoredFile
from app.models.knowledge import article_imports
from app.models.organisation import brands
from app.security.permissions import Actor


def keep_upload(
    tx: Tx,
    actor: Actor,
    brand_id: int,
    kind: str,
    stored: StoredFile,
    options: Mapping[str, Any],
    counts: Mapping[str, int],
) -> int:
    """Remember a file that was looked at; returns the import's id."""
    require_publisher(actor)
    brand = tx.execute(select(brands.c.id).where(brands.c.id == brand_id)).first()
    if brand is None or not actor.sees_brand(brand_id):
        raise NotFound
    import_id: int = tx.execute(
        insert(article_imports)
        .values(
            brand_id=brand_id,
            agent_id=actor.agent_id,
            file_id=remember_file(tx, stored),
            kind=kind,
            name=stored.name[:255],
            options=dict(options),
            counts=dict(counts),
            created_at=tx.now,
        )
        .returning(article_imports.c.id)
    ).scalar_one()
    return import_id


def end_import(tx: Tx, import_id: int, counts: Mapping[str, int]) -> None:
    """It was taken, with this outcome."""
    tx.execute(
        update(article_imports)
        .where(article_imports.c.id == import_id)
        .values(state="done", counts=dict(counts), done_at=tx.now)
    )

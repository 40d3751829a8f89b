"""Pictures for articles: kept when they are uploaded, public once a public article shows them."""

from sqlalchemy import insert

from app.actions.article import seen_article
from app.actions.article_text import FILE_ADDRESS
from app.actions.attach import remember_file
from app.db import Invalid, NotFound, Tx
from app.files import StoredFile
from app.models.knowledge import article_files
from app.security.permissions import Actor


def add_article_file(
    tx: Tx, actor: Actor, stored: StoredFile, brand_id: int, article_id: int | None = None
) -> str:
    """Keep a picture for an article, or for one that is not saved yet; returns its address.

    Raises Invalid(file="not_a_picture") for a file that we did not draw anew.
    """
    if article_id is not None:
        brand_id = seen_article(tx, actor, article_id).brand_id
    if not actor.sees_brand(brand_id):
        raise NotFound
    if stored.width is None:
        raise Invalid(file="not_a_picture")
    put_article_file(tx, stored, brand_id, article_id, actor.agent_id)
    return FILE_ADDRESS + stored.key


def put_article_file(
    tx: Tx, stored: StoredFile, brand_id: int, article_id: int | None, agent_id: int | None
) -> None:
    """The row of a picture; whoever calls has asked for the right to."""
    tx.execute(
        insert(article_files).values(
            article_id=article_id,
            brand_id=brand_id,
            agent_id=agent_id,
            file_id=remember_file(tx, stored),
            key=stored.key,
            name=stored.name[:255],
            content_type=stored.content_type[:120],
            size=stored.size,
            width=stored.width,
            height=stored.height,
            created_at=tx.now,
        )
    )

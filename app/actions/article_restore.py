"""An earlier version of a text comes back, as a new version."""

from sqlalchemy import select

from app.actions.article import changed, own_article
from app.actions.article_text import ArticleText, Change, put_text
from app.db import NotFound, Tx
from app.models.knowledge import article_versions
from app.security.permissions import Actor

RESTORED = "restored:"  # a note that we write ourselves: the version's number follows


def restore_version(tx: Tx, actor: Actor, article_id: int, locale: str, version: int) -> bool:
    """Write the text of this version again; whether that changed anything."""
    own_article(tx, actor, article_id)
    row = tx.execute(
        select(article_versions).where(
            article_versions.c.article_id == article_id,
            article_versions.c.locale == locale,
            article_versions.c.version == version,
        )
    ).first()
    if row is None:
        raise NotFound
    text = ArticleText(row.title, row.body, row.alternatives)
    done = put_text(tx, article_id, locale, text, Change(actor.agent_id, f"{RESTORED}{version}"))
    if done:
        changed(tx, article_id)
    return done

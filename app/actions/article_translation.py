"""The languages of an article: one is taken away, or found to say what the original says."""

from sqlalchemy import delete, select, update

from app.actions.article import changed, own_article
from app.db import Conflict, NotFound, Tx
from app.models.knowledge import article_texts, articles
from app.security.permissions import Actor


def remove_text(tx: Tx, actor: Actor, article_id: int, locale: str) -> None:
    """Take one language away; the last one goes with the whole article."""
    row = own_article(tx, actor, article_id)
    tx.execute(
        delete(article_texts).where(
            article_texts.c.article_id == article_id, article_texts.c.locale == locale
        )
    )
    left = tx.execute(
        select(article_texts.c.locale)
        .where(article_texts.c.article_id == article_id)
        .order_by(article_texts.c.id)
    ).scalars()
    others = list(left)
    if not others:
        raise Conflict("last_language")
    if locale == row.locale:  # the others were translated from it: the oldest of them is it now
        tx.execute(update(articles).where(articles.c.id == article_id).values(locale=others[0]))
        tx.execute(
            update(article_texts)
            .where(article_texts.c.article_id == article_id)
            .values(translated_from_revision=None)
        )
    changed(tx, article_id)


def mark_translated(tx: Tx, actor: Actor, article_id: int, locale: str) -> None:
    """Somebody has looked: this translation says what the article's own language says now."""
    row = own_article(tx, actor, article_id)
    texts = tx.execute(
        select(article_texts.c.locale, article_texts.c.revision).where(
            article_texts.c.article_id == article_id
        )
    )
    revisions = {text.locale: text.revision for text in texts}
    if locale not in revisions or locale == row.locale or row.locale not in revisions:
        raise NotFound
    tx.execute(
        update(article_texts)
        .where(article_texts.c.article_id == article_id, article_texts.c.locale == locale)
        .values(translated_from_revision=revisions[row.locale])
    )
    changed(tx, article_id)

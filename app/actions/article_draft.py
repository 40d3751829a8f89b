"""What an agent is writing is kept as they write; it is theirs alone until they save it."""

from typing import Any

from sqlalchemy import ColumnElement, and_, delete, insert, update

from app.actions.article import seen_article
from app.actions.article_text import MAX_BODY, ArticleText
from app.db import Invalid, NotFound, Tx
from app.models.knowledge import article_drafts
from app.pages.locales import LOCALE_NAMES
from app.security.permissions import Actor


def keep_draft(
    tx: Tx,
    actor: Actor,
    article_id: int | None,
    brand_id: int,
    locale: str,
    text: ArticleText,
    revision: int = 0,
) -> None:
    """Keep what stands in the editor; without an article it is one that is not there yet.

    `revision` is the one of the text that the agent began from.
    """
    if article_id is not None:
        brand_id = seen_article(tx, actor, article_id).brand_id
    if not actor.sees_brand(brand_id):
        raise NotFound
    if locale not in LOCALE_NAMES:
        raise Invalid(locale="unknown")
    if len(text.body) > MAX_BODY:
        raise Invalid(body="too_long")
    if "\0" in text.title + text.body + "".join(text.alternatives):
        raise Invalid(body="not_text")
    put_draft(tx, actor.agent_id, article_id, brand_id, locale, text, revision)


def put_draft(
    tx: Tx,
    agent_id: int,
    article_id: int | None,
    brand_id: int,
    locale: str,
    text: ArticleText,
    revision: int,
) -> None:
    """Write an agent's draft; whoever calls has asked for the right to."""
    values: dict[str, Any] = {
        "brand_id": brand_id,
        "locale": locale,
        "title": text.title,
        "body": text.body.replace("\r\n", "\n"),
        "alternatives": list(text.alternatives),
        "revision": revision,
        "updated_at": tx.now,
    }
    done = tx.execute(
        update(article_drafts).where(_theirs(agent_id, article_id, locale)).values(**values)
    )
    if done.rowcount == 0:
        tx.execute(
            insert(article_drafts).values(agent_id=agent_id, article_id=article_id, **values)
        )


def drop_draft(tx: Tx, actor: Actor, article_id: int | None, locale: str) -> None:
    """The agent has saved it, or thrown it away."""
    tx.execute(delete(article_drafts).where(_theirs(actor.agent_id, article_id, locale)))


def _theirs(agent_id: int, article_id: int | None, locale: str) -> ColumnElement[bool]:
    """Of a new article an agent has one draft, in whatever language."""
    if article_id is None:
        return and_(article_drafts.c.agent_id == agent_id, article_drafts.c.article_id.is_(None))
    return and_(
        article_drafts.c.agent_id == agent_id,
        article_drafts.c.article_id == article_id,
        article_drafts.c.locale == locale,
    )

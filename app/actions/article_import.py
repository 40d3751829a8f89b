"""Articles from elsewhere are taken in: new ones written, known ones changed, others left."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select, update

from app.actions.article import (
    ArticleDetails,
    ArticleDraft,
    ArticleText,
    require_publisher,
    save_article,
)
from app.actions.article_bulk import day_at
from app.actions.article_file import put_article_file
from app.actions.article_publish import archive_article, publish_article, withdraw_article
from app.actions.category import category_named
from app.db import NotFound, Tx
from app.files import StoredFile
from app.models.agent import agents
from app.models.knowledge import article_files, articles
from app.queries.article_exchange import FILE_ADDRESS, Step, steps
from app.security.permissions import Actor
from knowledge.exchange.targets import PICTURE
from knowledge.exchange.values import SentArticle

LIMIT = 100  # articles of one write: others wait for no more than that


def take_articles(
    tx: Tx, actor: Actor, brand_id: int, sent: Sequence[SentArticle], *, as_drafts: bool = False
) -> dict[str, int]:
    """Write these articles; returns how many are new, changed and unchanged.

    Taking the same again changes nothing. `as_drafts`: new ones are drafts, and those that are
    here keep their status. Conflict("needs_review") for whoever may not publish.
    """
    if not actor.sees_brand(brand_id):
        raise NotFound
    require_publisher(actor)
    counts = {"new": 0, "changed": 0, "unchanged": 0}
    for step in steps(tx.conn, brand_id, sent, as_drafts=as_drafts):
        counts[step.verdict] += 1
        if step.verdict != "unchanged":
            _take(tx, actor, brand_id, step, as_drafts)
    return counts


def keep_pictures(
    tx: Tx, actor: Actor, brand_id: int, pictures: Mapping[str, StoredFile]
) -> dict[str, str]:
    """Keep pictures that came with articles; returns the address of each by its path.

    One that the brand has already keeps its address: an export that comes back changes nothing.
    """
    if not actor.sees_brand(brand_id):
        raise NotFound
    addresses = {}
    for path, stored in pictures.items():
        known = tx.execute(
            select(article_files.c.key).where(
                article_files.c.brand_id == brand_id, article_files.c.key == stored.key
            )
        ).scalar()
        if known is None:
            put_article_file(tx, stored, brand_id, None, actor.agent_id)
        addresses[PICTURE + path] = FILE_ADDRESS + stored.key
    return addresses


def _take(tx: Tx, actor: Actor, brand_id: int, step: Step, drafts: bool) -> None:
    sent = step.article
    texts = {
        locale: ArticleText(text.title, text.body, text.alternatives)
        for locale, text in sent.texts.items()
    }
    details = ArticleDetails(_owner(tx, sent.owner), day_at(sent.check_by))
    draft = ArticleDraft(
        texts,
        category=None,
        visibility=sent.visibility,
        slug="" if step.article_id else sent.slug,
        details=details if sent.owner or sent.check_by else None,
        external_id=sent.id or None,
    )
    held = step.article_id
    article_id = save_article(tx, actor, brand_id, draft, held)
    category_id = _category(tx, brand_id, sent.category, next(iter(texts)))
    if category_id is not None:
        tx.execute(
            update(articles).where(articles.c.id == article_id).values(category_id=category_id)
        )
    if not drafts:
        _set_status(tx, actor, article_id, sent.status)


def _set_status(tx: Tx, actor: Actor, article_id: int, wanted: str) -> None:
    status = tx.execute(select(articles.c.status).where(articles.c.id == article_id)).scalar_one()
    if status == wanted:
        return
    if wanted == "published":
        publish_article(tx, actor, article_id)
    elif wanted == "archived":
        archive_article(tx, actor, article_id)
    elif status in ("published", "archived"):
        withdraw_article(tx, actor, article_id)


def _category(tx: Tx, brand_id: int, path: Sequence[str], locale: str) -> int | None:
    found: int | None = None
    for name in path:
        found = category_named(tx, brand_id, name, locale, found)
    return found


def _owner(tx: Tx, email: str) -> int | None:
    return tx.execute(
        select(agents.c.id).where(agents.c.email == email.lower(), agents.c.active)
    ).scalar()

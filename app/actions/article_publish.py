"""Articles come before readers and leave them: at once, or by themselves when it is planned."""

from collections.abc import Sequence

from sqlalchemy import Column, select, update

from app.actions.article import own_article, require_publisher, seen_article
from app.db import Invalid, Tx
from app.events import ArticleChanged, SupervisionChanged
from app.models.knowledge import article_reviews, articles
from app.security.permissions import Actor


def publish_article(tx: Tx, actor: Actor, article_id: int) -> None:
    """Readers and search find it from now on; whoever asked for a review has the answer."""
    seen_article(tx, actor, article_id)
    require_publisher(actor)
    _publish(tx, [article_id], actor.agent_id)


def withdraw_article(tx: Tx, actor: Actor, article_id: int) -> None:
    """Back to a draft: nobody but its authors sees it."""
    own_article(tx, actor, article_id)
    _close_reviews(tx, [article_id], "taken_back", actor.agent_id)
    _set_status(tx, [article_id], "draft", publish_at=None)


def archive_article(tx: Tx, actor: Actor, article_id: int) -> None:
    """Out of sight of readers and out of the way of authors; it can be published again."""
    seen_article(tx, actor, article_id)
    require_publisher(actor)
    _close_reviews(tx, [article_id], "taken_back", actor.agent_id)
    _set_status(tx, [article_id], "archived", publish_at=None, archive_at=None)


def plan_article(
    tx: Tx, actor: Actor, article_id: int, publish_at: int | None, archive_at: int | None
) -> None:
    """Publish and archive it by itself at these moments (ms); None: not planned.

    Raises Invalid(publish_at|archive_at="in_the_past"), Invalid(archive_at="before_publishing").
    """
    row = seen_article(tx, actor, article_id)
    if (publish_at, archive_at) == (row.publish_at, row.archive_at):
        return
    require_publisher(actor)
    if row.status == "published":
        publish_at = None
    for name, at in (("publish_at", publish_at), ("archive_at", archive_at)):
        if at is not None and at <= tx.now:
            raise Invalid(**{name: "in_the_past"})
    if publish_at is not None and archive_at is not None and archive_at <= publish_at:
        raise Invalid(archive_at="before_publishing")
    tx.execute(
        update(articles)
        .where(articles.c.id == article_id)
        .values(
            publish_at=publish_at,
            archive_at=archive_at,
            version=articles.c.version + 1,
            updated_at=tx.now,
        )
    )
    tx.emit(ArticleChanged(article_id))


def publish_planned(tx: Tx) -> int:
    """Publish and archive what is due; returns how many articles changed."""
    coming = _due(tx, articles.c.publish_at)
    if coming:
        _publish(tx, coming, None)
    leaving = _due(tx, articles.c.archive_at)
    if leaving:
        _set_status(tx, leaving, "archived", publish_at=None, archive_at=None)
    return len({*coming, *leaving})


def _due(tx: Tx, column: Column[int]) -> list[int]:
    rows = tx.execute(select(articles.c.id).where(column <= tx.now).with_for_update())
    return list(rows.scalars())


def _publish(tx: Tx, ids: Sequence[int], decided_by: int | None) -> None:
    tx.execute(
        update(articles)
        .where(articles.c.id.in_(ids), articles.c.published_at.is_(None))
        .values(published_at=tx.now)
    )
    _close_reviews(tx, ids, "published", decided_by)
    _set_status(tx, ids, "published", publish_at=None)


def _close_reviews(tx: Tx, ids: Sequence[int], outcome: str, decided_by: int | None) -> None:
    """The question whether to publish these is answered; proposed changes stay open."""
    done = tx.execute(
        update(article_reviews)
        .where(
            article_reviews.c.article_id.in_(ids),
            article_reviews.c.outcome == "open",
            article_reviews.c.locale == "",
        )
        .values(outcome=outcome, decided_by=decided_by, decided_at=tx.now)
        .returning(article_reviews.c.id)
    )
    for review_id in done.scalars().all():
        tx.emit(SupervisionChanged("review", review_id))


def _set_status(tx: Tx, ids: Sequence[int], status: str, **more: int | None) -> None:
    tx.execute(
        update(articles)
        .where(articles.c.id.in_(ids))
        .values(status=status, version=articles.c.version + 1, updated_at=tx.now, **more)
    )
    for article_id in ids:
        tx.emit(ArticleChanged(article_id))

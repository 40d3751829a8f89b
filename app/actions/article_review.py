"""Somebody reads an article before readers do: asked for, taken back, published, returned.

A review is either of an article that nobody can read yet, or of a new text for one that is
published; the published text stays until the new one is agreed to.
"""

from typing import Any

from sqlalchemy import Row, insert, select, update

from app.actions.article import LIVE, changed, require_publisher, seen_article
from app.actions.article_draft import drop_draft, put_draft
from app.actions.article_publish import publish_article
from app.actions.article_text import ArticleText, Change, check_texts, put_text
from app.db import Conflict, Invalid, NotFound, Tx
from app.events import SupervisionChanged
from app.models.knowledge import article_reviews, article_texts, articles
from app.security.permissions import Actor

MAX_WORDS = 2_000


def ask_review(
    tx: Tx,
    actor: Actor,
    article_id: int,
    note: str = "",
    proposal: tuple[str, ArticleText] | None = None,
) -> int:
    """Ask that an article be published, or with a proposal (locale, text) that a published one be
    changed; returns the review's id. Asking again replaces what one asked before.

    Raises Conflict("in_review") where a colleague's question is open, Conflict("nothing_proposed")
    for a published article without a proposal.
    """
    row = seen_article(tx, actor, article_id)
    if row.status not in LIVE:
        proposal = None
    elif proposal is None:
        raise Conflict("nothing_proposed")
    values: dict[str, Any] = {"locale": "", "alternatives": [], "revision": 0}
    if proposal is not None:
        locale, text = proposal
        check_texts({locale: text})
        values = {
            "locale": locale,
            "title": text.title.strip(),
            "body": text.body.replace("\r\n", "\n"),
            "alternatives": [line.strip() for line in text.alternatives if line.strip()],
            "revision": _revision(tx, article_id, locale),
        }
    _make_room(tx, actor, article_id, values["locale"])
    review_id: int = tx.execute(
        insert(article_reviews)
        .values(
            article_id=article_id,
            asked_by=actor.agent_id,
            asked_at=tx.now,
            note=note.strip()[:MAX_WORDS],
            **values,
        )
        .returning(article_reviews.c.id)
    ).scalar_one()
    if proposal is None:
        _set_status(tx, article_id, "review")
    else:
        drop_draft(tx, actor, article_id, proposal[0])
    changed(tx, article_id)
    tx.emit(SupervisionChanged("review", review_id))
    return review_id


def take_back_review(tx: Tx, actor: Actor, review_id: int) -> None:
    """Whoever asked does not ask any more."""
    review = _open(tx, actor, review_id)
    if review.asked_by != actor.agent_id:
        require_publisher(actor)
    _decide(tx, actor, review, "taken_back")


def approve_review(tx: Tx, actor: Actor, review_id: int, seen: int | None = None) -> None:
    """Publish what was asked for.

    `seen` is the revision of the text that the reviewer compared it with: Conflict("changed") if
    it is another by now.
    """
    review = _open(tx, actor, review_id)
    require_publisher(actor)
    if not review.locale:
        publish_article(tx, actor, review.article_id)
        return
    if seen is not None and seen != _revision(tx, review.article_id, review.locale):
        raise Conflict("changed")
    text = ArticleText(review.title, review.body, review.alternatives)
    put_text(tx, review.article_id, review.locale, text, Change(review.asked_by, review.note[:300]))
    _decide(tx, actor, review, "published")


def return_review(tx: Tx, actor: Actor, review_id: int, comment: str) -> None:
    """Give it back with a word on what to change; a proposed text becomes its author's draft."""
    review = _open(tx, actor, review_id)
    require_publisher(actor)
    if not comment.strip():
        raise Invalid(comment="empty")
    if review.locale:
        text = ArticleText(review.title, review.body, review.alternatives)
        put_draft(
            tx,
            review.asked_by,
            review.article_id,
            _brand(tx, review.article_id),
            review.locale,
            text,
            review.revision,
        )
    _decide(tx, actor, review, "returned", comment.strip()[:MAX_WORDS])


def _open(tx: Tx, actor: Actor, review_id: int) -> Row[Any]:
    review = tx.execute(
        select(article_reviews).where(article_reviews.c.id == review_id).with_for_update()
    ).first()
    if review is None:
        raise NotFound
    seen_article(tx, actor, review.article_id)
    if review.outcome != "open":
        raise Conflict("review_over")
    return review


def _decide(tx: Tx, actor: Actor, review: Row[Any], outcome: str, comment: str = "") -> None:
    tx.execute(
        update(article_reviews)
        .where(article_reviews.c.id == review.id)
        .values(outcome=outcome, comment=comment, decided_by=actor.agent_id, decided_at=tx.now)
    )
    if not review.locale:
        _set_status(tx, review.article_id, "draft")
    changed(tx, review.article_id)
    tx.emit(SupervisionChanged("review", review.id))


def _make_room(tx: Tx, actor: Actor, article_id: int, locale: str) -> None:
    """One question is open at a time for each text; one's own gives way."""
    rows = tx.execute(
        select(article_reviews).where(
            article_reviews.c.article_id == article_id,
            article_reviews.c.locale == locale,
            article_reviews.c.outcome == "open",
        )
    ).all()
    for row in rows:
        if row.asked_by != actor.agent_id:
            raise Conflict("in_review")
        tx.execute(
            update(article_reviews)
            .where(article_reviews.c.id == row.id)
            .values(outcome="taken_back", decided_by=actor.agent_id, decided_at=tx.now)
        )


def _set_status(tx: Tx, article_id: int, status: str) -> None:
    tx.execute(
        update(articles)
        .where(articles.c.id == article_id, articles.c.status.not_in(LIVE))
        .values(status=status)
    )


def _revision(tx: Tx, article_id: int, locale: str) -> int:
    found = tx.execute(
        select(article_texts.c.revision).where(
            article_texts.c.article_id == article_id, article_texts.c.locale == locale
        )
    ).scalar()
    return int(found or 0)


def _brand(tx: Tx, article_id: int) -> int:
    return int(
        tx.execute(select(articles.c.brand_id).where(articles.c.id == article_id)).scalar_one()
    )

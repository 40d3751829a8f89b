"""Articles that wait for somebody who may publish, and who wants to be told of them."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, select

from app.models.agent import agent_brands, agents
from app.models.knowledge import article_reviews, article_texts, articles
from app.security.permissions import Actor

BY_MAIL = "mail_reviews"


@dataclass(frozen=True, slots=True)
class WaitingReview:
    """Somebody asks that an article is published, or a change of it."""

    id: int
    article_id: int
    brand_id: int
    title: str
    who: str
    asked_by: int
    owner_id: int | None
    asked_at: int


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Who has asked to be told by mail."""

    email: str
    locale: str


def waiting_reviews(conn: Connection, actor: Actor) -> tuple[WaitingReview, ...]:
    """What others have asked and this agent may decide, the oldest first."""
    if not actor.publishes:
        return ()
    query = _open().where(article_reviews.c.asked_by != actor.agent_id)
    if actor.brands is not None:
        query = query.where(articles.c.brand_id.in_(sorted(actor.brands)))
    return tuple(WaitingReview(**row._mapping) for row in conn.execute(query))


def latest_review(conn: Connection, article_id: int) -> WaitingReview | None:
    """The open question that was asked last about an article."""
    rows = conn.execute(_open().where(articles.c.id == article_id)).all()
    return WaitingReview(**rows[-1]._mapping) if rows else None


def reviewers(conn: Connection, review: WaitingReview) -> list[Reviewer]:
    """Who may decide it and has asked for mails."""
    rows = conn.execute(
        select(agents.c.id, agents.c.email, agents.c.locale, agents.c.role, agents.c.preferences)
        .where(agents.c.active, agents.c.id != review.asked_by)
        .where(agents.c.publishes | agents.c.role.in_(("supervisor", "admin")))
        .order_by(agents.c.id)
    ).all()
    serving: dict[int, set[int]] = {}
    for agent_id, brand_id in conn.execute(
        select(agent_brands.c.agent_id, agent_brands.c.brand_id)
    ):
        serving.setdefault(agent_id, set()).add(brand_id)
    return [
        Reviewer(row.email, row.locale)
        for row in rows
        if (row.preferences or {}).get(BY_MAIL) == "always"
        and (row.role == "admin" or review.brand_id in serving.get(row.id, {review.brand_id}))
    ]


def _open() -> Select[Any]:
    return (
        select(
            article_reviews.c.id,
            articles.c.id.label("article_id"),
            articles.c.brand_id,
            article_texts.c.title,
            agents.c.name.label("who"),
            article_reviews.c.asked_by,
            articles.c.owner_id,
            article_reviews.c.asked_at,
        )
        .join(articles, articles.c.id == article_reviews.c.article_id)
        .join(agents, agents.c.id == article_reviews.c.asked_by)
        .join(
            article_texts,
            (article_texts.c.article_id == articles.c.id)
            & (article_texts.c.locale == articles.c.locale),
        )
        .where(article_reviews.c.outcome == "open")
        .order_by(article_reviews.c.id)
    )

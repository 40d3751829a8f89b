"""An agent's own articles whose day to be checked again has come."""

from dataclasses import dataclass

from sqlalchemy import Connection, and_, select

from app.models.knowledge import article_texts, articles
from app.security.permissions import Actor

MOST = 50


@dataclass(frozen=True, slots=True)
class DueArticle:
    """Published, owned by the agent, and to be read again since `check_by`."""

    id: int
    title: str
    check_by: int


def due_articles(conn: Connection, actor: Actor, now: int) -> tuple[DueArticle, ...]:
    """Of the brands the agent serves, those that came due last first."""
    query = (
        select(articles.c.id, article_texts.c.title, articles.c.check_by)
        .join(
            article_texts,
            and_(
                article_texts.c.article_id == articles.c.id,
                article_texts.c.locale == articles.c.locale,
            ),
        )
        .where(
            articles.c.owner_id == actor.agent_id,
            articles.c.status == "published",
            articles.c.check_by <= now,
        )
        .order_by(articles.c.check_by.desc(), articles.c.id)
        .limit(MOST)
    )
    if actor.brands is not None:
        query = query.where(articles.c.brand_id.in_(sorted(actor.brands)))
    return tuple(DueArticle(**row._mapping) for row in conn.execute(query))

"""Drafts that somebody has begun for questions that no article answers yet."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from app.models.agent import agents
from app.models.knowledge import article_texts, articles

MOST = 1_000


@dataclass(frozen=True, slots=True)
class Begun:
    """An article for a gap: still a draft of `owner`, or published (`owner` empty)."""

    article_id: int
    title: str
    owner: str = ""


def begun(conn: Connection, brands: Collection[int] | None) -> dict[str, Begun]:
    """The latest drafts of these brands by each question that they are to answer, folded."""
    query = (
        select(
            articles.c.id,
            article_texts.c.title,
            article_texts.c.alternatives,
            func.coalesce(agents.c.name, "").label("owner"),
        )
        .join(article_texts, article_texts.c.article_id == articles.c.id)
        .outerjoin(agents, agents.c.id == articles.c.owner_id)
        .where(articles.c.status == "draft")
        .order_by(articles.c.id.desc())
        .limit(MOST)
    )
    if brands is not None:
        query = query.where(articles.c.brand_id.in_(sorted(brands)))
    found: dict[str, Begun] = {}
    for row in conn.execute(query):
        for asked in (row.title, *row.alternatives):
            found.setdefault(folded(asked), Begun(row.id, row.title, row.owner or "?"))
    return found


def folded(text: str) -> str:
    """Two ways of writing the same question are one."""
    return " ".join(text.casefold().split())

"""Questions that no article answered, in customers' own words."""

from collections.abc import Collection

from sqlalchemy import Connection, select

from app.models.question import unanswered_questions as questions

MOST = 5_000


def unanswered(
    conn: Connection, brands: Collection[int] | None, *, since: int = 0, limit: int = MOST
) -> list[str]:
    """The latest such questions of these brands (None: all), oldest first, searches after which
    nothing was opened too."""
    wanted = select(questions.c.query).where(
        questions.c.clicked.is_(False), questions.c.created_at >= since
    )
    if brands is not None:
        wanted = wanted.where(questions.c.brand_id.in_(sorted(brands)))
    found = conn.execute(wanted.order_by(questions.c.id.desc()).limit(limit)).scalars()
    return list(found)[::-1]

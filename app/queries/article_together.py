"""Two authors at one text: who else is writing it, and what was saved since one of them began."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from app.models.agent import agents
from app.models.knowledge import article_drafts, article_texts
from app.queries.article_versions import text_at
from app.security.permissions import Actor
from knowledge.changes import Part, changes

WRITING_MS = 10 * 60_000  # a draft that was kept this lately is being written


@dataclass(frozen=True, slots=True)
class SavedSince:
    """A version that somebody saved after the agent had begun; `parts` is what it changed."""

    version: int
    by: str
    at: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Together:
    """Of the text an agent is writing: the names of others who do, and what was saved since."""

    writing: tuple[str, ...]
    since: SavedSince | None


def together(
    conn: Connection, actor: Actor, article_id: int, locale: str, began_from: int, now: int
) -> Together:
    """`began_from` is the revision that stood there when the agent began, 0 for none; whoever
    calls has asked for the article."""
    writing = conn.execute(
        select(agents.c.name)
        .join(article_drafts, article_drafts.c.agent_id == agents.c.id)
        .where(
            article_drafts.c.article_id == article_id,
            article_drafts.c.locale == locale,
            article_drafts.c.agent_id != actor.agent_id,
            article_drafts.c.updated_at > now - WRITING_MS,
        )
        .order_by(agents.c.name)
    ).scalars()
    return Together(tuple(writing), _since(conn, article_id, locale, began_from))


def _since(conn: Connection, article_id: int, locale: str, began_from: int) -> SavedSince | None:
    held = conn.execute(
        select(article_texts).where(
            article_texts.c.article_id == article_id, article_texts.c.locale == locale
        )
    ).first()
    if held is None or held.revision == began_from:
        return None
    before = text_at(conn, article_id, locale, began_from)
    after = text_at(conn, article_id, locale, held.revision)
    parts: list[Part] = []
    if before is not None or began_from == 0:
        was = f"{before.title}\n\n{before.body}" if before else ""
        parts = changes(was, f"{held.title}\n\n{held.body}")
    by = after.author if after else ""
    return SavedSince(held.revision, by, held.updated_at, tuple(parts))

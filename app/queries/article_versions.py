"""The texts an article had before."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from app.actions.article_restore import RESTORED
from app.models.agent import agents
from app.models.knowledge import article_versions
from app.queries.article_editor import editor_article
from app.security.permissions import Actor


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A text as it once was; `restored_from` is the version it was brought back from."""

    version: int
    title: str
    body: str
    alternatives: tuple[str, ...]
    author: str
    note: str
    restored_from: str
    created_at: int


def article_versions_of(
    conn: Connection, actor: Actor, article_id: int, locale: str
) -> list[VersionRow]:
    """Every version of a language, the newest first; NotFound where the actor does not see it."""
    article = editor_article(conn, actor, article_id)
    rows = conn.execute(
        select(article_versions, agents.c.name)
        .outerjoin(agents, agents.c.id == article_versions.c.author_id)
        .where(article_versions.c.article_id == article_id, article_versions.c.locale == locale)
        .order_by(article_versions.c.version.desc())
    ).all()
    found = [_version(row) for row in rows]
    text = article.texts.get(locale)
    if text is not None and not any(one.version == text.revision for one in found):
        # It was written in bulk and has not been changed since.
        now = VersionRow(
            text.revision, text.title, text.body, text.alternatives, "", "", "", text.updated_at
        )
        found.insert(0, now)
    return found


def text_at(conn: Connection, article_id: int, locale: str, version: int) -> VersionRow | None:
    """One version of a text; whoever calls has asked for the article."""
    row = conn.execute(
        select(article_versions, agents.c.name)
        .outerjoin(agents, agents.c.id == article_versions.c.author_id)
        .where(
            article_versions.c.article_id == article_id,
            article_versions.c.locale == locale,
            article_versions.c.version == version,
        )
    ).first()
    return None if row is None else _version(row)


def _version(row: Row[Any]) -> VersionRow:
    ours = row.note.startswith(RESTORED)
    return VersionRow(
        version=row.version,
        title=row.title,
        body=row.body,
        alternatives=tuple(row.alternatives),
        author=row.name or "",
        note="" if ours else row.note,
        restored_from=row.note.removeprefix(RESTORED) if ours else "",
        created_at=row.created_at,
    )

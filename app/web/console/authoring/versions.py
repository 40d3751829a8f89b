"""Earlier versions of an article: what changed from one to another, and bringing one back."""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection

from app.actions.article_restore import restore_version
from app.db import NotFound
from app.pages import LOCALE_NAMES
from app.queries.article_editor import EditorArticle, editor_article
from app.queries.article_versions import VersionRow, article_versions_of
from app.security.permissions import Actor
from app.web.console.refusals import ConsoleRoute
from app.web.request import Run, SignedIn, Who, frame, html
from knowledge.changes import Part, changes

router = APIRouter(route_class=ConsoleRoute, prefix="/knowledge/{article_id:int}")


@router.get("/versions")
async def versions(
    runtime: Run,
    session: SignedIn,
    article_id: int,
    lang: str = "",
    new: int | None = None,
    old: int | None = None,
    view: str = "inline",
) -> Response:
    """The versions of a language, and the difference of two: as one text or side by side."""
    actor = session.actor
    article, rows = await runtime.db.query(_read, actor, article_id, lang)
    locale = lang if lang in article.texts else article.locale
    newer = _one(rows, new) or rows[0]
    older = _one(rows, old) or next((row for row in rows if row.version < newer.version), None)
    return html(
        runtime.pages.render(
            "console/article_versions.html", actor.locale, **frame(session), section="knowledge",
            article=article, lang=locale, locales=LOCALE_NAMES, rows=rows, newer=newer,
            older=older, view="beside" if view == "beside" else "inline",
            title=_parts(older.title if older else "", newer.title),
            body=_parts(older.body if older else "", newer.body),
            others=_parts(_lines(older) if older else "", _lines(newer)),
        )
    )  # fmt: skip


@router.post("/restore")
async def restore(
    runtime: Run,
    actor: Who,
    article_id: int,
    lang: Annotated[str, Form()],
    version: Annotated[int, Form()],
) -> Response:
    """An earlier text comes back, as a new version."""
    await runtime.db.write(restore_version, actor, article_id, lang, version)
    return RedirectResponse(f"/knowledge/{article_id}?lang={lang}&saved=restored", 303)


def _read(
    conn: Connection, actor: Actor, article_id: int, lang: str
) -> tuple[EditorArticle, list[VersionRow]]:
    article = editor_article(conn, actor, article_id)
    locale = lang if lang in article.texts else article.locale
    rows = article_versions_of(conn, actor, article_id, locale)
    if not rows:
        raise NotFound
    return article, rows


def _one(rows: list[VersionRow], version: int | None) -> VersionRow | None:
    return next((row for row in rows if row.version == version), None)


def _parts(before: str, after: str) -> list[Part]:
    return changes(before, after)


def _lines(row: VersionRow) -> str:
    return "\n".join(row.alternatives)

"""Writing articles: the list, one article in each of its languages, preview, publish, withdraw."""

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Form, Query
from fastapi.responses import RedirectResponse, Response
from markupsafe import Markup
from sqlalchemy import Connection

from app.actions.article import (
    VISIBILITIES,
    ArticleDraft,
    ArticleText,
    save_article,
)
from app.actions.article_publish import publish_article, withdraw_article
from app.actions.article_translation import remove_text
from app.db import Conflict, Invalid, NotFound
from app.pages import LOCALE_NAMES
from app.queries.articles import ArticlePage, authored_article, authored_articles
from app.queries.choices import Choice, brand_choices
from app.runtime import Runtime
from app.security.permissions import Actor
from app.security.sessions import Session
from app.web.console.refusals import ConsoleRoute, errors_of, words_of
from app.web.request import Run, SignedIn, Who, frame, html
from knowledge.markdown import render

router = APIRouter(route_class=ConsoleRoute, prefix="/knowledge")


@dataclass(slots=True)
class Values:
    """What stands in the form."""

    title: str = ""
    body: str = ""
    alternatives: str = ""
    category: str = ""
    visibility: str = "public"
    brand: int | None = None
    version: int | None = None


@router.get("")
async def articles(
    runtime: Run,
    session: SignedIn,
    q: str = Query("", max_length=200),
    status: str = "",
) -> Response:
    """Every article of the brands an agent serves, by category."""
    found = await runtime.db.query(authored_articles, session.actor, session.actor.locale)
    words = q.casefold().split()
    shown = [
        row
        for row in found
        if status in ("", row.status)
        and all(word in f"{row.title} {row.category}".casefold() for word in words)
    ]
    page = _draw(
        runtime, session, "console/articles.html", rows=shown, total=len(found), q=q, status=status
    )
    return html(page)


@router.get("/new")
async def new(runtime: Run, session: SignedIn) -> Response:
    """An empty article in the author's language."""
    brands = await runtime.db.query(brand_choices, session.actor)
    values = Values(brand=brands[0].id if brands else None)
    return html(_form(runtime, session, None, session.actor.locale, values, brands))


@router.post("/preview")
async def preview(session: SignedIn, body: str = Form("", max_length=200_000)) -> Response:
    """The Markdown as readers will see it."""
    return html(render(body))


@router.get("/{article_id}")
async def edit(
    runtime: Run, session: SignedIn, article_id: int, lang: str = "", saved: bool = False
) -> Response:
    """An article in one of its languages, or a new language of it."""
    locale = lang if lang in LOCALE_NAMES else session.actor.locale
    article, brands = await runtime.db.query(_read, session.actor, article_id, locale)
    if lang not in LOCALE_NAMES:
        locale = article.locale
    values = _values(article, locale)
    return html(_form(runtime, session, article, locale, values, brands, saved=saved))


@router.post("/{article_id}")
@router.post("/new")
async def save(
    runtime: Run,
    session: SignedIn,
    article_id: int | None = None,
    lang: str = Form("en"),
    title: str = Form(""),
    body: str = Form(""),
    alternatives: str = Form(""),
    category: str = Form("", max_length=120),
    visibility: str = Form("public"),
    brand: int = Form(),
    version: int | None = Form(None),
    publish: bool = Form(False),
) -> Response:
    """Keep what was written; `publish` lets readers have it."""
    values = Values(title, body, alternatives, category, visibility, brand, version)
    text = ArticleText(title, body, alternatives.splitlines())
    draft = ArticleDraft({lang: text}, category, visibility)
    try:
        kept = await runtime.db.write(
            save_article, session.actor, brand, draft, article_id, version
        )
    except (Invalid, Conflict) as error:
        return await _again(runtime, session, article_id, lang, values, error)
    if publish:
        await runtime.db.write(publish_article, session.actor, kept)
    return RedirectResponse(f"/knowledge/{kept}?lang={lang}&saved=1", 303)


@router.post("/{article_id}/publish")
async def publish(runtime: Run, actor: Who, article_id: int) -> Response:
    """Readers and search find it from now on."""
    await runtime.db.write(publish_article, actor, article_id)
    return RedirectResponse(f"/knowledge/{article_id}", 303)


@router.post("/{article_id}/withdraw")
async def withdraw(runtime: Run, actor: Who, article_id: int) -> Response:
    """Back to a draft."""
    await runtime.db.write(withdraw_article, actor, article_id)
    return RedirectResponse(f"/knowledge/{article_id}", 303)


@router.post("/{article_id}/remove")
async def remove(runtime: Run, actor: Who, article_id: int, lang: str = Form()) -> Response:
    """Take one language away."""
    await runtime.db.write(remove_text, actor, article_id, lang)
    return RedirectResponse(f"/knowledge/{article_id}", 303)


def _read(
    conn: Connection, actor: Actor, article_id: int, locale: str
) -> tuple[ArticlePage, tuple[Choice, ...]]:
    article = authored_article(conn, actor, article_id, locale)
    if article is None:
        raise NotFound
    return article, brand_choices(conn, actor)


def _values(article: ArticlePage, locale: str) -> Values:
    """The form of an article; in a language it does not have yet, there is no text."""
    there = article.locale == locale
    return Values(
        title=article.title if there else "",
        body=article.body if there else "",
        alternatives="\n".join(article.alternatives) if there else "",
        category=article.category,
        visibility=article.visibility,
        brand=article.brand_id,
        version=article.version,
    )


async def _again(
    runtime: Runtime,
    session: Session,
    article_id: int | None,
    lang: str,
    values: Values,
    error: Invalid | Conflict,
) -> Response:
    """The form once more, with what was written and what is wrong with it."""
    locale = lang if lang in LOCALE_NAMES else session.actor.locale
    article, brands = None, await runtime.db.query(brand_choices, session.actor)
    if article_id is not None:
        article, brands = await runtime.db.query(_read, session.actor, article_id, locale)
    mine = session.actor.locale
    errors = errors_of(runtime, mine, error) if isinstance(error, Invalid) else {}
    if isinstance(error, Conflict):
        errors = {"form": words_of(runtime, mine, error) or error.code}
    page = _form(runtime, session, article, locale, values, brands, errors=errors)
    return html(page, 409 if isinstance(error, Conflict) else 422)


def _form(
    runtime: Runtime,
    session: Session,
    article: ArticlePage | None,
    locale: str,
    values: Values,
    brands: tuple[Choice, ...],
    **context: Any,
) -> str:
    return _draw(
        runtime, session, "console/article.html",
        article=article, writing=locale, values=values, brands=brands,
        visibilities=VISIBILITIES, preview=Markup(render(values.body)),
        **{"errors": {}, "saved": False, **context},
    )  # fmt: skip


def _draw(runtime: Runtime, session: Session, template: str, **context: Any) -> str:
    return runtime.pages.render(
        template, session.actor.locale, **frame(session), section="knowledge", **context
    )

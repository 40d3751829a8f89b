"""Articles over the API: written, published, withdrawn."""

from typing import Any, Literal

from fastapi import APIRouter, Request, Response

from app.actions.article import (
    ArticleDraft,
    ArticleText,
    save_article,
)
from app.actions.article_publish import publish_article, withdraw_article
from app.actions.article_translation import remove_text
from app.db import Tx
from app.pages import locale_of_tag
from app.queries import record_articles
from app.security.permissions import Actor
from app.web.api.access import Caller, IdempotentRoute
from app.web.api.paging import Before, Limit, page_of
from app.web.api.shapes.article import (
    ArticleBody,
    ArticleHead,
    ArticlePatch,
    ArticleShape,
    Category,
    TextBody,
)
from app.web.api.values import Id, Locale
from app.web.request import Run

router = APIRouter(tags=["articles"], route_class=IdempotentRoute)


@router.get("/articles", response_model=list[ArticleHead])
async def list_articles(
    request: Request,
    response: Response,
    runtime: Run,
    caller: Caller,
    brand_id: Id | None = None,
    status: Literal["draft", "review", "published", "archived"] | None = None,
    category: Category | None = None,
    before: Before = None,
    limit: Limit = 50,
) -> Any:
    """The articles of your brands, drafts too, newest first."""
    rows = await runtime.db.query(
        record_articles.list_articles,
        caller,
        brand_id=brand_id,
        status=status,
        category=category,
        before=before,
        limit=limit + 1,
    )
    return page_of(request, response, rows, limit)


@router.get("/articles/{article_id}", response_model=ArticleShape)
async def get_article(runtime: Run, caller: Caller, article_id: Id) -> Any:
    """One article in all its languages."""
    return await runtime.db.query(record_articles.get_article, caller, article_id)


@router.post("/articles", response_model=ArticleShape, status_code=201)
async def create_article(runtime: Run, caller: Caller, body: ArticleBody) -> Any:
    """Write an article: a draft, unless `publish`."""
    article_id = await runtime.db.write(_create, caller, body)
    return await runtime.db.query(record_articles.get_article, caller, article_id)


@router.patch("/articles/{article_id}", response_model=ArticleShape)
async def change_article(runtime: Run, caller: Caller, article_id: Id, body: ArticlePatch) -> Any:
    """Change an article; with `version`, refused (409) if somebody changed it meanwhile."""
    await runtime.db.write(_change, caller, article_id, body)
    return await runtime.db.query(record_articles.get_article, caller, article_id)


@router.post("/articles/{article_id}/publish", response_model=ArticleShape)
async def publish_an_article(runtime: Run, caller: Caller, article_id: Id) -> Any:
    """Readers and search find it from now on."""
    await runtime.db.write(publish_article, caller, article_id)
    return await runtime.db.query(record_articles.get_article, caller, article_id)


@router.post("/articles/{article_id}/withdraw", response_model=ArticleShape)
async def withdraw_an_article(runtime: Run, caller: Caller, article_id: Id) -> Any:
    """Back to a draft: nobody but its authors sees it."""
    await runtime.db.write(withdraw_article, caller, article_id)
    return await runtime.db.query(record_articles.get_article, caller, article_id)


@router.delete("/articles/{article_id}/texts/{locale}", response_model=ArticleShape)
async def remove_article_text(runtime: Run, caller: Caller, article_id: Id, locale: Locale) -> Any:
    """Take one language away; the last one stays (409)."""
    await runtime.db.write(remove_text, caller, article_id, _ours(locale))
    return await runtime.db.query(record_articles.get_article, caller, article_id)


def _create(tx: Tx, actor: Actor, body: ArticleBody) -> int:
    draft = ArticleDraft(_texts(body.texts), body.category, body.visibility, body.slug)
    article_id = save_article(tx, actor, body.brand_id, draft)
    if body.publish:
        publish_article(tx, actor, article_id)
    return article_id


def _change(tx: Tx, actor: Actor, article_id: int, body: ArticlePatch) -> None:
    held = record_articles.get_article(tx.conn, actor, article_id)
    if body.texts:
        texts = _texts(body.texts)
    else:  # what is not changed is written as it is
        texts = {
            locale: ArticleText(text["title"], text["body"], text["alternatives"])
            for locale, text in held["texts"].items()
        }
    draft = ArticleDraft(
        texts,
        body.category,
        held["visibility"] if body.visibility is None else body.visibility,
        body.slug or "",
        note=body.note,
        minor=body.minor,
    )
    save_article(tx, actor, held["brand_id"], draft, article_id, body.version)


def _texts(given: dict[str, TextBody]) -> dict[str, ArticleText]:
    return {
        _ours(locale): ArticleText(text.title, text.body, text.alternatives)
        for locale, text in given.items()
    }


def _ours(locale: str) -> str:
    """In our spelling, without the region; what we do not know is refused further on."""
    return locale_of_tag(locale) or locale

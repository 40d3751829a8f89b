"""What becomes of an article, over the API: review, archive, versions; one from a conversation."""

from typing import Any

from fastapi import APIRouter

from app.actions.article_from_conversation import write_from_conversation
from app.actions.article_publish import archive_article
from app.actions.article_restore import restore_version
from app.actions.article_review import ask_review
from app.actions.article_text import ArticleText
from app.db import Tx
from app.pages.locales import locale_of_tag
from app.queries import record_articles
from app.queries.article_versions import article_versions_of
from app.web.api.access import Caller, IdempotentRoute
from app.web.api.shapes.article import ArticleShape, ReviewBody, VersionBody, VersionShape
from app.web.api.values import Id, Locale
from app.web.request import Run
from app.web.review_mail import tell_reviewers

router = APIRouter(tags=["articles"], route_class=IdempotentRoute)


@router.post("/articles/{article_id}/review", response_model=ArticleShape)
async def ask_for_review(runtime: Run, caller: Caller, article_id: Id, body: ReviewBody) -> Any:
    """Ask a colleague who may publish to read it. What is published stays until they agree."""
    proposal = None
    if body.locale is not None and body.text is not None:
        text = ArticleText(body.text.title, body.text.body, body.text.alternatives)
        proposal = (locale_of_tag(body.locale) or body.locale, text)

    def ask(tx: Tx) -> None:
        ask_review(tx, caller, article_id, body.note, proposal)
        tell_reviewers(tx, runtime, article_id)

    await runtime.db.write(ask)
    return await runtime.db.query(record_articles.get_article, caller, article_id)


@router.post("/articles/{article_id}/archive", response_model=ArticleShape)
async def archive_an_article(runtime: Run, caller: Caller, article_id: Id) -> Any:
    """Out of sight of readers and authors; it can be published again."""
    await runtime.db.write(archive_article, caller, article_id)
    return await runtime.db.query(record_articles.get_article, caller, article_id)


@router.get("/articles/{article_id}/versions", response_model=list[VersionShape])
async def list_article_versions(
    runtime: Run, caller: Caller, article_id: Id, locale: Locale = "en"
) -> Any:
    """Every text that was saved in a language, the newest first."""
    found = locale_of_tag(locale) or locale
    return await runtime.db.query(article_versions_of, caller, article_id, found)


@router.post("/articles/{article_id}/restore", response_model=ArticleShape)
async def restore_article_version(
    runtime: Run, caller: Caller, article_id: Id, body: VersionBody
) -> Any:
    """Bring an earlier text back, as a new version."""
    locale = locale_of_tag(body.locale) or body.locale
    await runtime.db.write(restore_version, caller, article_id, locale, body.version)
    return await runtime.db.query(record_articles.get_article, caller, article_id)


@router.post(
    "/conversations/{conversation_id}/article", response_model=ArticleShape, status_code=201
)
async def write_article_from_conversation(runtime: Run, caller: Caller, conversation_id: Id) -> Any:
    """A draft for agents, made of the question and the answers; personal data is masked, as far as
    it is recognised. Asking again gives the same draft."""
    article_id = await runtime.db.write(write_from_conversation, caller, conversation_id)
    return await runtime.db.query(record_articles.get_article, caller, article_id)

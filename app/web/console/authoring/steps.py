"""What becomes of an article: published, withdrawn, archived, reviewed; a language up to date."""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response

from app import clock
from app.actions.article_bulk import change_articles
from app.actions.article_from_conversation import write_from_conversation
from app.actions.article_publish import archive_article, publish_article, withdraw_article
from app.actions.article_review import approve_review, return_review, take_back_review
from app.actions.article_translation import mark_translated, remove_text
from app.pages import LOCALE_NAMES
from app.queries.article_editor import open_review
from app.queries.article_exchange import day_of
from app.web.console.refusals import ConsoleRoute
from app.web.prose import prose
from app.web.request import Run, SignedIn, Who, frame, html
from knowledge.changes import changes

router = APIRouter(route_class=ConsoleRoute)
HALF_A_YEAR_MS = 182 * 24 * 3_600_000


@router.post("/knowledge/{article_id:int}/publish")
async def publish(runtime: Run, actor: Who, article_id: int) -> Response:
    """Readers and search find it from now on."""
    await runtime.db.write(publish_article, actor, article_id)
    return _back(article_id, saved="published")


@router.post("/knowledge/{article_id:int}/withdraw")
async def withdraw(runtime: Run, actor: Who, article_id: int) -> Response:
    """Back to a draft."""
    await runtime.db.write(withdraw_article, actor, article_id)
    return _back(article_id)


@router.post("/knowledge/{article_id:int}/archive")
async def archive(runtime: Run, actor: Who, article_id: int) -> Response:
    """Out of sight; it can be published again."""
    await runtime.db.write(archive_article, actor, article_id)
    return _back(article_id)


@router.post("/knowledge/{article_id:int}/remove")
async def remove(
    runtime: Run, actor: Who, article_id: int, lang: Annotated[str, Form()]
) -> Response:
    """Take one language away."""
    await runtime.db.write(remove_text, actor, article_id, lang)
    return _back(article_id)


@router.post("/knowledge/{article_id:int}/translated")
async def translated(
    runtime: Run, actor: Who, article_id: int, lang: Annotated[str, Form()]
) -> Response:
    """This language says what the original says now."""
    await runtime.db.write(mark_translated, actor, article_id, lang)
    return RedirectResponse(f"/knowledge/{article_id}?lang={lang}", 303)


@router.post("/knowledge/{article_id:int}/checked")
async def checked(runtime: Run, actor: Who, article_id: int) -> Response:
    """It was read and is still right: the next time is in half a year."""
    day = day_of(clock.now() + HALF_A_YEAR_MS)
    await runtime.db.write(change_articles, actor, [article_id], "check_by", check_by=day)
    return _back(article_id, saved="saved")


@router.post("/inbox/{conversation_id:int}/article")
async def from_conversation(runtime: Run, actor: Who, conversation_id: int) -> Response:
    """A draft made of a conversation's question and answers, without what is personal."""
    article_id = await runtime.db.write(write_from_conversation, actor, conversation_id)
    return Response(status_code=204, headers={"HX-Redirect": f"/knowledge/{article_id}"})


@router.get("/knowledge/reviews/{review_id:int}")
async def review(runtime: Run, session: SignedIn, review_id: int) -> Response:
    """What would be published, beside what readers have now."""
    actor = session.actor
    article, asked = await runtime.db.query(open_review, actor, review_id)
    held = article.texts.get(asked.locale)
    before = f"{held.title}\n\n{held.body}" if held else ""
    parts = changes(before, f"{asked.title}\n\n{asked.body}") if asked.locale else []
    whole = () if asked.locale else tuple(article.texts.values())
    text = next(iter(whole), None)
    return html(
        runtime.pages.render(
            "console/article_review.html", actor.locale, **frame(session), section="knowledge",
            article=article, review=asked, parts=parts, text=text,
            body=prose(text.body if text else asked.body, under=2), locales=LOCALE_NAMES,
            others=[(one, prose(one.body, under=2)) for one in whole[1:]],
            seen=held.revision if held else 0,
        )
    )  # fmt: skip


@router.post("/knowledge/reviews/{review_id:int}/approve")
async def approve(
    runtime: Run, actor: Who, review_id: int, seen: Annotated[int | None, Form()] = None
) -> Response:
    """Publish what was asked for."""
    article, _ = await runtime.db.query(open_review, actor, review_id)
    await runtime.db.write(approve_review, actor, review_id, seen)
    return _back(article.id, saved="published")


@router.post("/knowledge/reviews/{review_id:int}/return")
async def give_back(
    runtime: Run,
    actor: Who,
    review_id: int,
    comment: Annotated[str, Form(max_length=2_000)] = "",
) -> Response:
    """Back to its author, with a word on what to change."""
    await runtime.db.write(return_review, actor, review_id, comment)
    return RedirectResponse("/knowledge?status=review", 303)


@router.post("/knowledge/reviews/{review_id:int}/take-back")
async def take_back(runtime: Run, actor: Who, review_id: int) -> Response:
    """Whoever asked goes on writing."""
    article, _ = await runtime.db.query(open_review, actor, review_id)
    await runtime.db.write(take_back_review, actor, review_id)
    return _back(article.id)


def _back(article_id: int, saved: str = "") -> Response:
    said = f"?saved={saved}" if saved else ""
    return RedirectResponse(f"/knowledge/{article_id}{said}", 303)

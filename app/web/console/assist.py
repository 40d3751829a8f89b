"""Beside a conversation: what it is about, articles that may answer it, and how others like it were
solved. Corrected and put into the reply by two clicks or one key."""

from fastapi import APIRouter, Form
from fastapi.responses import Response
from sqlalchemy import Connection

from app.actions.correct_contact import correct_contact
from app.actions.use_article import use_article
from app.queries.assist import (
    Question,
    Similar,
    Sorted,
    classes_of,
    question_of,
    similar_solved,
)
from app.queries.thread import Head, thread_head
from app.runtime import Runtime
from app.security.permissions import Actor
from app.security.sessions import Session
from app.web.console.articles import READABLE, Found, found_articles
from app.web.console.draw import draw
from app.web.console.refusals import ConsoleRoute
from app.web.request import Run, SignedIn, Who, html
from knowledge.values import Hit

router = APIRouter(route_class=ConsoleRoute, prefix="/inbox/{conversation_id}")
LOOKED_AT, SUGGESTED = 6, 3
NEAR = 0.5  # of the best one's score
DECLINED = 2  # of those that did not help the customer


@router.get("/assist")
async def assist(runtime: Run, session: SignedIn, conversation_id: int) -> Response:
    """Topic and mood, suggested articles, similar solved conversations."""
    head, sorted_as, question, similar = await runtime.db.query(
        _read, session.actor, conversation_id
    )
    hits: list[Hit] = []
    if question.text:
        hits = await runtime.knowledge.search(
            question.text,
            brand=question.brand_id,
            locale=question.language or session.actor.locale,
            visibilities=READABLE,
            limit=LOOKED_AT,
        )
        hits = [hit for hit in hits if hit.score >= NEAR * hits[0].score]
    settings = runtime.settings
    articles = await runtime.db.query(found_articles, session.actor, head, hits, settings)
    page = {
        "head": head,
        "sorted": sorted_as,
        "similar": similar,
        "hits": _few(articles),
        "q": "",
    }
    return html(draw(runtime, session, "console/_assist.html", **page))


def _few(found: list[Found]) -> list[Found]:
    """The best, and after them what was declined, so that nobody sends it again unawares."""
    declined = [it for it in found if it.tried == "declined"]
    return [it for it in found if it not in declined][:SUGGESTED] + declined[:DECLINED]


@router.post("/classes")
async def correct(
    runtime: Run,
    session: SignedIn,
    conversation_id: int,
    what: str = Form(max_length=10),
    value: str = Form("", max_length=200),
) -> Response:
    """Correct topic, urgency or mood; the answer draws them anew."""
    await runtime.db.write(correct_contact, session.actor, conversation_id, what, value)
    return await _classes(runtime, session, conversation_id)


@router.post("/articles/{article_id}/used")
async def used(
    runtime: Run, actor: Who, conversation_id: int, article_id: int, how: str = Form(max_length=10)
) -> Response:
    """Its text or link was put into the reply."""
    await runtime.db.write(use_article, actor, conversation_id, article_id, how)
    return Response(status_code=204)


async def _classes(runtime: Runtime, session: Session, conversation_id: int) -> Response:
    head, sorted_as = await runtime.db.query(_read_classes, session.actor, conversation_id)
    return html(draw(runtime, session, "console/_classes.html", head=head, sorted=sorted_as))


def _read_classes(conn: Connection, actor: Actor, conversation_id: int) -> tuple[Head, Sorted]:
    return thread_head(conn, actor, conversation_id), classes_of(conn, actor, conversation_id)


def _read(
    conn: Connection, actor: Actor, conversation_id: int
) -> tuple[Head, Sorted, Question, list[Similar]]:
    head, sorted_as = _read_classes(conn, actor, conversation_id)
    question = question_of(conn, actor, conversation_id)
    return head, sorted_as, question, similar_solved(conn, actor, conversation_id, question)

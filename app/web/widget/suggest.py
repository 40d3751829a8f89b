"""Answers before anybody has to wait: articles while typing, to read in place, and "solved"."""

from collections.abc import Collection
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from app import clock
from app.actions.deflect import arm_of, note_outcome, note_suggestions
from app.actions.visitor import leave_chat
from app.db import NotFound, Tx
from app.queries.articles import PUBLIC, readable_article_by_id, slugs_of
from app.queries.visitor import Door, Visitor, find_door, find_visitor
from app.runtime import Runtime
from app.security.sessions import hash_token
from app.web.late_route import LateRoute
from app.web.prose import prose, with_pictures
from app.web.request import Run, client_ip, html
from app.web.widget.door import Guest, WidgetGuest, language, readable_by
from app.web.widget.links import Links
from knowledge.values import Hit

router = APIRouter(prefix="/widget", include_in_schema=False, route_class=LateRoute)
LEAST_TYPED = 3  # of a script with letters; two Han characters are a word
NEAR = 0.4  # of the best one's score: what shares only a common word with a text is no help
_VISIT = r"^[A-Za-z0-9-]{16,64}$"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An article that may answer what is being typed, and where it can be read."""

    id: int
    locale: str
    title: str
    snippet: tuple[tuple[str, bool], ...]
    url: str


class Solved(BaseModel):
    """The visit in which articles were shown, and the one that helped."""

    deflection: str = Field(pattern=_VISIT)
    article: int


@router.get("/suggest")
async def suggest(
    request: Request,
    runtime: Run,
    key: str,
    q: str = "",
    visit: str = "",
    lang: str = "",
    visitor: str = "",
) -> Response:
    """At most three articles for a text that is still being typed; nothing is fine too.

    `visitor` is the random id that a form's page keeps in its browser; a widget shows its token.
    Whoever is held out sees nothing, and it is kept that there was something.
    """
    await runtime.limits.take("search", client_ip(request), key)
    door = await runtime.db.query(_any_door, key)
    if door is None:
        raise NotFound
    locale = language(request, lang)
    guest = await _visitor(request, runtime, door)
    visible = PUBLIC if guest is None else await readable_by(runtime, guest, door)
    found = await suggestions(runtime, door, q, locale, visible)
    who = guest.visitor if guest is not None else hash_token(visitor[:64]) if visitor else ""
    arm = arm_of(door.id, who or visit, door.widget.holdout_pct)
    if found and visit:
        ids = [item.id for item in found]
        await runtime.db.write(note_suggestions, door.id, visit, q, ids, visitor=who, arm=arm)
    if arm == "held" or not door.widget.suggestions:
        found = []
    return html(runtime.pages.render("widget/suggestions.html", locale, suggestions=found))


async def suggestions(
    runtime: Runtime,
    door: Door,
    text: str,
    locale: str,
    visibilities: Collection[str] = PUBLIC,
) -> list[Suggestion]:
    """Articles of the inbox's brand that may answer a text."""
    asked = " ".join(text.split())[:300]
    if len(asked) < (2 if any(ord(letter) > 0x2E80 for letter in asked) else LEAST_TYPED):
        return []
    hits = await runtime.knowledge.suggest(
        asked, brand=door.brand_id, locale=locale, visibilities=visibilities
    )
    hits = [hit for hit in hits if hit.score >= NEAR * hits[0].score]
    ids = [hit.article_id for hit in hits]
    slugs = await runtime.db.query(slugs_of, door.brand_id, ids, visibilities)
    return [_suggestion(door, hit, slugs) for hit in hits if hit.article_id in slugs]


@router.get("/article/{article_id}")
async def article(runtime: Run, guest: WidgetGuest, article_id: int, visit: str = "") -> Response:
    """An article, to read inside the widget."""
    visible = await readable_by(runtime, guest.visitor, guest.door)
    found = await runtime.db.query(
        readable_article_by_id, guest.door.brand_id, article_id, guest.locale, visible
    )
    if found is None:
        raise NotFound
    if visit:
        await runtime.db.write(note_outcome, guest.door.id, visit, "opened", article_id)
    body = prose(found.body, under=2)
    if found.visibility not in PUBLIC:
        body = with_pictures(body, Links(runtime.secret).picture)
    return html(
        runtime.pages.render(
            "widget/article.html",
            guest.locale,
            article=found,
            body=body,
            brand_slug=guest.door.brand_slug,
        )
    )


@router.post("/solved")
async def solved(runtime: Run, guest: WidgetGuest, answer: Solved) -> Response:
    """The article was the answer: a chat that waits ends as self-served."""
    await runtime.db.write(_solve, guest, answer)
    return Response(status_code=204)


def _solve(tx: Tx, guest: Guest, answer: Solved) -> None:
    note_outcome(tx, guest.door.id, answer.deflection, "solved", answer.article)
    if guest.visitor.conversation_id is not None:
        leave_chat(tx, guest.visitor.id, self_served=True)


async def _visitor(request: Request, runtime: Runtime, door: Door) -> Visitor | None:
    """Who it is, known from the token that a widget shows; a form has none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        found = await runtime.db.query(find_visitor, token, clock.now())
        if found is not None and found[1].id == door.id:
            return found[0]
    return None


def _any_door(conn: Connection, key: str) -> Door | None:
    return find_door(conn, key, "chat") or find_door(conn, key, "form")


def _suggestion(door: Door, hit: Hit, slugs: dict[int, str]) -> Suggestion:
    url = f"/help/{door.brand_slug}/{hit.locale}/{slugs[hit.article_id]}"
    return Suggestion(hit.article_id, hit.locale, hit.title, hit.snippet, url)

"""Questions to the knowledge base over the API."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from app.db import NotFound
from app.queries.record_articles import article_places
from app.runtime import Runtime
from app.security.permissions import Actor
from app.web.api.access import Caller, IdempotentRoute
from app.web.api.shapes.article import HitShape
from app.web.api.values import NO_NUL, Id, Locale
from app.web.request import Run
from knowledge.values import Hit

router = APIRouter(prefix="/knowledge", tags=["articles"], route_class=IdempotentRoute)
Asked = Annotated[str, Query(pattern=NO_NUL, max_length=1_000, description="in any words")]
Audience = Annotated[
    Literal["agents", "customers", "everybody"],
    Query(description="for whom: agents find internal articles too, everybody only public ones"),
]
VISIBLE = {
    "agents": frozenset({"public", "customer", "internal"}),
    "customers": frozenset({"public", "customer"}),
    "everybody": frozenset({"public"}),
}


@router.get("/search", response_model=list[HitShape])
async def search_knowledge(
    runtime: Run,
    caller: Caller,
    q: Asked,
    locale: Locale = "en",
    k: Annotated[int, Query(ge=1, le=50, description="how many at most")] = 5,
    brand_id: Id | None = None,
    audience: Audience = "agents",
) -> Any:
    """The published articles that answer a question, best first, in the language nearest to
    `locale`."""
    found: list[Hit] = []
    for brand in _brands(caller, brand_id):
        found += await runtime.knowledge.search(
            q, brand=brand, locale=locale, visibilities=VISIBLE[audience], limit=k
        )
    return await _answer(runtime, caller, found, k)


@router.get("/suggest", response_model=list[HitShape])
async def suggest_knowledge(
    runtime: Run,
    caller: Caller,
    q: Asked,
    locale: Locale = "en",
    k: Annotated[int, Query(ge=1, le=10, description="how many at most")] = 3,
    brand_id: Id | None = None,
    audience: Audience = "agents",
) -> Any:
    """The same for a text that is still being typed: its last word may be unfinished."""
    found: list[Hit] = []
    for brand in _brands(caller, brand_id):
        found += await runtime.knowledge.suggest(
            q, brand=brand, locale=locale, visibilities=VISIBLE[audience], limit=k
        )
    return await _answer(runtime, caller, found, k)


def _brands(actor: Actor, brand_id: int | None) -> Sequence[int | None]:
    """The brands to look through; None stands for all of them."""
    if brand_id is not None:
        if not actor.sees_brand(brand_id):
            raise NotFound
        return [brand_id]
    return [None] if actor.brands is None else sorted(actor.brands)


async def _answer(
    runtime: Runtime, actor: Actor, found: Sequence[Hit], k: int
) -> list[dict[str, Any]]:
    best = sorted(found, key=lambda hit: -hit.score)[:k]
    places = await runtime.db.query(article_places, actor, [hit.article_id for hit in best])
    return [_shape(hit, places[hit.article_id]) for hit in best if hit.article_id in places]


def _shape(hit: Hit, place: dict[str, Any]) -> dict[str, Any]:
    snippet, matches = "", []
    for text, is_match in hit.snippet:
        if is_match:
            matches.append((len(snippet), len(snippet) + len(text)))
        snippet += text
    return {
        **place,
        "score": hit.score,
        "title": hit.title,
        "snippet": snippet,
        "matches": matches,
        "locale": hit.locale,
    }

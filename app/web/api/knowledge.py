"""Questions to the knowledge base over the API: what is found, and what is the answer."""

from collections.abc import Collection, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query

from app.queries.found_articles import Place, places_of
from app.runtime import Runtime
from app.web.api.access import Caller, IdempotentRoute
from app.web.api.knowledge_scope import (
    ABOUT_AUDIENCE,
    LONGEST,
    VISIBLE,
    Audience,
    SomeBrands,
    SomeCategories,
    brands_of,
    language_of,
)
from app.web.api.shapes.knowledge import AnswerShape, HitShape, QuestionBody
from app.web.api.values import NO_NUL, Locale
from app.web.request import Run
from knowledge.values import Hit

router = APIRouter(prefix="/knowledge", tags=["knowledge"], route_class=IdempotentRoute)
Asked = Annotated[str, Query(pattern=NO_NUL, max_length=LONGEST, description="in any words")]
ForWhom = Annotated[Audience, Query(description=ABOUT_AUDIENCE)]
In = Annotated[Locale | None, Query(description="the reader's language; none: the question's")]


@router.get("/search", response_model=list[HitShape])
async def search_knowledge(
    runtime: Run,
    brands: SomeBrands,
    categories: SomeCategories,
    q: Asked,
    locale: In = None,
    k: Annotated[int, Query(ge=1, le=50, description="how many at most")] = 5,
    audience: ForWhom = "agents",
) -> Any:
    """The published articles that answer a question, best first, in the language nearest to
    `locale`."""
    found = await runtime.knowledge.search(
        q,
        brand=brands,
        locale=language_of(locale, q),
        visibilities=VISIBLE[audience],
        limit=k,
        categories=categories,
    )
    return await _shown(runtime, found, audience, categories)


@router.get("/suggest", response_model=list[HitShape])
async def suggest_knowledge(
    runtime: Run,
    brands: SomeBrands,
    categories: SomeCategories,
    q: Asked,
    locale: In = None,
    k: Annotated[int, Query(ge=1, le=50, description="how many at most")] = 3,
    audience: ForWhom = "agents",
) -> Any:
    """The same for a text that is still being typed: its last word may be unfinished."""
    found = await runtime.knowledge.suggest(
        q,
        brand=brands,
        locale=language_of(locale, q),
        visibilities=VISIBLE[audience],
        limit=k,
        categories=categories,
    )
    return await _shown(runtime, found, audience, categories)


@router.post("/answer", response_model=AnswerShape)
async def answer_question(runtime: Run, caller: Caller, body: QuestionBody) -> Any:
    """The answer to a question, if the knowledge base is sure of one: the article and the passage
    of it. Otherwise `id` is null, and `related` may help whoever answers."""
    visible = VISIBLE[body.audience]
    given = await runtime.knowledge.answer(
        body.query,
        brand=await brands_of(runtime, caller, body.brand),
        locale=language_of(body.locale, body.query),
        visibilities=visible,
    )
    hits = [] if given.hit is None else [given.hit, *given.related]
    related = await _shown(runtime, hits, body.audience)
    answer: dict[str, Any] = {"id": None, "confidence": given.confidence, "passage": None}
    if given.sure and related and given.hit is not None:
        best = related[0]
        if best["article_id"] == given.hit.article_id:  # it is still published
            answer |= {name: best[name] for name in ("id", "article_id", "title", "locale", "slug")}
            answer["passage"] = given.passage or _snippet(given.hit) or given.hit.title
            related = related[1:]
    return {**answer, "related": related}


async def _shown(
    runtime: Runtime,
    found: Sequence[Hit],
    audience: str,
    categories: Collection[int] | None = None,
) -> list[dict[str, Any]]:
    """What of it is so at this moment: the index may be a moment behind the rows."""
    places = await runtime.db.query(places_of, [hit.article_id for hit in found], VISIBLE[audience])
    return [
        _shape(hit, place)
        for hit in found
        if (place := places.get(hit.article_id)) is not None
        and (categories is None or place.category_id in categories)
    ]


def _shape(hit: Hit, place: Place) -> dict[str, Any]:
    snippet, matches = "", []
    for text, is_match in hit.snippet:
        if is_match:
            matches.append((len(snippet), len(snippet) + len(text)))
        snippet += text
    return {
        "id": place.id if place.external_id is None else place.external_id,
        "article_id": place.id,
        "brand_id": place.brand_id,
        "score": hit.score,
        "title": hit.title,
        "snippet": snippet,
        "matches": matches,
        "locale": hit.locale,
        "slug": place.slug,
        "visibility": place.visibility,
    }


def _snippet(hit: Hit) -> str:
    return "".join(text for text, _ in hit.snippet)

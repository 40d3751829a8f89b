"""Searching in the help centre: a page of results with an address of its own, and suggestions
under the box while somebody types."""

import hmac
from hashlib import sha256

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy import Connection

from app.actions.reader import note_search
from app.queries.article_categories import families
from app.queries.found_articles import Place, places_of
from app.queries.help_centre import filled_categories
from app.runtime import Runtime
from app.security.sessions import same
from app.web.help_page import Centre, centre_of, page
from app.web.late_route import LateRoute
from app.web.request import Run, client_ip, html
from knowledge.values import Hit

router = APIRouter(include_in_schema=False, route_class=LateRoute)
MOST = 30
SUGGESTED = 6
FAR = 0.15  # of the best one's score: what shares less with the question is left out


@router.get("/help/{brand}/{locale}/-/suggest")
async def suggest(request: Request, runtime: Run, brand: str, locale: str, q: str = "") -> Response:
    """A few articles for what is being typed, as a piece of the page. These are not counted."""
    await runtime.limits.take("search", client_ip(request), brand)
    centre = await centre_of(runtime, brand, locale, request)
    asked = " ".join(q.replace("\0", "").split())[:300]
    found: list[Hit] = []
    if len(asked) >= (1 if any(ord(letter) > 0x2E80 for letter in asked) else 2):
        found = await runtime.knowledge.suggest(
            asked,
            brand=centre.brand.id,
            locale=locale,
            visibilities=centre.visibilities,
            limit=SUGGESTED,
        )
    hits, places = await _readable(runtime, centre, found)
    slugs = {id: place.slug for id, place in places.items()}
    return html(
        runtime.pages.render(
            "help/suggestions.html", locale, centre=centre, hits=hits, slugs=slugs, q=asked
        )
    )


async def results(
    request: Request, runtime: Runtime, centre: Centre, asked: str, category: str
) -> Response:
    """What answers the question; with a category only what stands in it."""
    await runtime.limits.take("search", client_ip(request), centre.brand.slug)
    everywhere = await _search(runtime, centre, asked)
    best = everywhere[0].score if everywhere else 0.0
    hits, places = await _readable(runtime, centre, _near(everywhere, best))
    names, within = await runtime.db.query(_categories, centre)
    counts = {
        slug: sum(places[hit.article_id].category_id in within[slug] for hit in hits)
        for slug in names
    }
    total, is_all = len(hits), len(everywhere) < MOST
    if category:
        there = await _search(runtime, centre, asked, within.get(category, frozenset()))
        hits, places = await _readable(runtime, centre, _near(there, best))
    number = 0
    if not category and request.method == "GET":
        number = await runtime.db.write(
            note_search, centre.brand.id, asked, centre.locale, len(hits)
        )
    response = page(
        request,
        runtime,
        "help/search.html",
        centre,
        hits=hits,
        slugs={id: place.slug for id, place in places.items()},
        total=total,
        is_all=is_all,
        category=category,
        filters=[(slug, names[slug], counts[slug]) for slug in names if counts[slug] or not is_all],
        found=search_token(runtime, number) if number else "",
        q=asked,
    )
    response.headers["Cache-Control"] = "no-store"  # a look from memory is no search
    return response


async def _search(
    runtime: Runtime, centre: Centre, asked: str, categories: frozenset[int] | None = None
) -> list[Hit]:
    return await runtime.knowledge.search(
        asked,
        brand=centre.brand.id,
        locale=centre.locale,
        visibilities=centre.visibilities,
        limit=MOST,
        categories=categories,
    )


def _near(found: list[Hit], best: float) -> list[Hit]:
    """Those that share enough with the question, measured by the best answer of all."""
    return [hit for hit in found if hit.score >= FAR * best]


def search_token(runtime: Runtime, number: int) -> str:
    """What links of a page of results carry, so that a click can be noted."""
    signed = hmac.new(runtime.secret, f"help search {number}".encode(), sha256)
    return f"{number}-{signed.hexdigest()[:16]}"


def opens_search(runtime: Runtime, token: str) -> int | None:
    """The search's number, if the token was made here."""
    number, _, _ = token.partition("-")
    if not (number.isascii() and number.isdigit()) or len(number) > 18:
        return None
    return int(number) if same(token, search_token(runtime, int(number))) else None


async def _readable(
    runtime: Runtime, centre: Centre, found: list[Hit]
) -> tuple[list[Hit], dict[int, Place]]:
    """Of what was found that which may be read at this moment, and where it stands."""
    ids = [hit.article_id for hit in found]
    places = await runtime.db.query(places_of, ids, centre.visibilities)
    return [hit for hit in found if hit.article_id in places], places


def _categories(
    conn: Connection, centre: Centre
) -> tuple[dict[str, str], dict[str, frozenset[int]]]:
    """The name of each category and section by its slug, and the categories that are in it."""
    names = filled_categories(conn, centre.brand.id, centre.locale, centre.visibilities)
    return names, families(conn, [centre.brand.id])

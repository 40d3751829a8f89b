"""The public help centre of a brand: contents, categories, articles. No script, no session."""

from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from app.actions.reader import note_click, note_view
from app.db import NotFound
from app.pages.locales import LANGUAGE_TAGS
from app.queries.articles import PUBLIC, ArticlePage, nearest, readable_article
from app.queries.found_articles import places_of
from app.queries.help_centre import (
    Crumb,
    Entry,
    crumbs_to,
    entries_of,
    help_brands,
    moved_to,
    shelves,
)
from app.runtime import Runtime
from app.web import help_category, help_crawlers, help_search, help_votes
from app.web.help_category import HELP
from app.web.help_missing import missing
from app.web.help_page import Centre, breadcrumbs, centre_of, page, structured
from app.web.help_search import opens_search
from app.web.late_route import PageRoute
from app.web.prose import prose, with_contents, with_pictures
from app.web.request import Run, locale_of
from app.web.widget.links import Links
from knowledge.markdown import plain

router = APIRouter(include_in_schema=False, route_class=PageRoute)
router.routes.extend(help_crawlers.router.routes)
router.routes.extend(help_votes.router.routes)
SUMMARY = 160
RELATED = 4
NEAR = 0.3  # of the article's own score by its title
SAME_CATEGORY = 3.0


@router.get("/help")
@router.get("/help/")
async def only_door(request: Request, runtime: Run) -> Response:
    """On to the help centre, if there is but one."""
    brands = await runtime.db.query(help_brands)
    if len(brands) != 1:
        raise NotFound
    return RedirectResponse(f"/help/{brands[0].slug}/{locale_of(request)}/", 303)


@router.get("/help/{brand}")
@router.get("/help/{brand}/")
async def door(request: Request, runtime: Run, brand: str) -> Response:
    """On to the reader's language."""
    centre = await centre_of(runtime, brand)
    return RedirectResponse(f"/help/{centre.brand.slug}/{locale_of(request)}/", 303)


@router.get("/help/{brand}/{locale}")
@router.get("/help/{brand}/{locale}/")
async def contents(
    request: Request, runtime: Run, brand: str, locale: str, q: str = "", category: str = ""
) -> Response:
    """Every article by category, or those that answer a question."""
    centre = await centre_of(runtime, brand, locale, request)
    asked = " ".join(q.replace("\0", "").split())[:300]
    if asked:
        return await help_search.results(request, runtime, centre, asked, category)
    shown = await runtime.db.query(shelves, centre.brand.id, locale, centre.visibilities)
    return page(request, runtime, "help/contents.html", centre, shelves=shown, q="")


router.routes.extend(help_search.router.routes)
router.routes.extend(help_category.router.routes)


@router.get("/help/{brand}/{locale}/{slug}")
async def article(
    request: Request,
    runtime: Run,
    brand: str,
    locale: str,
    slug: str,
    thanks: bool = False,
    why: bool = False,
    found: str = "",
) -> Response:
    """One article; a moved one sends on to where it is now."""
    centre = await centre_of(runtime, brand, locale, request)
    visible = centre.visibilities
    shown = await runtime.db.query(readable_article, centre.brand.id, slug, locale, visible)
    if shown is None:
        there = await runtime.db.query(moved_to, centre.brand.id, slug, visible)
        if there is None:
            return await missing(request, runtime, centre, slug)
        return RedirectResponse(quote(centre.article(there)), 301)
    if found:  # it was opened from what a search found: noted once, then the address is clean
        number = opens_search(runtime, found)
        if number is not None and request.method == "GET":
            await runtime.db.write(note_click, centre.brand.id, number)
        return RedirectResponse(quote(centre.article(shown.slug)), 303)
    response = await _article_page(request, runtime, centre, shown, thanks, why)
    if response.status_code == 200 and request.method == "GET":
        await runtime.db.write(note_view, shown.id)
    return response


async def _article_page(
    request: Request,
    runtime: Runtime,
    centre: Centre,
    shown: ArticlePage,
    thanks: bool,
    why: bool,
) -> Response:
    crumbs = await runtime.db.query(crumbs_to, shown.id, centre.locale)
    category = crumbs[-1].slug if crumbs else ""
    related = await _related(runtime, centre, shown, category)
    body, headings = with_contents(prose(shown.body, under=1))
    if shown.visibility not in PUBLIC:
        body = with_pictures(body, Links(runtime.secret).picture)
    summary = " ".join(plain(shown.body).split())[:SUMMARY]
    return page(
        request,
        runtime,
        "help/article.html",
        centre,
        updated_at=shown.updated_at,
        article=shown,
        body=body,
        headings=headings,
        summary=summary,
        crumbs=crumbs,
        related=related,
        original=centre.article(shown.slug, shown.locale),
        fallback=nearest(list(shown.locales), centre.brand.locale),
        data=_data(runtime, centre, shown, crumbs, summary),
        thanks=thanks,
        why=why,
        q="",
    )


async def _related(
    runtime: Runtime, centre: Centre, shown: ArticlePage, category: str
) -> list[Entry]:
    """Other articles that this one's title would find, if they share enough with it; those of its
    own category need less."""
    hits = await runtime.knowledge.search(
        shown.title or shown.slug,
        brand=centre.brand.id,
        locale=centre.locale,
        visibilities=centre.visibilities,
        limit=3 * RELATED,
    )
    found = [hit.article_id for hit in hits]
    places = await runtime.db.query(places_of, found, centre.visibilities)
    near: dict[int, float] = {}
    for hit in hits:
        place = places.get(hit.article_id)
        if place is not None and place.id != shown.id:
            same = place.category_slug == category
            near[place.id] = hit.score * (SAME_CATEGORY if same else 1.0) / hits[0].score
    ids = sorted((id for id in near if near[id] >= NEAR), key=lambda id: -near[id])[:RELATED]
    entries = await runtime.db.query(
        entries_of, centre.brand.id, ids, centre.locale, centre.visibilities
    )
    return [entries[id] for id in ids if id in entries]


def _data(
    runtime: Runtime, centre: Centre, shown: ArticlePage, crumbs: list[Crumb], summary: str
) -> str:
    """The article, the way to it, and the question it answers, for search engines."""
    path = quote(centre.article(shown.slug, shown.locale))
    language = LANGUAGE_TAGS.get(shown.locale, shown.locale)
    steps = [
        (_help(runtime, centre), centre.here),
        *((crumb.name, f"{centre.here}c/{quote(crumb.slug)}") for crumb in crumbs),
        (shown.title, path),
    ]
    text = plain(shown.body)
    return structured(
        {
            "@type": "Article",
            "headline": shown.title[:110],
            "description": summary,
            "inLanguage": language,
            "dateModified": _iso(shown.updated_at),
            "mainEntityOfPage": centre.url(path),
            "publisher": {"@type": "Organization", "name": centre.brand.name},
        },
        {
            "@type": "FAQPage",
            "inLanguage": language,
            "mainEntity": [
                {
                    "@type": "Question",
                    "name": shown.title,
                    "acceptedAnswer": {"@type": "Answer", "text": text},
                }
            ],
        },
        breadcrumbs(centre, *steps),
    )


def _help(runtime: Runtime, centre: Centre) -> str:
    return runtime.pages.translate(centre.locale, HELP)


def _iso(moment: int) -> str:
    return help_crawlers.iso(moment)

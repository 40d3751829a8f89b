"""The public help pages of a brand: list, search, article. They need no script and no session."""

import hashlib
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from app.actions.article import rate_article
from app.db import NotFound
from app.pages.locales import LANGUAGE_TAGS, LOCALE_NAMES
from app.queries.articles import (
    HelpBrand,
    help_brand,
    public_article,
    public_article_by_id,
    public_articles,
    slugs_of,
)
from app.runtime import Runtime
from app.security.csrf import comes_from_us
from app.web.prose import prose
from app.web.request import Run, client_ip, locale_of
from app.web.widget.door import SiteNotAllowed
from knowledge.markdown import plain

router = APIRouter(include_in_schema=False)
KEPT_S = 60
VOTES_KEPT_S = 365 * 24 * 3600


@router.get("/help/{brand}")
@router.get("/help/{brand}/")
async def door(request: Request, runtime: Run, brand: str) -> Response:
    """On to the reader's language."""
    found = await _brand(runtime, brand)
    return RedirectResponse(f"/help/{found.slug}/{locale_of(request)}/", 303)


@router.get("/help/{brand}/{locale}")
@router.get("/help/{brand}/{locale}/")
async def contents(
    request: Request, runtime: Run, brand: str, locale: str, q: str = ""
) -> Response:
    """Every article by category, or those that answer a question."""
    found = await _brand(runtime, brand, locale)
    asked = " ".join(q.split())[:300]
    if not asked:
        articles = await runtime.db.query(public_articles, found.id, locale)
        return _page(request, runtime, "help/contents.html", found, locale, articles=articles, q="")
    await runtime.limits.take("search", client_ip(request), brand)
    hits = await runtime.knowledge.search(asked, brand=found.id, locale=locale)
    slugs = await runtime.db.query(slugs_of, [hit.article_id for hit in hits])
    hits = [hit for hit in hits if hit.article_id in slugs]
    return _page(
        request, runtime, "help/search.html", found, locale, hits=hits, slugs=slugs, q=asked
    )


@router.get("/help/{brand}/{locale}/{slug}")
async def article(
    request: Request, runtime: Run, brand: str, locale: str, slug: str, thanks: bool = False
) -> Response:
    """One article."""
    found = await _brand(runtime, brand, locale)
    shown = await runtime.db.query(public_article, found.id, slug, locale)
    if shown is None:
        raise NotFound
    return _page(
        request,
        runtime,
        "help/article.html",
        found,
        locale,
        article=shown,
        body=prose(shown.body, under=1),
        summary=" ".join(plain(shown.body).split())[:160],
        thanks=thanks,
        q="",
    )


# Under a door that asks no session: readers have none, and agents who read are readers too.
@router.post("/widget/articles/{brand}/{locale}/{article_id}/helpful")
async def helpful(
    request: Request,
    runtime: Run,
    brand: str,
    locale: str,
    article_id: int,
    answer: Annotated[str, Form(pattern="^(yes|no)$")],
) -> Response:
    """A reader says whether it helped: one vote a browser."""
    if not comes_from_us(request):
        raise SiteNotAllowed
    await runtime.limits.take("public", client_ip(request), f"helpful {article_id}")
    found = await _brand(runtime, brand, locale)
    shown = await runtime.db.query(public_article_by_id, found.id, article_id, locale)
    if shown is None:
        raise NotFound
    name = f"helped-{article_id}"
    if name not in request.cookies:
        await runtime.db.write(rate_article, article_id, answer == "yes")
    response = RedirectResponse(f"/help/{found.slug}/{locale}/{shown.slug}?thanks=1#helpful", 303)
    response.set_cookie(
        name,
        "1",
        max_age=VOTES_KEPT_S,
        path="/widget/articles/",
        secure=runtime.settings.secure,
        httponly=True,
        samesite="lax",
    )
    return response


async def _brand(runtime: Runtime, slug: str, locale: str = "en") -> HelpBrand:
    found = await runtime.db.query(help_brand, slug) if locale in LOCALE_NAMES else None
    if found is None:
        raise NotFound
    return found


def _page(
    request: Request, runtime: Runtime, template: str, brand: HelpBrand, locale: str, **context: Any
) -> Response:
    """A page that caches may keep for a minute and ask for again by its tag."""
    text = runtime.pages.render(
        template,
        locale,
        brand=brand,
        here=f"/help/{brand.slug}/{locale}/",
        language_tags=LANGUAGE_TAGS,
        **context,
    )
    tag = f'"{hashlib.sha256(text.encode()).hexdigest()[:24]}"'
    headers = {"ETag": tag, "Cache-Control": f"public, max-age={KEPT_S}"}
    known = request.headers.get("if-none-match", "")
    if known == "*" or tag in [part.strip().removeprefix("W/") for part in known.split(",")]:
        return Response(status_code=304, headers=headers)
    return Response(text, media_type="text/html", headers=headers)

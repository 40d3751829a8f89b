"""A reader says whether an article helped, and if not, why: once a browser, without a session."""

import hmac
from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from app.actions.reader import MAX_COMMENT, explain_rating, rate_article
from app.db import NotFound
from app.queries.articles import ArticlePage, readable_article_by_id
from app.runtime import Runtime
from app.security.csrf import comes_from_us
from app.security.sessions import same
from app.web.help_page import Centre, centre_of
from app.web.late_route import LateRoute
from app.web.request import Run, client_ip
from app.web.widget.door import SiteNotAllowed

# Under a door that asks no session: readers have none, and agents who read are readers too.
router = APIRouter(prefix="/widget/articles", include_in_schema=False, route_class=LateRoute)
VOTES_KEPT_S = 365 * 24 * 3600


@router.post("/{brand}/{locale}/{article_id}/helpful")
async def helpful(
    request: Request,
    runtime: Run,
    brand: str,
    locale: str,
    article_id: int,
    answer: Annotated[str, Form(pattern="^(yes|no)$")],
) -> Response:
    """Whether it helped; after a no the page asks why."""
    centre, shown = await _asked(request, runtime, brand, locale, article_id)
    name = f"helped-{article_id}"
    proof = request.cookies.get(name, "")
    if not proof:
        number = await runtime.db.write(
            rate_article, article_id, answer == "yes", locale, centre.visibilities
        )
        proof = _token(runtime, number)
    word = "thanks" if answer == "yes" else "why"
    response = RedirectResponse(f"{_path(centre, shown)}?{word}=1#helpful", 303)
    response.set_cookie(
        name,
        proof,
        max_age=VOTES_KEPT_S,
        path="/widget/articles/",
        secure=runtime.settings.secure,
        httponly=True,
        samesite="lax",
    )
    return response


@router.post("/{brand}/{locale}/{article_id}/why")
async def why(
    request: Request,
    runtime: Run,
    brand: str,
    locale: str,
    article_id: int,
    reason: Annotated[str, Form(max_length=20)] = "",
    comment: Annotated[str, Form(max_length=MAX_COMMENT * 4)] = "",
) -> Response:
    """Why it did not help."""
    centre, shown = await _asked(request, runtime, brand, locale, article_id)
    number, _, _ = request.cookies.get(f"helped-{article_id}", "").partition("-")
    known = number.isascii() and number.isdigit() and len(number) < 19
    if known and same(request.cookies[f"helped-{article_id}"], _token(runtime, int(number))):
        await runtime.db.write(explain_rating, int(number), article_id, reason, comment.strip())
    return RedirectResponse(f"{_path(centre, shown)}?thanks=1#helpful", 303)


async def _asked(
    request: Request, runtime: Runtime, brand: str, locale: str, article_id: int
) -> tuple[Centre, ArticlePage]:
    if not comes_from_us(request):
        raise SiteNotAllowed
    await runtime.limits.take("public", client_ip(request), f"helpful {article_id}")
    centre = await centre_of(runtime, brand, locale, request)
    shown = await runtime.db.query(
        readable_article_by_id, centre.brand.id, article_id, locale, centre.visibilities
    )
    if shown is None:
        raise NotFound
    return centre, shown


def _path(centre: Centre, shown: ArticlePage) -> str:
    return centre.article(shown.slug)


def _token(runtime: Runtime, number: int) -> str:
    signed = hmac.new(runtime.secret, f"helped {number}".encode(), sha256)
    return f"{number}-{signed.hexdigest()[:16]}"

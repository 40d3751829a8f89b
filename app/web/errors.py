"""What a refusal looks like from outside: pages for people, RFC 9457 for machines."""

from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from app.db import Conflict, Invalid, NotFound
from app.pages import N_
from app.runtime import Runtime
from app.security.csrf import PUBLIC_DOORS
from app.security.rate_limit import TooMany
from app.web.request import SignInNeeded, html, locale_of, wants_page

# What is said of a refusal, by its code: a title and what to do about it.
REFUSALS = {
    "not_found": (
        N_("There is nothing here"),
        N_("The address is wrong, it was removed, or it is not for you to see."),
    ),
    "csrf": (
        N_("This page is out of date"),
        N_("Nothing was changed. Reload the page and try again."),
    ),
    "foreign_origin": (
        N_("This request came from another site"),
        N_("Nothing was changed. Open Switchroom itself and try again there."),
    ),
    "too_many": (
        N_("Too many attempts"),
        N_("Wait a little before you try again."),
    ),
    "too_large": (
        N_("That is too large"),
        N_("Nothing was stored. Send a smaller file."),
    ),
    "broken": (
        N_("Something went wrong on our side"),
        N_("It has been noted. Please try again."),
    ),
}


def install(app: FastAPI) -> None:
    """Answer the product's own refusals everywhere."""
    for refusal in (NotFound, Conflict, Invalid, SignInNeeded):
        app.add_exception_handler(refusal, _answer)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(TooMany, _too_many)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _broken)


def problem(status: int, title: str, /, **more: object) -> JSONResponse:
    """A problem details object (RFC 9457); a detail called status, which is its own, is `state`."""
    if "status" in more:
        more["state"] = more.pop("status")
    body = {"type": "about:blank", "title": title, "status": status, **more}
    return JSONResponse(body, status, media_type="application/problem+json")


def answer_to(request: Request, error: Exception) -> Response:
    """The answer to one of the product's own refusals."""
    if isinstance(error, Conflict):
        return problem(409, "The world has moved on.", code=error.code, **error.details)
    if isinstance(error, Invalid):
        return problem(422, "Something in the request cannot be used.", errors=error.errors)
    if isinstance(error, SignInNeeded):
        return _sign_in(request)
    return problem(404, "There is no such thing here, or it is not for you to see.")


async def _answer(request: Request, error: Exception) -> Response:
    if isinstance(error, NotFound) and wants_page(request):
        return refusal(request, 404, "not_found")
    return answer_to(request, error)


async def _too_many(request: Request, error: Exception) -> Response:
    assert isinstance(error, TooMany)
    response = refusal(request, 429, "too_many")
    response.headers["Retry-After"] = str(error.retry_after_s)
    return response


async def _http(request: Request, error: Exception) -> Response:
    """What the framework itself refuses: no such address, not this method."""
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return refusal(request, 404, "not_found")
    response = problem(error.status_code, str(error.detail))
    response.headers.update(error.headers or {})
    return response


async def _broken(request: Request, error: Exception) -> Response:
    """Our own mistake: the reader learns that it is one, the log has the rest."""
    return refusal(request, 500, "broken")


def refusal(request: Request, status: int, code: str) -> Response:
    """A refusal that needs no details: a page where a person asked for one, else a problem."""
    runtime: Runtime = request.app.state.runtime
    locale = locale_of(request)
    title, text = REFUSALS[code]
    if wants_page(request) and not request.url.path.startswith(PUBLIC_DOORS):
        page = runtime.pages.render("error.html", locale, status=status, title=title, text=text)
        return html(page, status)
    title, text = (runtime.pages.translate(locale, part) for part in (title, text))
    return problem(status, title, detail=text, code=code)


async def _unreadable(request: Request, error: Exception) -> Response:
    """What pydantic refused, said the same way as what the actions refuse."""
    assert isinstance(error, RequestValidationError)
    if request.method == "GET" and wants_page(request):
        return refusal(request, 404, "not_found")  # a page whose address cannot be read
    wrong = error.errors()
    if wrong and wrong[0]["type"] == "json_invalid":
        why, at = wrong[0]["ctx"]["error"], wrong[0]["loc"][-1]
        return problem(400, "The body is not JSON.", detail=f"{why}, at character {at}.")
    errors = {".".join(str(part) for part in e["loc"][1:]) or "body": e["msg"] for e in wrong}
    return problem(422, "Something in the request cannot be used.", errors=errors)


def _sign_in(request: Request) -> Response:
    if wants_page(request) and request.method == "GET":
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/sign-in?next={quote(here)}", 303)
    return problem(401, "Sign in first.")

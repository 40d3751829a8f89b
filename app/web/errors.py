"""What a refusal looks like from outside: pages for people, RFC 9457 for machines."""

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from app.db import Conflict, Invalid, NotFound
from app.web.request import SignInNeeded


def install(app: FastAPI) -> None:
    """Answer the product's own refusals everywhere."""
    app.add_exception_handler(NotFound, _not_found)
    app.add_exception_handler(Conflict, _conflict)
    app.add_exception_handler(Invalid, _invalid)
    app.add_exception_handler(SignInNeeded, _sign_in)


def problem(status: int, title: str, **more: object) -> JSONResponse:
    """A problem details object (RFC 9457)."""
    body = {"type": "about:blank", "title": title, "status": status, **more}
    return JSONResponse(body, status, media_type="application/problem+json")


async def _not_found(request: Request, error: Exception) -> Response:
    return problem(404, "There is no such thing here, or it is not for you to see.")


async def _conflict(request: Request, error: Exception) -> Response:
    assert isinstance(error, Conflict)
    return problem(409, "The world has moved on.", code=error.code, **error.details)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, Invalid)
    return problem(422, "Something in the request cannot be used.", errors=error.errors)


async def _sign_in(request: Request, error: Exception) -> Response:
    wants_page = (
        "text/html" in request.headers.get("accept", "") and "hx-request" not in request.headers
    )
    if wants_page and request.method == "GET":
        return RedirectResponse(f"/sign-in?next={request.url.path}", 303)
    return problem(401, "Sign in first.")

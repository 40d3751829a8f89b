"""What a refusal looks like from outside: pages for people, RFC 9457 for machines."""

from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response

from app.db import Conflict, Invalid, NotFound
from app.web.request import SignInNeeded


def install(app: FastAPI) -> None:
    """Answer the product's own refusals everywhere."""
    for refusal in (NotFound, Conflict, Invalid, SignInNeeded):
        app.add_exception_handler(refusal, _answer)
    app.add_exception_handler(RequestValidationError, _unreadable)


def problem(status: int, title: str, **more: object) -> JSONResponse:
    """A problem details object (RFC 9457)."""
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
    return answer_to(request, error)


async def _unreadable(request: Request, error: Exception) -> Response:
    """What pydantic refused, said the same way as what the actions refuse."""
    assert isinstance(error, RequestValidationError)
    errors = {
        ".".join(str(part) for part in e["loc"][1:]) or "body": e["msg"] for e in error.errors()
    }
    return problem(422, "Something in the request cannot be used.", errors=errors)


def _sign_in(request: Request) -> Response:
    wants_page = (
        "text/html" in request.headers.get("accept", "") and "hx-request" not in request.headers
    )
    if wants_page and request.method == "GET":
        return RedirectResponse(f"/sign-in?next={quote(request.url.path)}", 303)
    return problem(401, "Sign in first.")

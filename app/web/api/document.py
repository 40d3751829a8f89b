"""The OpenAPI document of the API: what every operation takes, answers and refuses."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts

from app.web.api.shapes.base import Problem

PREFIX = "/api/v1"
PROBLEM = "application/problem+json"
TITLE = "Switchroom API"
ABOUT = """What the console can do, the API can, with the rights of the agent whose key is used.

**Keys.** Send `Authorization: Bearer sk_…`. What the agent may not see is 404.

**Times** are whole milliseconds since the epoch, UTC. Fields named `…_at` are moments.

**Problems** are [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457) objects with the media type
`application/problem+json`. `code` (of a 409) or `errors` (of a 422, by field) are for programs.

**Idempotency-Key.** Every POST takes one. Sent again with the same key and body within a day, it
is answered from memory, with `Idempotency-Replayed: true`, and nothing happens twice. The same key
with another request is a 422. A refused request changes nothing and leaves its key free.

**Pages.** Lists are newest first; `before` is the last id of the page before. Messages and events
are in order; `after` is the last seq you have. While there is more, the answer carries
`Link: <…>; rel="next"`.

**Limits.** A key may make 1200 requests a minute, and 30000 below `/knowledge/`. Beyond that the
answer is 429 with `Retry-After` in seconds. Every answer carries `X-Request-ID`, which the server's
log names too.
"""
TAGS = {
    "inboxes": "The entrances of your channels, and the door for messages from your own systems.",
    "conversations": "Threads with customers: find, start, change, hand on, follow.",
    "messages": "The entries of a conversation: replies, notes, and mails on their way.",
    "customers": "Who writes to you, and how they are known.",
    "agents": "Who answers, and how they are doing.",
    "offers": "Contacts that wait for your yes or no.",
    "queues": "Where contacts wait.",
    "contacts": "Episodes of work: how they were routed, and why.",
    "consults": "Colleagues who are asked into a conversation, and the warm transfer.",
    "alerts": "Thresholds that were crossed, and the rules that watch them (supervisors).",
    "wallboard": "The figures of this moment and of the last 24 hours (supervisors).",
    "reports": "What was, by quarter of an hour, hour, day and week (supervisors).",
    "articles": "The knowledge base: write, publish, or keep it elsewhere and put it here.",
    "knowledge": "Questions to it: search, answers, topics, and what it lacks.",
    "files": "Files for messages, and those that came with them.",
    "promises and tasks": "What customers were promised, and what somebody has to do.",
    "tags and macros": "The words you sort and answer with.",
}
REFUSALS = {
    "400": "The request cannot be read.",
    "401": "The key is missing, unknown or revoked, or its agent's account is closed.",
    "404": "There is no such thing, or it is not for you to see.",
    "409": "The world has moved on; code says how.",
    "413": "The request is too large.",
    "422": "Something in the request cannot be used; errors says what, by field.",
    "429": "Too many requests; try again after as many seconds as Retry-After says.",
}
_DONE = {
    "200": "Done.",
    "201": "Made.",
    "202": "Taken; it is done in a moment.",
    "204": "Done; there is nothing more to say.",
}
_WRITES = frozenset({"post", "put", "patch", "delete"})
_IDEMPOTENCY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "an id of this request; sent again within a day it has no second effect",
    "schema": {"type": "string", "pattern": "^[!-~]{1,200}$", "examples": ["4f7c0f8e-import-17"]},
}


def document_of(app: FastAPI) -> dict[str, Any]:
    """The document, made once."""
    if app.openapi_schema is None:
        app.openapi_schema = _make(app)
    return app.openapi_schema


def _make(app: FastAPI) -> dict[str, Any]:
    ours = [
        route for route in iter_route_contexts(app.routes) if (route.path or "").startswith(PREFIX)
    ]
    document: dict[str, Any] = get_openapi(
        title=TITLE,
        version="1",
        description=ABOUT,
        routes=ours,
        tags=[{"name": name, "description": about} for name, about in TAGS.items()],
        servers=[{"url": "/"}],
    )
    for methods in document["paths"].values():
        for method, operation in methods.items():
            _complete(method, operation)
    schemas = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = Problem.model_json_schema()
    return document


def _complete(method: str, operation: dict[str, Any]) -> None:
    """Say of an operation what is true of all: refusals, and the headers that come and go."""
    operation["summary"] = operation["operationId"].replace("_", " ").capitalize()
    if method == "post":
        operation.setdefault("parameters", []).append(_IDEMPOTENCY)
    refused = {"401", "404", "422", "429"}
    if method in _WRITES:
        refused.add("409")
    if "requestBody" in operation:
        refused |= {"400", "413"}
    done = {status: it for status, it in operation["responses"].items() if status < "300"}
    for status, answer in done.items():
        answer["description"] = _DONE[status]
    responses = operation["responses"] = done | {it: _refusal(it) for it in sorted(refused)}
    if any(
        parameter["name"] in ("before", "after") for parameter in operation.get("parameters", ())
    ):
        responses["200"]["headers"] = _header("Link", "the page after this one, while there is one")


def _refusal(status: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "description": REFUSALS[status],
        "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if status == "429":
        found["headers"] = _header("Retry-After", "seconds")
    return found


def _header(name: str, about: str) -> dict[str, Any]:
    return {name: {"description": about, "schema": {"type": "string"}}}

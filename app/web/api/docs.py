"""The API's documentation as a page: drawn by the server from the OpenAPI document, nothing hidden
behind a click, so that a browser's own search finds everything."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from app.db import NotFound
from app.runtime import Runtime
from app.web.api.document import REFUSALS, document_of
from app.web.late_route import LateRoute
from app.web.request import Run, html, locale_of
from knowledge.markdown import render

router = APIRouter(include_in_schema=False, route_class=LateRoute)
Json = Mapping[str, Any]
Piece = tuple[str, str]  # a piece of a type's name, and the shape it links to, if any


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, or a field of a shape."""

    name: str
    type: tuple[Piece, ...]
    about: str
    place: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """One status of an operation."""

    status: str
    about: str
    type: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """What can be asked for."""

    id: str
    method: str
    path: str
    summary: str
    about: Markup
    parameters: tuple[Field, ...]
    body: tuple[Piece, ...]
    fields: tuple[Field, ...]
    example: str
    answers: tuple[Answer, ...]
    refusals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Described:
    """A shape and its fields."""

    name: str
    about: str
    fields: tuple[Field, ...]


@router.get("/docs")
async def api_docs(request: Request, runtime: Run) -> HTMLResponse:
    """The page; none where the installation does not want it."""
    if not runtime.settings.docs:
        raise NotFound
    drawn: dict[str, str] = getattr(request.app.state, "api_docs", {})
    request.app.state.api_docs = drawn
    locale = locale_of(request)
    if locale not in drawn:  # a third of a second of work, once for each language
        drawn[locale] = await asyncio.to_thread(_draw, runtime, document_of(request.app), locale)
    return html(drawn[locale])


def _draw(runtime: Runtime, document: Json, locale: str) -> str:
    return runtime.pages.render(
        "api/docs.html",
        locale,
        title=document["info"]["title"],
        about=Markup(render(document["info"]["description"])),
        groups=[(tag, list(operations_of(document, tag["name"]))) for tag in document["tags"]],
        shapes=list(shapes_of(document)),
        refusals=REFUSALS,
    )


def operations_of(document: Json, tag: str) -> Iterator[Operation]:
    """The operations with this tag, in the order of the document."""
    for path, methods in document["paths"].items():
        for method, found in methods.items():
            if tag in found.get("tags", ()):
                yield _operation(document, path, method, found)


def shapes_of(document: Json) -> Iterator[Described]:
    """Every shape, by name."""
    for name, schema in sorted(document["components"]["schemas"].items()):
        yield Described(name, schema.get("description", ""), _fields(schema))


def type_of(schema: Json) -> tuple[Piece, ...]:
    """A schema's type in words: "int", "Message[]", "string | null", one of some values."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return ((name, name),)
    if "anyOf" in schema:
        return _joined([type_of(part) for part in schema["anyOf"]])
    if "enum" in schema:
        return ((" | ".join(f'"{value}"' for value in schema["enum"]), ""),)
    if "const" in schema:
        return ((f'"{schema["const"]}"' if schema["const"] is not True else "true", ""),)
    kind = schema.get("type", "any")
    if kind == "array":
        return (*type_of(schema.get("items", {})), ("[]", ""))
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return (("{string: ", ""), *type_of(schema["additionalProperties"]), ("}", ""))
    return ((str(kind), ""),)


def _operation(document: Json, path: str, method: str, found: Json) -> Operation:
    body = _content_type(found.get("requestBody", {}))
    schema: Json = {}
    for _, shape in body:
        schema = document["components"]["schemas"].get(shape, schema)
    return Operation(
        id=found["operationId"],
        method=method.upper(),
        path=path,
        summary=found["summary"],
        about=Markup(render(found.get("description", ""))),
        parameters=tuple(
            Field(
                item["name"],
                type_of(item["schema"]),
                item.get("description") or _about(item["schema"]),
                place=item["in"],
                required=item["required"],
            )
            for item in found.get("parameters", ())
        ),
        body=body,
        fields=_fields(schema),
        example=_example(schema),
        answers=tuple(
            Answer(status, answer["description"], _content_type(answer))
            for status, answer in found["responses"].items()
            if status < "300"
        ),
        refusals=tuple(status for status in found["responses"] if status >= "300"),
    )


def _fields(schema: Json) -> tuple[Field, ...]:
    needed = schema.get("required", ())
    return tuple(
        Field(field, type_of(value), _about(value), required=field in needed)
        for field, value in schema.get("properties", {}).items()
    )


def _about(schema: Json) -> str:
    """A schema's description, or that of the first of its kinds which has one."""
    kinds = (schema, *schema.get("anyOf", ()))
    return next((kind["description"] for kind in kinds if "description" in kind), "")


def _example(schema: Json) -> str:
    for example in schema.get("examples", ()):
        return json.dumps(example, indent=2, ensure_ascii=False)
    return ""


def _content_type(holder: Json) -> tuple[Piece, ...]:
    for content in holder.get("content", {}).values():
        return type_of(content.get("schema", {}))
    return ()


def _joined(parts: list[tuple[Piece, ...]]) -> tuple[Piece, ...]:
    joined: list[Piece] = []
    for part in parts:
        joined += [(" | ", "")] if joined else []
        joined += part
    return tuple(joined)

"""The API's documentation as a page: drawn by the server from the OpenAPI document, nothing hidden
behind a click, so that a browser's own search finds everything."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from app.db import NotFound
from app.web.api.document import document_of
from app.web.request import Run, html, locale_of
from knowledge.markdown import render

router = APIRouter(include_in_schema=False)
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
    answers: tuple[Answer, ...]


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
    document = document_of(request.app)
    page = runtime.pages.render(
        "api/docs.html",
        locale_of(request),
        title=document["info"]["title"],
        about=Markup(render(document["info"]["description"])),
        groups=[(tag, list(operations_of(document, tag["name"]))) for tag in document["tags"]],
        shapes=list(shapes_of(document)),
    )
    return html(page)


def operations_of(document: Json, tag: str) -> Iterator[Operation]:
    """The operations with this tag, in the order of the document."""
    for path, methods in document["paths"].items():
        for method, found in methods.items():
            if tag in found.get("tags", ()):
                yield _operation(path, method, found)


def shapes_of(document: Json) -> Iterator[Described]:
    """Every shape, by name."""
    for name, schema in sorted(document["components"]["schemas"].items()):
        needed = schema.get("required", ())
        fields = tuple(
            Field(field, type_of(value), value.get("description", ""), required=field in needed)
            for field, value in schema.get("properties", {}).items()
        )
        yield Described(name, schema.get("description", ""), fields)


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


def _operation(path: str, method: str, found: Json) -> Operation:
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
                item.get("description") or item["schema"].get("description", ""),
                place=item["in"],
                required=item["required"],
            )
            for item in found.get("parameters", ())
        ),
        body=_content_type(found.get("requestBody", {})),
        answers=tuple(
            Answer(status, answer["description"], _content_type(answer))
            for status, answer in found["responses"].items()
        ),
    )


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

"""Articles that are kept elsewhere, over the API: a brand's whole set, or some of them."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path
from pydantic import Field, ValidationError

from app.actions.article_set import KeptText, put_articles
from app.db import Invalid
from app.pages import locale_of_tag
from app.queries.brands import brand_named
from app.web.api.access import Caller, IdempotentRoute
from app.web.api.knowledge_scope import BrandName, language_of
from app.web.api.shapes.knowledge import BulkShape, KeptArticleRow, KeptShape
from app.web.request import Run

router = APIRouter(prefix="/brands", tags=["articles"], route_class=IdempotentRoute)
MOST = 50_000
SHOWN = 50  # refusals of one request that are named
Brand = Annotated[BrandName, Path()]
ROWS = {
    "requestBody": {
        "content": {
            "application/json": {
                "schema": {
                    "type": "array",
                    "maxItems": MOST,
                    "items": {"$ref": "#/components/schemas/KeptArticleRow"},
                }
            }
        }
    }
}


@router.put("/{brand}/articles", response_model=KeptShape)
async def replace_articles(
    runtime: Run,
    caller: Caller,
    brand: Brand,
    body: Annotated[list[KeptArticleRow], Field(max_length=MOST)],
) -> Any:
    """Make these the brand's articles, published; answered when they can be found. The same id in
    another locale is the same article in another language. Every other article of the brand is
    archived: no reader finds it, and it can be restored. If one row cannot be used, nothing is
    changed. For supervisors."""
    texts: list[KeptText] = []
    wrong: dict[str, str] = {}
    seen: set[tuple[str, str]] = set()
    for at, row in enumerate(body):
        text, why = _text_of(row, seen)
        if text is None:
            wrong |= {f"{at}.{name}": reason for name, reason in why.items()}
        else:
            texts.append(text)
    if wrong:
        raise Invalid(**dict(list(wrong.items())[:SHOWN]))
    brand_id = await runtime.db.query(brand_named, caller, brand)
    counts = await runtime.db.write(put_articles, caller, brand_id, texts, whole=True)
    await runtime.knowledge.settled()
    return counts


@router.post("/{brand}/articles/bulk", response_model=BulkShape, openapi_extra=ROWS)
async def upsert_articles(
    runtime: Run,
    caller: Caller,
    brand: Brand,
    body: Annotated[list[Any], Body(max_length=MOST)],
) -> Any:
    """Publish these articles beside the others, new ones and changed ones, by your own ids;
    answered when they can be found. Languages and fields that you leave out stay. A row that
    cannot be used is named in `refused`, and the others are written. For supervisors."""
    texts, refused = [], []
    seen: set[tuple[str, str]] = set()
    for at, given in enumerate(body):
        text, why = _read(given, seen)
        if text is None:
            refused.append({"row": at, "id": _id_of(given), "errors": why})
        else:
            texts.append(text)
    brand_id = await runtime.db.query(brand_named, caller, brand)
    counts = await runtime.db.write(put_articles, caller, brand_id, texts, whole=False)
    await runtime.knowledge.settled()
    return {
        "created": counts.created,
        "changed": counts.changed,
        "unchanged": counts.unchanged,
        "archived": counts.archived,
        "refused": refused,
    }


def _read(given: Any, seen: set[tuple[str, str]]) -> tuple[KeptText | None, dict[str, str]]:
    """A row as it came in: its text, or why there is none, by field."""
    try:
        row = KeptArticleRow.model_validate(given)
    except ValidationError as error:
        return None, {_place(it["loc"]): it["type"] for it in error.errors(include_url=False)}
    return _text_of(row, seen)


def _text_of(
    row: KeptArticleRow, seen: set[tuple[str, str]]
) -> tuple[KeptText | None, dict[str, str]]:
    locale = locale_of_tag(row.locale) if row.locale else _written_in(f"{row.title} {row.body}")
    if locale is None:
        return None, {"locale": "unknown"}
    if (row.id, locale) in seen:
        return None, {"id": "twice_in_this_language"}
    title, body = row.title.strip(), row.body
    if not title and not body.strip():
        return None, {"body": "empty"}
    seen.add((row.id, locale))
    alternatives = tuple(line.strip() for line in row.alternatives if line.strip())
    return (
        KeptText(
            row.id,
            locale,
            title,
            body,
            alternatives,
            " ".join((row.category or "").split()) or None,
            row.visibility,
            row.slug,
        ),
        {},
    )


def _written_in(text: str) -> str:
    """The locale of an article that does not say its own; a few signs make none Chinese."""
    signs = sum("\u3400" <= letter <= "\u9fff" for letter in text)
    return language_of(None, text) if signs * 5 >= len(text.strip()) else "en"


def _id_of(given: Any) -> str | None:
    own = given.get("id") if isinstance(given, dict) else None
    return _printable(own) if isinstance(own, str) else None


def _place(path: Sequence[int | str]) -> str:
    return _printable(".".join(map(str, path))) or "row"


def _printable(text: str) -> str:
    # Lone surrogates cannot be written as UTF-8.
    return text[:250].encode("utf-8", "replace").decode()

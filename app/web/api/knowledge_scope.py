"""Which brand, readers and language a question to the knowledge base is about."""

import unicodedata
from typing import Annotated, Literal

from fastapi import Depends, Query
from pydantic import Field

from app.db import Invalid
from app.pages import locale_of_tag
from app.queries.article_categories import families
from app.queries.brands import brand_named
from app.runtime import Runtime
from app.security.permissions import Actor
from app.web.api.access import Caller
from app.web.api.values import NO_NUL, Id, Locale
from app.web.request import Run
from knowledge.text import fold

BrandName = Annotated[
    str,
    Field(
        pattern=r"^[^\x00/]+$",
        max_length=120,
        description="a brand: its id, or the word in its addresses",
        examples=["tea"],
    ),
]
Audience = Literal["agents", "customers", "everybody"]
ABOUT_AUDIENCE = (
    "for whom: agents find internal articles too, customers what is for customers, everybody only"
    " what is public"
)
VISIBLE = {
    "agents": frozenset({"public", "customer", "internal"}),
    "customers": frozenset({"public", "customer"}),
    "everybody": frozenset({"public"}),
}
LONGEST = 20_000  # characters of a question: whole mails are asked about
Words = Annotated[str, Field(pattern=NO_NUL, max_length=LONGEST)]


async def one_brand(runtime: Runtime, caller: Actor, named: str | None) -> int | None:
    """The brand that is named, else the caller's only one; None where they serve every brand.

    Raises Invalid for somebody who serves several, but not all.
    """
    if named is not None:
        return await runtime.db.query(brand_named, caller, named)
    if caller.brands is None:
        return None
    if len(caller.brands) > 1:
        raise Invalid(brand="needed")
    return next(iter(caller.brands))


async def brands_of(runtime: Runtime, caller: Actor, named: str | None) -> list[int] | None:
    """The brand that is named, else all the caller's; None: every one."""
    if named is not None:
        return [await runtime.db.query(brand_named, caller, named)]
    return None if caller.brands is None else sorted(caller.brands)


async def some_brands(
    runtime: Run,
    caller: Caller,
    brand: Annotated[BrandName | None, Query()] = None,
    brand_id: Id | None = None,
) -> list[int] | None:
    """The brands to look through."""
    return await brands_of(runtime, caller, brand or (str(brand_id) if brand_id else None))


async def some_categories(
    runtime: Run,
    brands: Annotated[list[int] | None, Depends(some_brands)],
    category: Annotated[
        str | None,
        Query(
            pattern=r"^[^\x00/]+$",
            max_length=120,
            description="the word in a category's address; its sections belong to it",
            examples=["delivery"],
        ),
    ] = None,
) -> frozenset[int] | None:
    """The categories to look through; None: all of them. Raises Invalid for one nobody has."""
    if category is None:
        return None
    found = (await runtime.db.query(families, brands)).get(category)
    if found is None:
        raise Invalid(category="unknown")
    return found


SomeCategories = Annotated[frozenset[int] | None, Depends(some_categories)]
SomeBrands = Annotated[list[int] | None, Depends(some_brands)]


def language_of(given: Locale | None, text: str) -> str:
    """The locale of a question: what was given, in our spelling, else what its letters tell."""
    if given is not None:
        return locale_of_tag(given) or given.replace("-", "_")
    if not any("\u3400" <= letter <= "\u9fff" for letter in text):
        return "en"
    plain = unicodedata.normalize("NFKC", text)
    return "zh_Hans" if fold(plain) == plain.casefold() else "zh_Hant"

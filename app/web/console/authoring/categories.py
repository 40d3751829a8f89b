"""Categories and their sections: named in each language, ordered, moved, taken away."""

import re
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection

from app.actions.category_edit import change_category, move_category, new_category, remove_category
from app.actions.synonyms import set_synonyms
from app.db import Invalid, NotFound
from app.pages import LOCALE_NAMES
from app.queries.article_categories import CategoryRow, category_rows
from app.queries.article_synonyms import synonym_groups
from app.queries.choices import Choice, brand_choices
from app.security.permissions import Actor
from app.web.console.refusals import ConsoleRoute
from app.web.request import Run, SignedIn, Who, frame, html

router = APIRouter(route_class=ConsoleRoute, prefix="/knowledge/categories")


@router.get("")
async def categories(
    runtime: Run, session: SignedIn, brand: int | None = None, edit: int | None = None
) -> Response:
    """The categories of a brand, one of them to be changed."""
    actor = session.actor
    if not actor.publishes:
        raise NotFound
    read = await runtime.db.query(_read, actor, brand)
    return html(
        runtime.pages.render(
            "console/article_categories.html", actor.locale, **frame(session),
            section="knowledge", brand=read.brand, brands=read.brands, rows=read.rows,
            locales=LOCALE_NAMES, words=read.words,
            edited=next((row for row in read.rows if row.id == edit), None),
        )
    )  # fmt: skip


@router.post("")
async def save(
    request: Request,
    runtime: Run,
    actor: Who,
    brand: Annotated[int, Form()],
    category: Annotated[str, Form()] = "",
    parent: Annotated[str, Form()] = "",
) -> Response:
    """A new category, or other names and another place for one."""
    form = await request.form()
    names = {locale: str(form.get(f"name_{locale}", "")) for locale in LOCALE_NAMES}
    if not any(name.strip() for name in names.values()):
        raise Invalid(name="empty")
    parent_id = int(parent) if parent.isdecimal() else None
    if category.isdecimal():
        await runtime.db.write(change_category, actor, int(category), names, parent_id)
    else:
        await runtime.db.write(new_category, actor, brand, names, parent_id)
    return _back(brand)


@router.post("/{category_id:int}/move")
async def move(
    runtime: Run,
    actor: Who,
    category_id: int,
    brand: Annotated[int, Form()],
    down: Annotated[bool, Form()] = False,
) -> Response:
    """One place up or down."""
    await runtime.db.write(move_category, actor, category_id, down)
    return _back(brand)


@router.post("/{category_id:int}/remove")
async def remove(
    runtime: Run, actor: Who, category_id: int, brand: Annotated[int, Form()]
) -> Response:
    """Take it away; its articles stay."""
    await runtime.db.write(remove_category, actor, category_id)
    return _back(brand)


@router.post("/synonyms")
async def synonyms(
    runtime: Run,
    actor: Who,
    brand: Annotated[int, Form()],
    words: Annotated[str, Form(max_length=100_000)] = "",
) -> Response:
    """Which words mean the same: a group a line, parted by commas."""
    groups = [re.split("[,，、]", line) for line in words.splitlines()]
    await runtime.db.write(set_synonyms, actor, brand, groups)
    return _back(brand)


@dataclass(frozen=True, slots=True)
class _Read:
    brand: int | None
    brands: tuple[Choice, ...]
    rows: list[CategoryRow]
    words: str


def _read(conn: Connection, actor: Actor, brand: int | None) -> _Read:
    brands = brand_choices(conn, actor)
    chosen = brand if brand in {one.id for one in brands} else next((b.id for b in brands), None)
    if chosen is None:
        return _Read(None, brands, [], "")
    groups = synonym_groups(conn, chosen).get(chosen, [])
    words = "\n".join(", ".join(group) for group in groups)
    return _Read(chosen, brands, category_rows(conn, actor, chosen), words)


def _back(brand: int) -> Response:
    return RedirectResponse(f"/knowledge/categories?brand={brand}", 303)

"""The list of articles for those who write them, and what is done to several at once."""

from typing import Annotated

from fastapi import APIRouter, Form, Query
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection

from app import clock
from app.actions.article_bulk import change_articles
from app.db import Conflict
from app.pages import LOCALE_NAMES
from app.queries.article_categories import CategoryRow, category_rows
from app.queries.article_list import AuthorPage, Wanted, author_page
from app.queries.choices import Choice, agent_choices, brand_choices
from app.queries.due_articles import due_articles
from app.security.permissions import Actor
from app.web.console.refusals import ConsoleRoute
from app.web.request import Run, SignedIn, Who, frame, html

router = APIRouter(route_class=ConsoleRoute, prefix="/knowledge")
STATUSES = ("", "published", "draft", "review", "archived")


@router.get("")
async def articles(
    runtime: Run,
    session: SignedIn,
    q: Annotated[str, Query(max_length=200)] = "",
    status: str = "",
    owner: str = "",
    visibility: str = "",
    language: str = "",
    due: bool = False,
    brand: str = "",
    category: str = "",
    sort: str = "updated",
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
    done: int | None = None,
    refused: int = 0,
) -> Response:
    """Every article of the brands an agent serves; archived ones only when asked for."""
    actor, brand = session.actor, brand or str(session.brand_id or "")
    wanted = Wanted(
        q=q,
        status=status if status in STATUSES else "",
        owner=_owner(actor, owner),
        visibility=visibility,
        language=language,
        due=due,
        brand_id=int(brand) if brand.isdecimal() else None,
        category_id=int(category) if category.isdecimal() else None,
        sort=sort,
        page=page,
    )
    found, brands, people, own_due, categories = await runtime.db.query(_read, actor, wanted)
    filters = {
        "q": q, "status": wanted.status, "owner": owner, "visibility": visibility,
        "language": language, "due": "1" if due else "", "brand": brand, "category": category,
        "sort": "" if sort == "updated" else sort,
    }  # fmt: skip
    return html(
        runtime.pages.render(
            "console/articles.html", actor.locale, **frame(session), section="knowledge",
            found=found, brands=brands, people=people, wanted=wanted,
            filters={name: value for name, value in filters.items() if value},
            locales=LOCALE_NAMES, done=done, refused=refused, own_due=own_due,
            categories=categories,
        )
    )  # fmt: skip


@router.post("/bulk")
async def bulk(
    runtime: Run,
    actor: Who,
    ids: Annotated[list[int], Form(max_length=200)],
    what: Annotated[str, Form()],
    owner: Annotated[str, Form()] = "",
    check_by: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Do the same to all that were ticked; those that refuse stay as they are and are counted."""
    done = refused = 0
    for article_id in ids:
        try:
            await runtime.db.write(
                change_articles, actor, [article_id], what, owner=owner, check_by=check_by
            )
            done += 1
        except Conflict:
            refused += 1
    return RedirectResponse(f"/knowledge?done={done}&refused={refused}", 303)


def _read(
    conn: Connection, actor: Actor, wanted: Wanted
) -> tuple[AuthorPage, tuple[Choice, ...], tuple[Choice, ...], int, list[CategoryRow]]:
    page = author_page(conn, actor, wanted, clock.now())
    own_due = len(due_articles(conn, actor, clock.now()))
    brands = brand_choices(conn, actor)
    brand = wanted.brand_id or (brands[0].id if len(brands) == 1 else None)
    categories = category_rows(conn, actor, brand) if brand is not None else []
    return page, brands, agent_choices(conn, actor), own_due, categories


def _owner(actor: Actor, asked: str) -> int | None:
    """An agent's id; "me" is who asks, "nobody" 0, everything else: anybody."""
    if asked == "me":
        return actor.agent_id
    if asked == "nobody":
        return 0
    return int(asked) if asked.isdecimal() else None

"""What the knowledge base lacks, over the API: questions that were not answered, and what they
have in common."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Discriminator, Field, Tag

from app import clock
from app.actions.unanswered import Unanswered, forget_unanswered, note_unanswered
from app.db import NotFound
from app.knowledge_index import grouped
from app.queries.brands import brand_named, own_brands
from app.queries.unanswered import unanswered
from app.runtime import Runtime
from app.security.permissions import Actor
from app.web.api.access import Caller, IdempotentRoute, SupervisorCaller
from app.web.api.knowledge_scope import BrandName, SomeBrands, language_of
from app.web.api.shapes.knowledge import NotedShape, UnansweredRow
from app.web.request import Run

router = APIRouter(prefix="/knowledge", tags=["knowledge"], route_class=IdempotentRoute)
MOST = 5_000
DAY_MS = 86_400_000


def _which(given: Any) -> str:
    return "questions" if isinstance(given, list) else "question"


# Told apart by their kind, so that a refusal is about the one that was meant.
OneOrMany = Annotated[
    Annotated[UnansweredRow, Tag("question")]
    | Annotated[list[UnansweredRow], Field(max_length=MOST), Tag("questions")],
    Discriminator(_which),
]


@router.post("/unanswered", response_model=NotedShape, status_code=201)
async def add_unanswered(
    runtime: Run,
    caller: Caller,
    body: OneOrMany,
    brand: Annotated[BrandName | None, Query(description="none: your first")] = None,
) -> Any:
    """Keep a question, or a list of them, that was not answered. They are kept as you send them:
    leave out what tells of persons."""
    given = body if isinstance(body, list) else [body]
    questions = [Unanswered(it.query.strip(), language_of(it.locale, it.query)) for it in given]
    brand_id = await _brand(runtime, caller, brand)
    return {"noted": await runtime.db.write(note_unanswered, caller, brand_id, questions)}


@router.delete("/unanswered", status_code=204)
async def remove_unanswered(
    runtime: Run,
    caller: SupervisorCaller,
    brand: Annotated[BrandName | None, Query(description="none: your first")] = None,
) -> None:
    """Begin anew: drop the questions that programs have sent. What customers asked in chats, forms,
    mails and the help centre stays. For supervisors."""
    brand_id = await _brand(runtime, caller, brand)
    await runtime.db.write(forget_unanswered, caller, brand_id)


@router.get("/gaps", response_model=list[list[str]])
async def list_gaps(
    runtime: Run,
    brands: SomeBrands,
    n: Annotated[int, Query(ge=1, le=1_000, description="how many at most")] = 20,
    days: Annotated[int, Query(ge=1, le=3_650, description="how far back")] = 90,
) -> Any:
    """Questions without an answer that ask for the same thing, each group in customers' words, the
    biggest first, and in a group the most typical question first. Searches of the help centre
    after which nothing was opened are among them."""
    since = clock.now() - days * DAY_MS
    questions = await runtime.db.query(unanswered, brands, since=since)
    return (await grouped(questions))[:n]


async def _brand(runtime: Runtime, caller: Actor, named: str | None) -> int:
    if named is not None:
        return await runtime.db.query(brand_named, caller, named)
    own = await runtime.db.query(own_brands, caller)
    if not own:
        raise NotFound
    return own[0]

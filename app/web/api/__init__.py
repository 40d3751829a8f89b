"""The API under /api/v1: what the console can do, a machine can do, with the same rights."""

from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute

from app.web.api import (
    activity,
    agents,
    alerts,
    article_steps,
    articles,
    brand_articles,
    consults,
    conversations,
    customers,
    desk,
    docs,
    files,
    follow_ups,
    imports,
    inbound,
    knowledge,
    knowledge_gaps,
    knowledge_learning,
    merges,
    messages,
    outcomes,
    queues,
    reports,
    rights,
)
from app.web.api.access import bearer
from app.web.api.document import document_of
from app.web.late_route import lay


def _own_name(route: APIRoute) -> str:
    """A route is known to clients by its function's name: it stays when addresses change."""
    return route.name


router = APIRouter(prefix="/api/v1")
needed = [Depends(bearer)]
for part in (
    inbound, conversations, messages, desk, merges, activity, imports, rights, customers, agents,
    queues, outcomes, reports, articles, article_steps, brand_articles, knowledge,
    knowledge_learning, knowledge_gaps, follow_ups, files,
    alerts, consults,
):  # fmt: skip
    lay(router, part.router, needed, generate_unique_id_function=_own_name)
lay(router, rights.downloads, needed, generate_unique_id_function=_own_name)
lay(router, docs.router, generate_unique_id_function=_own_name)


def install(app: FastAPI) -> None:
    """Let the application describe itself with the API's own document, and nothing else."""
    app.openapi = lambda: document_of(app)  # type: ignore[method-assign]

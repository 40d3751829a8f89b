"""The pages of a brand's customers: /my/{brand}. Signed in by a one-time link, without script."""

from fastapi import APIRouter, FastAPI

from app.web.late_route import lay
from app.web.portal import consents, door, enter, erase, mine, rights, talks

__all__ = ["install", "router"]

router = APIRouter(prefix="/my", include_in_schema=False)
for part in (enter, talks, mine, consents, rights, erase):
    lay(router, part.router)


def install(app: FastAPI) -> None:
    """Answer the refusals of these pages."""
    door.install(app)

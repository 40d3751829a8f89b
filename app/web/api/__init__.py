"""The API under /api/v1: what the console can do, a machine can do, with the same rights."""

from fastapi import APIRouter

from app.web.api import conversations, inbound, people

router = APIRouter(prefix="/api/v1")
for part in (conversations, people, inbound):
    router.include_router(part.router)

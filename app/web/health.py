"""Is the process alive, is it ready to serve?"""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from sqlalchemy import text

from app.web.request import Run

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/readyz")
async def readyz(request: Request, runtime: Run) -> JSONResponse:
    """The database answers and the product takes requests; 503 before that and while it stops."""
    if not request.app.state.ready:
        return JSONResponse({"status": "starting"}, 503)
    async with runtime.db.read() as conn:
        await conn.execute(text("SELECT 1"))
    return JSONResponse({"status": "ready"})

"""Stepping in from the board: give a contact to somebody, close a queue."""

from fastapi import APIRouter, Form
from fastapi.responses import Response

from app.actions.queue import close_queue
from app.actions.transfer import assign
from app.pages import N_, toast
from app.web.request import Run, Supervisor

router = APIRouter()


@router.post("/assign")
async def give(
    runtime: Run, who: Supervisor, conversation_id: int = Form(), agent_id: int = Form()
) -> Response:
    """Give a contact to an agent, past capacity where need be."""
    await runtime.db.write(assign, who, conversation_id, agent_id)
    done = runtime.pages.translate(who.locale, N_("Given. It is on their screen now."))
    return Response(status_code=204, headers={**toast(done), "HX-Refresh": "true"})


@router.post("/queues/{queue_id}")
async def close(runtime: Run, who: Supervisor, queue_id: int, closed: str = Form()) -> Response:
    """Close a queue for the moment, or open it again."""
    await runtime.db.write(close_queue, who, queue_id, closed == "yes")
    return Response(status_code=204)

"""Keeping a sender away, from the menu of a conversation."""

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.actions.block_sender import block_sender, unblock_sender
from app.pages import N_
from app.web.console.answers import told
from app.web.console.refusals import ConsoleRoute
from app.web.request import Run, Who, client_ip

router = APIRouter(route_class=ConsoleRoute, prefix="/inbox/{conversation_id}")


@router.post("/block")
async def block(
    request: Request,
    runtime: Run,
    actor: Who,
    conversation_id: int,
    domain: bool = Form(False),
) -> Response:
    """Block who wrote last, or everybody of their domain; the conversation is spam."""
    pattern = await runtime.db.write(
        block_sender, actor, conversation_id, whole_domain=domain, ip=client_ip(request)
    )
    words = runtime.pages.translate(actor.locale, N_("Blocked: %(sender)s"), sender=pattern)
    notice = {"text": words, "kind": "success", "undo": f"/inbox/{conversation_id}/unblock"}
    return told(toast=notice, conversation__left={"id": conversation_id})


@router.post("/unblock")
async def unblock(request: Request, runtime: Run, actor: Who, conversation_id: int) -> Response:
    """Take the block back, and open the conversation again."""
    await runtime.db.write(unblock_sender, actor, conversation_id, ip=client_ip(request))
    return Response(status_code=204)

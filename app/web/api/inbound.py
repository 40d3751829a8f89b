"""The door for your own systems: messages from customers, into any inbox."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter

from app.db import NotFound
from app.intake import take_in
from app.queries import records
from app.web.api.access import Caller, IdempotentRoute
from app.web.api.people import identities_of
from app.web.api.shapes import ContactBody, InboxShape, ReceivedShape
from app.web.request import Run
from channels.values import Inbound

router = APIRouter(tags=["inboxes"], route_class=IdempotentRoute)


@router.get("/inboxes", response_model=list[InboxShape])
async def list_inboxes(runtime: Run, caller: Caller) -> Any:
    """The entrances of your brands."""
    return await runtime.db.query(records.list_inboxes, caller)


@router.post("/inboxes/{inbox_id}/contacts", response_model=ReceivedShape, status_code=201)
async def bring_contact(runtime: Run, caller: Caller, inbox_id: int, body: ContactBody) -> Any:
    """A customer's message: it takes the same way as a mail or a chat.

    Sent again with the same `external_id` it changes nothing and is answered as the first time.
    """
    rows = await runtime.db.query(records.list_inboxes, caller)
    inbox = next((row for row in rows if row["id"] == inbox_id), None)
    if inbox is None:
        raise NotFound
    if body.conversation_id is not None:
        await runtime.db.query(records.get_conversation, caller, body.conversation_id)
    inbound = Inbound(
        channel=inbox["channel"],
        external_id=body.external_id,
        identities=identities_of(email=body.email, phone=body.phone, user=body.user_id),
        name=body.name,
        subject=body.subject,
        text=body.text.replace("\0", ""),
        full_text=body.text.replace("\0", ""),
        fields=body.fields,
    )
    received = await take_in(
        runtime.db, runtime.files, inbox_id, inbound, conversation_id=body.conversation_id
    )
    return asdict(received)

"""The door for your own systems: messages from customers, into any inbox."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter
from sqlalchemy import Connection

from app.db import Invalid
from app.files import StoredFile
from app.intake import take_in
from app.queries import records
from app.queries.attachment import own_uploads
from app.queries.record_work import get_inbox
from app.queries.record_work import list_inboxes as inbox_records
from app.runtime import Runtime
from app.security.permissions import Actor
from app.security.uploads import check_upload
from app.web.api.access import Caller, IdempotentRoute
from app.web.api.customers import identities_of
from app.web.api.shapes.inbound import AttachmentBody, ContactBody, ReceivedShape
from app.web.api.shapes.work import InboxShape
from app.web.api.values import Id
from app.web.files import keep_checked
from app.web.request import Run
from channels.values import Inbound

router = APIRouter(tags=["inboxes"], route_class=IdempotentRoute)


@router.get("/inboxes", response_model=list[InboxShape])
async def list_inboxes(runtime: Run, caller: Caller) -> Any:
    """The entrances of your brands."""
    return await runtime.db.query(inbox_records, caller)


@router.post("/inboxes/{inbox_id}/contacts", response_model=ReceivedShape, status_code=201)
async def bring_contact(runtime: Run, caller: Caller, inbox_id: Id, body: ContactBody) -> Any:
    """A customer's message: it takes the same way as a mail or a chat.

    Sent again with the same `external_id` it changes nothing and is answered as the first time.
    """
    known_as = identities_of(email=body.email, phone=body.phone, user_id=body.user_id)
    channel, stored = await runtime.db.query(_look, caller, inbox_id, body)
    for number, file in enumerate(body.attachments):
        stored.append(await asyncio.to_thread(_keep, runtime, file, number))
    inbound = Inbound(
        channel=channel,
        external_id=body.external_id,
        identities=known_as,
        name=body.name,
        subject=body.subject,
        text=body.text,
        full_text=body.text,
        fields=body.fields,
    )
    received = await take_in(
        runtime.db,
        runtime.files,
        inbox_id,
        inbound,
        stored=stored,
        conversation_id=body.conversation_id,
    )
    return asdict(received)


def _look(
    conn: Connection, actor: Actor, inbox_id: int, body: ContactBody
) -> tuple[str, list[StoredFile]]:
    """The inbox's channel and the caller's uploads that the message names."""
    inbox = get_inbox(conn, actor, inbox_id)
    if body.conversation_id is not None:
        conversation = records.get_conversation(conn, actor, body.conversation_id)
        if conversation["brand_id"] != inbox["brand_id"]:
            raise Invalid(conversation_id="of_another_brand")
    return inbox["channel"], list(_uploads(conn, actor, body.uploads))


def _uploads(conn: Connection, actor: Actor, keys: Sequence[str]) -> Sequence[StoredFile]:
    found = own_uploads(conn, actor, keys)
    if len(found) != len(set(keys)):
        raise Invalid(uploads="unknown_upload")
    return found


def _keep(runtime: Runtime, file: AttachmentBody, number: int) -> StoredFile:
    largest = runtime.settings.max_upload_mb * 1_000_000
    checked = check_upload(file.name, file.data, largest, field=f"attachments.{number}")
    return keep_checked(runtime, checked)

"""The common way in for every door: keep the files, find the language, write, all in that order."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from app.actions.receive_message import Received, receive_message
from app.db import Database
from app.files import FileStore, StoredFile
from channels.language import detect
from channels.values import Inbound


async def take_in(
    db: Database,
    files: FileStore,
    inbox_id: int,
    inbound: Inbound,
    *,
    stored: Sequence[StoredFile] = (),
    conversation_id: int | None = None,
    key: str = "",
    new_conversation: bool = False,
) -> Received:
    """Take a message from any door. When this returns it is stored; again changes nothing.

    `stored` are files of the message that lie in the store already.
    """
    stored = list(stored)
    for item in inbound.attachments:
        stored.append(
            await asyncio.to_thread(
                files.keep, item.data, item.filename, item.content_type, item.content_id
            )
        )
    if not inbound.language:
        inbound = _with_language(inbound)
    return await db.write(
        receive_message,
        inbox_id,
        inbound,
        stored,
        conversation_id=conversation_id,
        key=key,
        new_conversation=new_conversation,
    )


def _with_language(inbound: Inbound) -> Inbound:

    return replace(inbound, language=detect(f"{inbound.subject}\n{inbound.text}") or None)

"""A message that did not arrive comes back to a person: nobody looks into done conversations."""

from app.actions.conversation import add_system_line, change_conversation, lock_conversation
from app.actions.enqueue import enqueue, live_contact
from app.db import Tx


def surface_failure(tx: Tx, conversation_id: int, message_id: int, code: str) -> None:
    """Say it in the conversation, and put that into line where nobody is at it any more.

    `code` is the system line: delivery_failed, or delivery_uncertain where only a person can find
    out whether the mail arrived.
    """
    conversation = lock_conversation(tx, conversation_id)
    add_system_line(tx, conversation_id, code, message_id=message_id)
    if conversation.spam or live_contact(tx, conversation_id) is not None:
        return
    if conversation.status != "open":
        change_conversation(tx, conversation_id, "status", status="open", snoozed_until=None)
    enqueue(tx, lock_conversation(tx, conversation_id), queue_id=conversation.queue_id)

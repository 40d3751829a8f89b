"""A customer writes on, or takes along what is kept of them, from their pages."""

from sqlalchemy import insert

from app.actions.conversation import change_conversation, lock_conversation
from app.actions.enqueue import live_contact
from app.actions.erase_customer import ANSWER_WITHIN_MS
from app.actions.person_log import log_access
from app.db import Tx
from app.models.consent import rights_requests
from app.queries.portal_door import PortalSession


def go_on_by_letter(tx: Tx, who: PortalSession, conversation_id: int) -> None:
    """A chat that nobody is in any more goes on as letters: its customer has left the chat's
    window, and what they write on their pages is answered by mail. Without an address it stays."""
    conversation = lock_conversation(tx, conversation_id)
    if conversation.channel != "chat" or not who.email:
        return
    if live_contact(tx, conversation.id) is None:
        change_conversation(tx, conversation.id, "channel", channel="form")


def note_own_export(tx: Tx, who: PortalSession) -> None:
    """They take everything along: asked and answered at once."""
    tx.execute(
        insert(rights_requests).values(
            customer_id=who.customer_id, brand_id=who.brand_id, kind="export", state="done",
            asked_by="customer", details={}, asked_at=tx.now, due_at=tx.now + ANSWER_WITHIN_MS,
            done_at=tx.now,
        )
    )  # fmt: skip
    log_access(tx, None, who.customer_id, "exported", by="customer")

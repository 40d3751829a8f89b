"""A customer says that the article in an automatic mail was the answer."""

from sqlalchemy import select

from app.actions.conversation import add_system_line, lock_conversation
from app.actions.deflect import note_end
from app.actions.enqueue import live_contact
from app.actions.set_status import end_by_customer
from app.db import NotFound, Tx
from app.models.organisation import inboxes
from app.models.question import deflections


def mail_solved(tx: Tx, key: str) -> None:
    """Nobody has to answer any more. What an agent has begun is theirs to end; saying it twice
    changes nothing."""
    row = tx.execute(
        select(deflections.c.conversation_id, deflections.c.answered_article_id)
        .join(inboxes, inboxes.c.id == deflections.c.inbox_id)
        .where(
            deflections.c.key == key,
            deflections.c.conversation_id.is_not(None),
            inboxes.c.channel == "email",
        )
    ).first()
    if row is None:
        raise NotFound
    conversation = lock_conversation(tx, row.conversation_id)
    contact = live_contact(tx, conversation.id)
    if conversation.status == "done":
        return
    add_system_line(tx, conversation.id, "mail_solved")
    note_end(tx, conversation.id, "solved", row.answered_article_id)
    if contact is None or contact.status != "active":
        end_by_customer(tx, conversation.id, self_served=True)

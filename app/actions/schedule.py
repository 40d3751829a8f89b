"""Replies that wait before they leave: for the seconds in which they can be taken back, or planned.

Such a message is `planned`: stored, with its time, in the database and in the outbox, where nobody
touches it before. The customer has not been answered until it leaves: promises run on, and whoever
takes it back has nothing to put right but the thread.
"""

from sqlalchemy import bindparam, select, update

from app.actions.conversation import change_conversation
from app.actions.delivery import set_delivery
from app.actions.enqueue import live_contact
from app.actions.keep_promises import keep_promises
from app.actions.rows import change_row
from app.actions.send_guard import sends_left
from app.actions.sla import answered
from app.db import Invalid, Tx
from app.models.contact import contacts
from app.models.conversation import messages
from app.models.work import outbox

LONGEST_MS = 366 * 24 * 3_600_000
NEW_MESSAGE = "new_message"  # the reason why a planned message waits for a person's word

_PLANNED = select(messages.c.id, messages.c.details).where(
    messages.c.conversation_id == bindparam("conversation_id"), messages.c.state == "planned"
)


def check_send_at(tx: Tx, send_at: int) -> None:
    """Invalid where a planned moment is over, or more than a year away."""
    if not tx.now < send_at <= tx.now + LONGEST_MS:
        raise Invalid(send_at="in_the_past" if send_at <= tx.now else "too_far")


def ask_about_planned(tx: Tx, conversation_id: int) -> None:
    """The customer has written: what was planned before waits for a person's word. What is only
    within its seconds of grace goes on: for its writer it has been sent."""
    for message in tx.execute(_PLANNED, {"conversation_id": conversation_id}).all():
        if not message.details.get("planned") or "forward_of" in message.details:
            continue
        held = tx.execute(
            update(outbox)
            .where(outbox.c.message_id == message.id, outbox.c.state == "queued")
            .values(state="held")
        )
        if held.rowcount:
            set_delivery(tx, message.id, "planned", NEW_MESSAGE)


def leaves(tx: Tx, message_id: int) -> None:
    """A planned message goes out now: only from here on the customer counts as answered."""
    message = tx.execute(
        update(messages)
        .where(messages.c.id == message_id, messages.c.state == "planned")
        .values(sent_at=tx.now, state="queued")
        .returning(messages.c.conversation_id, messages.c.agent_id, messages.c.details)
    ).first()
    if message is None or "forward_of" in message.details:  # a forward answers nobody
        return
    if message.details.get("materials"):
        sends_left(tx, message_id)
    answered(tx, message.conversation_id)
    keep_promises(tx, message.agent_id, message.details.get("keeps", ()), message_id)
    change_conversation(tx, message.conversation_id, "answered", waiting_since=None)
    contact = live_contact(tx, message.conversation_id)
    if contact is not None and contact.replied_at is None:
        change_row(tx, contacts, contact.id, replied_at=tx.now)

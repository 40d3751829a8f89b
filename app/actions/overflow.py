"""Contacts leave a line that cannot serve them: to another queue, to a call back, to a message."""

from typing import Any

from sqlalchemy import Row, exists, select

from app import clock
from app.actions.change_queue import change_queue
from app.actions.contact import end_contact, move_contact
from app.actions.conversation import (
    add_system_line,
    change_conversation,
    lock_conversation,
    take_seq,
)
from app.actions.enqueue import enqueue
from app.actions.lease import hold_lease
from app.actions.route_pass import NAME
from app.actions.rows import add_row
from app.db import Tx
from app.events import MessageAdded
from app.models.contact import contacts
from app.models.conversation import conversations, messages
from app.models.customer import customers
from app.models.organisation import brands, queues
from app.queries.overflow_rules import Leaving

ASKED = "asked_for_address"  # the system line of a customer who was told, and cannot be reached


def overflow_contact(tx: Tx, owner: str, fence: int, one: Leaving) -> bool:
    """Let a contact go its way, if it still waits as it did; False if it stays.

    Who stays was told what there is to tell, and has no address to be answered at. Raises
    Conflict("lease_lost").
    """
    hold_lease(tx, NAME, owner, fence)
    conversation_id = tx.execute(
        select(contacts.c.conversation_id).where(contacts.c.id == one.contact)
    ).scalar()
    if conversation_id is None:
        return True
    conversation = lock_conversation(tx, conversation_id)
    contact = tx.execute(
        select(contacts)
        .where(
            contacts.c.id == one.contact,
            contacts.c.status == "waiting",
            contacts.c.version == one.version,
        )
        .with_for_update()
    ).first()
    if contact is None:
        return True
    if one.rule.queue is not None:
        return _to_queue(tx, conversation, contact, one)
    customer = tx.execute(select(customers).where(customers.c.id == conversation.customer_id)).one()
    if one.rule.way == "callback" and customer.phone:
        return _to_callback(tx, contact, customer.phone, one)
    if customer.email:
        return _to_mail(tx, conversation, contact, one)
    return _stays(tx, contact, one)


def _to_queue(tx: Tx, conversation: Row[Any], contact: Row[Any], one: Leaving) -> bool:
    queue = tx.execute(select(queues).where(queues.c.id == one.rule.queue, queues.c.active)).first()
    if queue is None:
        return False
    change_queue(
        tx,
        contact,
        queue,
        language=conversation.language,
        why=one.rule.when,
        been_in=sorted({*contact.been_in, contact.queue_id}),
    )
    add_system_line(tx, conversation.id, "overflowed", queue=queue.name, why=one.rule.when)
    _tell(tx, conversation.id, one.text)
    return True


def _to_callback(tx: Tx, contact: Row[Any], phone: str, one: Leaving) -> bool:
    """The customer leaves the line; their contact stays in it, at its place."""
    callback = {"to": phone, "tries": 0, "next_at": tx.now}
    move_contact(tx, contact, "waiting", callback=callback)
    add_system_line(tx, contact.conversation_id, "to_callback", to=phone, why=one.rule.when)
    _tell(tx, contact.conversation_id, one.text)
    return True


def _to_mail(tx: Tx, conversation: Row[Any], contact: Row[Any], one: Leaving) -> bool:
    """The chat becomes a message, which is answered by mail; its episode in the line ends."""
    _tell(tx, conversation.id, one.text)
    end_contact(tx, contact, "left")
    change_conversation(tx, conversation.id, "channel", channel="form")
    add_system_line(tx, conversation.id, "to_message", why=one.rule.when)
    enqueue(tx, lock_conversation(tx, conversation.id), queue_id=contact.queue_id)
    return True


def _stays(tx: Tx, contact: Row[Any], one: Leaving) -> bool:
    """Nobody can write to them: they are told once, and keep their place in line."""
    told = exists().where(
        messages.c.conversation_id == contact.conversation_id,
        messages.c.kind == "system",
        messages.c.text == ASKED,
        messages.c.created_at >= contact.enqueued_at,
    )
    if not tx.execute(select(told)).scalar():
        _tell(tx, contact.conversation_id, one.text)
        add_system_line(tx, contact.conversation_id, ASKED, why=one.rule.when)
    return False


def _tell(tx: Tx, conversation_id: int, text: str) -> None:
    """Say it in the chat, as the company: it is no agent's answer, so the customer still waits."""
    if not text.strip():
        return
    brand = tx.execute(
        select(brands.c.name)
        .join(conversations, conversations.c.brand_id == brands.c.id)
        .where(conversations.c.id == conversation_id)
    ).scalar_one()
    seq = take_seq(tx, conversation_id)
    message_id = add_row(
        tx,
        messages,
        conversation_id=conversation_id,
        seq=seq,
        key=clock.new_id(),
        kind="outbound",
        channel="chat",
        text=text.strip(),
        details={"automatic": True, "name": brand},
        state="sent",
        sent_at=tx.now,
        created_at=tx.now,
    )
    tx.emit(MessageAdded(conversation_id, seq, message_id, "outbound"))

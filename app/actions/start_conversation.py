"""An agent writes first, or passes a message on to somebody else."""

from collections.abc import Sequence

from sqlalchemy import insert, select

from app import clock
from app.actions.conversation import lock_conversation, take_seq
from app.actions.delivery import queue_mail
from app.actions.rows import add_row
from app.actions.schedule import check_send_at
from app.actions.send_message import Reply, Sent, send_message
from app.db import Invalid, NotFound, Tx
from app.events import ConversationChanged, MessageAdded
from app.models.conversation import attachments, conversations, inbound_keys, messages
from app.models.customer import customers
from app.models.organisation import inboxes
from app.security.permissions import Actor
from channels.identity import normalise


def start_conversation(
    tx: Tx, actor: Actor, inbox_id: int, customer_id: int, subject: str, reply: Reply
) -> int:
    """Write to a customer first; returns the conversation's id. It is the writer's. The same key
    again is the same conversation."""
    sent_as = {"inbox_id": inbox_id, "external_id": f"agent {actor.agent_id}:{reply.key}"}
    earlier = tx.execute(select(inbound_keys.c.conversation_id).filter_by(**sent_as)).scalar()
    if earlier is not None:
        return int(earlier)
    inbox = tx.execute(select(inboxes).where(inboxes.c.id == inbox_id, inboxes.c.active)).first()
    if inbox is None or not actor.sees_brand(inbox.brand_id):
        raise Invalid(inbox="unknown")
    if inbox.channel != "email":
        raise Invalid(inbox="cannot_start")
    language = tx.execute(
        select(customers.c.language).where(customers.c.id == customer_id)
    ).scalar()
    if language is None:
        raise Invalid(customer="unknown")
    if not subject.strip():
        raise Invalid(subject="empty")
    conversation_id: int = tx.execute(
        insert(conversations)
        .values(
            brand_id=inbox.brand_id,
            inbox_id=inbox.id,
            customer_id=customer_id,
            queue_id=inbox.queue_id,
            assignee_id=actor.agent_id,
            channel=inbox.channel,
            subject=subject.strip()[:500],
            language=language,
            created_at=tx.now,
            last_message_at=tx.now,
        )
        .returning(conversations.c.id)
    ).scalar_one()
    tx.emit(ConversationChanged(conversation_id, take_seq(tx, conversation_id), "started"))
    sent = send_message(tx, actor, conversation_id, reply)
    add_row(
        tx,
        inbound_keys,
        **sent_as,
        message_id=sent.message_id,
        conversation_id=conversation_id,
        created_at=tx.now,
    )
    return conversation_id


def forward_message(
    tx: Tx,
    actor: Actor,
    message_id: int,
    to: Sequence[str],
    text: str,
    key: str,
    *,
    undo_ms: int = 0,
    send_at: int | None = None,
) -> Sent:
    """Pass a message and its files on by mail; the forward stays in the thread, the customer's
    conversation is otherwise untouched. An answer to it comes back into this conversation.

    It can be taken back for `undo_ms`, or is planned for `send_at` (ms), like a reply.
    """
    if send_at is not None:
        check_send_at(tx, send_at)
    original = tx.execute(select(messages).where(messages.c.id == message_id)).first()
    if original is None:
        raise NotFound
    conversation = lock_conversation(tx, original.conversation_id, actor)
    addresses = [normalise("email", address) for address in to]
    recipients = [address for address in addresses if address]
    if not recipients or len(recipients) != len(addresses):
        raise Invalid(to="not_an_address")
    earlier = tx.execute(
        select(messages.c.id, messages.c.seq).where(
            messages.c.conversation_id == conversation.id, messages.c.key == key
        )
    ).first()
    if earlier is not None:
        return Sent(earlier.id, earlier.seq, duplicate=True)
    leaves_at = send_at or (tx.now + undo_ms if undo_ms else None)
    seq = take_seq(tx, conversation.id)
    new_id: int = tx.execute(
        insert(messages)
        .values(
            conversation_id=conversation.id,
            seq=seq,
            key=key,
            kind="outbound",
            channel="email",
            agent_id=actor.agent_id,
            text=text,
            subject=f"Fwd: {original.subject or conversation.subject}"[:500],
            details={"forward_of": message_id, "to": recipients}
            | ({"planned": True} if send_at is not None else {}),
            state="planned" if leaves_at is not None else "queued",
            sent_at=tx.now,
            send_at=leaves_at,
            created_at=tx.now,
        )
        .returning(messages.c.id)
    ).scalar_one()
    for row in tx.execute(select(attachments).where(attachments.c.message_id == message_id)).all():
        tx.execute(
            insert(attachments).values(
                message_id=new_id,
                file_id=row.file_id,
                key=clock.new_id(),
                name=row.name,
                content_type=row.content_type,
                size=row.size,
                created_at=tx.now,
            )
        )
    tx.emit(MessageAdded(conversation.id, seq, new_id, "outbound"))
    payload = {"to": recipients, "forward_of": message_id}
    queue_mail(tx, new_id, conversation.inbox_id, payload, send_at=leaves_at)
    return Sent(new_id, seq)

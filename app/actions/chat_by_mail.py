"""A visitor who left before the answer came gets it by mail, where we know an address.

What was said since they last looked goes in one mail; their answer to it comes back into the chat.
"""

from typing import Any

from sqlalchemy import Row, func, select

from app.actions.conversation import add_system_line
from app.actions.delivery import queue_mail, set_delivery
from app.db import Tx
from app.models.conversation import conversations, messages
from app.models.customer import customers
from app.models.work import outbox
from app.queries.mail_inboxes import brand_mailbox

WINDOW_MS = 24 * 3_600_000  # older than that, and a mail would surprise more than help


def mail_unseen_replies(tx: Tx, after_ms: int) -> int:
    """Queue one mail for each chat with replies its visitor has not seen; returns how many."""
    queued = 0
    for conversation in _left_alone(tx, after_ms):
        mailbox = brand_mailbox(tx.conn, conversation.brand_id)
        unseen = _unseen(tx, conversation)
        if mailbox is None or not unseen or unseen[0].sent_at > tx.now - after_ms:
            continue
        last_id = unseen[-1].id
        queue_mail(tx, last_id, mailbox.id, {"message_ids": [row.id for row in unseen]})
        for row in unseen:
            set_delivery(tx, row.id, "queued")
        add_system_line(tx, conversation.id, "by_mail")
        queued += 1
    return queued


def _left_alone(tx: Tx, after_ms: int) -> list[Row[Any]]:
    seen_at = func.coalesce(conversations.c.customer_seen_at, 0)
    return list(
        tx.execute(
            select(conversations)
            .join(customers, customers.c.id == conversations.c.customer_id)
            .where(
                conversations.c.status.in_(("open", "snoozed", "done")),
                conversations.c.spam.is_(False),
                conversations.c.channel == "chat",
                conversations.c.preview_kind == "outbound",
                conversations.c.last_message_at > tx.now - WINDOW_MS,
                conversations.c.last_message_at > seen_at,
                seen_at <= tx.now - after_ms,
                customers.c.email != "",
                customers.c.blocked.is_(False),
            )
            .limit(200)
        ).all()
    )


def _unseen(tx: Tx, conversation: Row[Any]) -> list[Row[Any]]:
    """The agent's messages after the visitor's last look or word that no mail has carried yet."""
    carried = (
        select(func.max(outbox.c.message_id))
        .join(messages, messages.c.id == outbox.c.message_id)
        .where(messages.c.conversation_id == conversation.id, messages.c.channel == "chat")
    )
    last_carried = tx.execute(carried).scalar() or 0
    since = max(conversation.customer_seen_at or 0, conversation.last_inbound_at or 0)
    return list(
        tx.execute(
            select(messages.c.id, messages.c.sent_at)
            .where(
                messages.c.conversation_id == conversation.id,
                messages.c.kind == "outbound",
                messages.c.channel == "chat",  # not what was forwarded to somebody else
                messages.c.id > last_carried,
                messages.c.sent_at >= since,
            )
            .order_by(messages.c.id)
        ).all()
    )

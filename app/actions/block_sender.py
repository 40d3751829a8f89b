"""Agents keep a sender away: the address or its whole domain; what it sends is spam from now on."""

from typing import Any

from sqlalchemy import Row, delete, select

from app.actions.conversation import lock_conversation
from app.actions.rows import add_row
from app.actions.set_status import mark_spam, reopen
from app.actions.sla import TAKE_BACK_MS
from app.db import Invalid, Tx
from app.models.agent import agents
from app.models.conversation import messages
from app.models.customer import customers
from app.models.organisation import inboxes
from app.models.work import blocked_senders
from app.security.audit import audit
from app.security.permissions import Actor
from channels.email.providers import SHARED_DOMAINS
from channels.identity import normalise


def block_sender(
    tx: Tx, actor: Actor, conversation_id: int, *, whole_domain: bool = False, ip: str = ""
) -> str:
    """Block who wrote last in a conversation, which becomes spam; returns what is blocked now.

    Raises Invalid(sender=...): "no_address", "shared_domain" where half the world has its address,
    "own_address" for our own people and mailboxes.
    """
    conversation = lock_conversation(tx, conversation_id, actor)
    address = _sender(tx, conversation)
    if not address:
        raise Invalid(sender="no_address")
    domain = address.rpartition("@")[2]
    if whole_domain and domain in SHARED_DOMAINS:
        raise Invalid(sender="shared_domain")
    pattern = f"@{domain}" if whole_domain else address
    if _is_own(tx, pattern):
        raise Invalid(sender="own_address")
    known = tx.execute(
        select(blocked_senders.c.id).where(blocked_senders.c.pattern == pattern)
    ).scalar()
    if known is None:
        row_id = add_row(
            tx, blocked_senders, pattern=pattern, created_by=actor.agent_id, created_at=tx.now
        )
        audit(tx, actor, "blocked_sender.created", f"blocked_sender {row_id}", ip)
    if not conversation.spam:
        mark_spam(tx, actor, conversation_id)
    return pattern


def unblock_sender(tx: Tx, actor: Actor, conversation_id: int, ip: str = "") -> None:
    """Take back what this agent has just blocked here, and open the conversation again."""
    conversation = lock_conversation(tx, conversation_id, actor)
    address = _sender(tx, conversation) or ""
    mine = select(blocked_senders.c.id).where(
        blocked_senders.c.pattern.in_([address, f"@{address.rpartition('@')[2]}"]),
        blocked_senders.c.created_by == actor.agent_id,
        blocked_senders.c.created_at > tx.now - TAKE_BACK_MS,
    )
    for row_id in list(tx.execute(mine).scalars()):
        tx.execute(delete(blocked_senders).where(blocked_senders.c.id == row_id))
        audit(tx, actor, "blocked_sender.removed", f"blocked_sender {row_id}", ip)
    reopen(tx, actor, conversation_id)


def _sender(tx: Tx, conversation: Row[Any]) -> str | None:
    """Who wrote last from outside, or else the customer's address."""
    last = tx.execute(
        select(messages.c.details)
        .where(messages.c.conversation_id == conversation.id, messages.c.kind == "inbound")
        .order_by(messages.c.seq.desc())
        .limit(1)
    ).scalar()
    email = tx.execute(
        select(customers.c.email).where(customers.c.id == conversation.customer_id)
    ).scalar_one()
    return normalise("email", (last or {}).get("from") or email)


def _is_own(tx: Tx, pattern: str) -> bool:
    """Whether it would keep out an agent of ours or one of our own mailboxes."""
    own = tx.execute(select(agents.c.email).union_all(select(inboxes.c.address))).scalars()
    return any(each and (each.lower() == pattern or each.lower().endswith(pattern)) for each in own)

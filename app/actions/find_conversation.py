"""Which conversation a message from outside belongs to, and what an agent should know about that.

A signed token is proof. Message-IDs and the subject's number can be forged: they count only when
the sender already takes part (CVE-2026-47123, CVE-2026-53591 in other products). Who names a
conversation without taking part in it gets one of their own, and the agent is told.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, func, or_, select

from app.db import Tx
from app.models.conversation import conversations, messages, participants
from channels.values import Inbound

REOPEN_DAYS = 30  # where the inbox does not say otherwise
DAY_MS = 24 * 60 * 60 * 1000
MERGES = 20  # how far a mail is led on; merging makes no circles, but a restored backup might

_CONVERSATION = (
    select(conversations).where(conversations.c.id == bindparam("row_id")).with_for_update()
)


@dataclass(frozen=True, slots=True)
class Found:
    """Where a message goes: `conversation` is None for a new one.

    `stranger_to`: the conversation that the mail named though its sender takes no part in it;
    `continues`: the one it would have gone to, had that not been closed for long.
    """

    conversation: Row[Any] | None = None
    stranger_to: int | None = None
    continues: int | None = None


def find_conversation(
    tx: Tx, inbox: Row[Any], inbound: Inbound, customer_id: int, *, blocked: bool = False
) -> Found:
    """The conversation a mail belongs to. A blocked sender never gets into one that is at work."""
    conversation_id, proven = _named(tx, inbox, inbound)
    if conversation_id is None:
        return Found()
    conversation = lead_on(tx, conversation_id)
    if conversation is None or conversation.brand_id != inbox.brand_id:
        return Found()
    if not proven and not _takes_part(tx, conversation_id, conversation, inbound, customer_id):
        return Found(stranger_to=conversation.id)
    if blocked and not conversation.spam:
        return Found()
    if not inbound.automatic and _is_long_closed(tx, inbox, conversation):
        return Found(continues=conversation.id)
    return Found(conversation)


def lead_on(tx: Tx, conversation_id: int) -> Row[Any] | None:
    """The conversation under lock, or the one it was merged into; None where there is none."""
    for _ in range(MERGES):
        row = tx.execute(_CONVERSATION, {"row_id": conversation_id}).first()
        if row is None or row.merged_into_id is None:
            return row
        conversation_id = row.merged_into_id
    return None


def _named(tx: Tx, inbox: Row[Any], inbound: Inbound) -> tuple[int | None, bool]:
    """The conversation a mail names, the surest way first, and whether it proves to belong there.

    A token of another brand is as good as none: each brand has a conversation of its own.
    """
    hints = inbound.thread
    if hints.token is not None and _is_of_brand(tx, hints.token, inbox.brand_id):
        return _where_it_went(tx, hints.token, inbound), True
    if hints.references:
        found: int | None = tx.execute(
            select(messages.c.conversation_id)
            .join(conversations, conversations.c.id == messages.c.conversation_id)
            .where(
                messages.c.email_id.in_(hints.references),
                conversations.c.brand_id == inbox.brand_id,
            )
            .order_by(messages.c.id.desc())
            .limit(1)
        ).scalar()
        if found is not None:
            return found, False
    number = hints.subject_number
    if number is not None and _is_of_brand(tx, number, inbox.brand_id):
        return number, False
    return None, False


def _where_it_went(tx: Tx, token: int, inbound: Inbound) -> int:
    """The token's conversation, or where our message that is answered was moved since. That message
    carries the token in its own Message-ID, which nobody can guess."""
    mark = f"<c{token}."
    newest = [each for each in reversed(inbound.thread.references) if each.startswith(mark)]
    if not newest:
        return token
    rows = tx.execute(
        select(messages.c.email_id, messages.c.conversation_id).where(
            messages.c.email_id.in_(newest), messages.c.kind == "outbound"
        )
    )
    now_in = {row.email_id: row.conversation_id for row in rows}
    return next((now_in[each] for each in newest if each in now_in), token)


def _is_of_brand(tx: Tx, conversation_id: int, brand_id: int) -> bool:
    found = select(conversations.c.id).where(
        conversations.c.id == conversation_id, conversations.c.brand_id == brand_id
    )
    return tx.execute(found).first() is not None


def _takes_part(
    tx: Tx, named_id: int, conversation: Row[Any], inbound: Inbound, customer_id: int
) -> bool:
    """Whether the sender is the customer or a further person of it, or of what was merged into it,
    or has written there before."""
    emails = [identity.value for identity in inbound.identities if identity.kind == "email"]
    ids = {named_id, conversation.id}
    return bool(
        tx.execute(
            select(func.count())
            .select_from(conversations)
            .outerjoin(participants, participants.c.conversation_id == conversations.c.id)
            .outerjoin(
                messages,
                (messages.c.conversation_id == conversations.c.id)
                & (messages.c.kind == "inbound")
                & (messages.c.customer_id == customer_id),
            )
            .where(
                conversations.c.id.in_(ids),
                or_(
                    conversations.c.customer_id == customer_id,
                    participants.c.email.in_(emails),
                    messages.c.id.is_not(None),
                ),
            )
        ).scalar()
    )


def _is_long_closed(tx: Tx, inbox: Row[Any], conversation: Row[Any]) -> bool:
    days = inbox.settings.get("reopen_days")
    days = days if isinstance(days, int) and days >= 0 else REOPEN_DAYS
    closed = conversation.status == "done" and not conversation.spam
    return closed and conversation.last_message_at < tx.now - days * DAY_MS

"""What is known of an address as one to write to: it bounced, or its owner called us spam.

Nothing that writes by itself writes there; an agent is warned and may.
"""

from sqlalchemy import bindparam, delete, select, update

from app.actions.rows import add_row
from app.db import Tx
from app.models.conversation import conversations, messages, recipients
from app.models.customer import identities
from app.models.work import mail_addresses, outbox
from channels.identity import normalise

_WORKS = delete(mail_addresses).where(
    mail_addresses.c.email == bindparam("address"), mail_addresses.c.state == "bounced"
)


def mark_address(tx: Tx, email: str, state: str, reason: str, message_id: int | None) -> None:
    """Note that an address "bounced" for good or "complained"; a complaint is never forgotten."""
    address = normalise("email", email)
    if not address:
        return
    known = tx.execute(
        select(mail_addresses).where(mail_addresses.c.email == address).with_for_update()
    ).first()
    values = {
        "state": state,
        "reason": reason[:2000],
        "message_id": message_id,
        "since_at": tx.now,
    }
    if known is None:
        add_row(tx, mail_addresses, email=address, **values)
    elif known.state != "complained":
        tx.execute(update(mail_addresses).where(mail_addresses.c.id == known.id).values(**values))


def address_works(tx: Tx, email: str) -> None:
    """Mail arrived there, or came from there: it does not bounce any more."""
    address = normalise("email", email)
    if address:
        tx.execute(_WORKS, {"address": address})


def was_sent_to(tx: Tx, message_id: int, email: str) -> bool:
    """Whether a message of ours went to that address; what a report says of others is not heard:
    anybody who got one mail could otherwise cut off every other address."""
    address = normalise("email", email)
    if not address:
        return False
    message = tx.execute(
        select(messages.c.details, messages.c.conversation_id).where(messages.c.id == message_id)
    ).one()
    known = list(
        tx.execute(
            select(recipients.c.email)
            .where(recipients.c.message_id == message_id)
            .union_all(
                select(identities.c.value)
                .join(conversations, conversations.c.customer_id == identities.c.customer_id)
                .where(conversations.c.id == message.conversation_id, identities.c.kind == "email"),
            )
        ).scalars()
    )
    mails = tx.execute(select(outbox.c.payload).where(outbox.c.message_id == message_id)).scalars()
    for part in (message.details, *mails):
        for name in ("to", "cc", "bcc"):
            named = part.get(name) or ()
            known += [named] if isinstance(named, str) else named
    known += tx.execute(
        select(messages.c.details["reply_to"].as_string()).where(
            messages.c.conversation_id == message.conversation_id, messages.c.kind == "inbound"
        )
    ).scalars()
    return address in {normalise("email", each) for each in known if each}

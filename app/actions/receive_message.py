"""A message comes in through any door: who wrote, which conversation, is it work for somebody?

Idempotent by (inbox, external id): what came once is answered with what it became then.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Row, bindparam, insert, select, update

from app import clock
from app.actions.attach import attach_files
from app.actions.conversation import add_system_line
from app.actions.customer import find_or_create_customer
from app.actions.enqueue import enqueue, live_contact
from app.actions.find_conversation import Found, find_conversation, lead_on
from app.actions.rows import add_row
from app.actions.schedule import ask_about_planned
from app.actions.sender_warnings import sender_warnings
from app.actions.sla import customer_wrote
from app.actions.write_to_agent import tell_owner
from app.db import NotFound, Tx
from app.events import MessageAdded
from app.files import StoredFile
from app.models.conversation import (
    conversations,
    inbound_keys,
    messages,
    participants,
)
from app.models.customer import customers, identities
from app.models.organisation import inboxes
from app.models.work import blocked_senders
from app.queries.blocked_senders import patterns_of
from app.queries.mail_inboxes import plain_address
from channels.values import Inbound
from knowledge.sensitive import mask_numbers
from knowledge.text import searchable

_TAG = re.compile(r"\[#\d+\]")
_ANSWER = re.compile(
    r"^\s*(?:re|aw|wg|fwd?|tr|sv|vs|vl|antw|odp|r|rv|res|enc|ynt|回复|回覆|答复|答覆|转发|轉寄|轉發|返信|転送)"
    r"\s*(?:\[\d+\])?\s*[:：]",
    re.IGNORECASE,
)
SOURCES = defaultdict(lambda: "api", email="mail", chat="widget", form="form")
SEARCHED = 20_000  # characters of a message that search looks at


# The inbox, and what became of this message if it came before.
_INBOX = (
    select(
        inboxes,
        inbound_keys.c.conversation_id.label("earlier_conversation_id"),
        inbound_keys.c.message_id.label("earlier_message_id"),
        messages.c.customer_id.label("earlier_customer_id"),
        messages.c.seq.label("earlier_seq"),
    )
    .outerjoin(
        inbound_keys.join(messages, messages.c.id == inbound_keys.c.message_id),
        (inbound_keys.c.inbox_id == inboxes.c.id)
        & (inbound_keys.c.external_id == bindparam("external_id")),
    )
    .where(inboxes.c.id == bindparam("inbox_id"))
)
_SENDER = select(
    customers.c.language,
    customers.c.blocked,
    select(blocked_senders.c.id)
    .where(blocked_senders.c.pattern.in_(bindparam("patterns", expanding=True)))
    .exists()
    .label("blocked_by_address"),
).where(customers.c.id == bindparam("customer_id"))
_START = insert(conversations).returning(conversations)
_NEXT_SEQ = conversations.c.last_seq + 1
_NEW_MESSAGE = (
    update(conversations)
    .where(conversations.c.id == bindparam("row_id"))
    .values(last_seq=_NEXT_SEQ, last_inbound_seq=_NEXT_SEQ)
    .returning(conversations)
)


@dataclass(frozen=True, slots=True)
class Received:
    """What a message from outside became."""

    conversation_id: int
    message_id: int
    customer_id: int
    duplicate: bool = False
    seq: int = 0


def receive_message(
    tx: Tx,
    inbox_id: int,
    inbound: Inbound,
    stored: Sequence[StoredFile] = (),
    *,
    conversation_id: int | None = None,
    key: str = "",
    new_conversation: bool = False,
    in_line: bool = True,
) -> Received:
    """Store a message from outside and put it into line, unless `in_line` says otherwise.

    `conversation_id` is given by doors that know it (a chat's own session); others are threaded by
    `inbound.thread`. `key` is the sender's own id of the message, if it made one.
    """
    asked = {"inbox_id": inbox_id, "external_id": inbound.external_id}
    inbox = tx.execute(_INBOX, asked).first()
    if inbox is None:
        raise NotFound
    if inbox.earlier_message_id is not None:
        return _earlier(inbox)
    customer_id = find_or_create_customer(
        tx, inbound.identities, inbound.name, inbound.language or "", SOURCES[inbound.channel]
    )
    sender = _sender(tx, inbound, customer_id)
    blocked = sender.blocked_by_address
    if new_conversation:
        found = Found()
    elif conversation_id is not None:
        found = Found(lead_on(tx, conversation_id))
    else:
        found = find_conversation(tx, inbox, inbound, customer_id, blocked=blocked)
    if found.conversation is not None:
        conversation = _go_on(tx, found.conversation, inbound)
    else:
        conversation = _start(tx, inbox, inbound, customer_id, sender, found)
    details = _details(tx, conversation, inbound, found)
    message_id = _add(tx, conversation, inbound, customer_id, key, details)
    attach_files(tx, stored, message_id=message_id)
    _keep_participants(tx, conversation.id, inbound, inbox.address)
    add_row(
        tx,
        inbound_keys,
        inbox_id=inbox_id,
        external_id=inbound.external_id,
        message_id=message_id,
        conversation_id=conversation.id,
        created_at=tx.now,
    )
    if in_line:
        _put_into_line(tx, conversation, inbound, message_id, is_new=found.conversation is None)
    return Received(conversation.id, message_id, customer_id, seq=conversation.last_seq)


def _earlier(row: Row[Any]) -> Received:
    return Received(
        row.earlier_conversation_id,
        row.earlier_message_id,
        row.earlier_customer_id,
        duplicate=True,
        seq=row.earlier_seq,
    )


def _sender(tx: Tx, inbound: Inbound, customer_id: int) -> Row[Any]:
    """What is known of the sender, and whether an address of theirs is blocked."""
    patterns = {pattern for email in _emails(inbound) for pattern in patterns_of(email)}
    asked = {"customer_id": customer_id, "patterns": sorted(patterns)}
    return tx.execute(_SENDER, asked).one()


def _start(
    tx: Tx, inbox: Row[Any], inbound: Inbound, customer_id: int, sender: Row[Any], found: Found
) -> Row[Any]:
    """A new conversation with its first message counted; what it continues is said before that."""
    spam = sender.blocked or sender.blocked_by_address or _is_spam(inbox, inbound)
    values = {
        "brand_id": inbox.brand_id,
        "inbox_id": inbox.id,
        "customer_id": customer_id,
        "queue_id": inbox.queue_id,
        "channel": inbound.channel,
        "subject": inbound.subject[:500],
        "spam": spam,
        "language": inbound.language or sender.language,
        "created_at": tx.now,
        "last_message_at": tx.now,
    }
    if found.continues is None:
        values |= _changes(tx, inbound, spam=spam) | {"last_seq": 1, "last_inbound_seq": 1}
        return tx.execute(_START, values).one()
    conversation = tx.execute(_START, values).one()
    add_system_line(tx, conversation.id, "continues", conversation=found.continues)
    return _go_on(tx, conversation, inbound)


def _go_on(tx: Tx, conversation: Row[Any], inbound: Inbound) -> Row[Any]:
    """The conversation with one more message counted; its row is locked until the commit."""
    since = conversation.waiting_since
    changes = _changes(tx, inbound, spam=conversation.spam, waiting_since=since)
    return tx.execute(_NEW_MESSAGE, {"row_id": conversation.id, **changes}).one()


def _changes(
    tx: Tx, inbound: Inbound, *, spam: bool, waiting_since: int | None = None
) -> dict[str, Any]:
    """What a message from outside changes of its conversation."""
    changes: dict[str, Any] = {
        "preview": preview_of(inbound.text or inbound.subject),
        "preview_kind": "inbound",
        "last_message_at": tx.now,
    }
    if not inbound.automatic and not inbound.reports:
        changes["last_inbound_at"] = tx.now
        changes["status"] = "open"
        changes["snoozed_until"] = None
        changes["self_served"] = False
        if waiting_since is None and not spam:
            changes["waiting_since"] = tx.now
    return changes


def _add(
    tx: Tx,
    conversation: Row[Any],
    inbound: Inbound,
    customer_id: int,
    key: str,
    details: dict[str, Any],
) -> int:
    """Store the message as the newest of its conversation; returns its id."""
    seq: int = conversation.last_seq
    has_more = inbound.full_text.strip() != inbound.text.strip()
    message_id = add_row(
        tx,
        messages,
        conversation_id=conversation.id,
        seq=seq,
        key=key or clock.new_id(),
        kind="inbound",
        channel=inbound.channel,
        customer_id=customer_id,
        text=inbound.text,
        full_text=inbound.full_text if has_more else None,
        html=inbound.html,
        subject=inbound.subject[:500],
        state="received",
        email_id=(inbound.thread.message_id or "")[:250] or None,
        details=details,
        searchable=searchable(f"{inbound.subject}\n{inbound.text}"[:SEARCHED]),
        sent_at=inbound.sent_at or tx.now,
        created_at=tx.now,
    )
    tx.emit(MessageAdded(conversation.id, seq, message_id, "inbound"))
    return message_id


def preview_of(text: str) -> str:
    """The line a list shows of a message; it is kept without the numbers that are hidden."""
    return " ".join(mask_numbers(text[:600]).split())[:200]


def _is_spam(inbox: Row[Any], inbound: Inbound) -> bool:
    """What our mail server says; the inbox's own threshold comes before the server's."""
    verdict = inbound.spam
    if verdict is None:
        return False
    threshold = inbox.settings.get("spam_threshold")
    if isinstance(threshold, int | float) and verdict.score is not None:
        return verdict.score >= threshold
    return verdict.is_spam


def _details(tx: Tx, conversation: Row[Any], inbound: Inbound, found: Found) -> dict[str, Any]:
    details: dict[str, Any] = {
        "name": inbound.name,
        "from": next(iter(_emails(inbound)), ""),
        "to": list(inbound.to),
        "cc": list(inbound.cc),
        "reply_to": inbound.reply_to,
        "trust": inbound.trust,
        "warnings": sender_warnings(tx, inbound),
        "spam": asdict(inbound.spam) if inbound.spam is not None else None,
        "automatic": inbound.automatic,
        "invites": [asdict(invite) for invite in inbound.invites],
        "fields": dict(inbound.fields),
        "defects": list(inbound.defects),
        "references": list(inbound.thread.references[-20:]),
    }
    if inbound.thread.agent is not None and not inbound.thread.agent.genuine:
        details["claims_agent"] = True
    if found.stranger_to is not None:
        details |= {"flag": "stranger", "flag_of": found.stranger_to}
    if inbound.channel == "email" and _is_new_subject(conversation.subject, inbound.subject):
        details["new_subject"] = inbound.subject[:500]
    return {name: value for name, value in details.items() if value}


def _emails(inbound: Inbound) -> list[str]:
    return [identity.value for identity in inbound.identities if identity.kind == "email"]


def _is_new_subject(known: str, subject: str) -> bool:
    """Whether the sender gave an old thread another subject, not just another "Re:"."""
    new, old = _bare(subject), _bare(known)
    return bool(new and old) and new != old


def _bare(subject: str) -> str:
    text = _TAG.sub(" ", subject[:500])
    while (shorter := _ANSWER.sub("", text, count=1)) != text:
        text = shorter
    return " ".join(text.split()).casefold()


def _keep_participants(tx: Tx, conversation_id: int, inbound: Inbound, own_address: str) -> None:
    """Further people on the mail belong to the conversation; our own addresses do not."""
    named = [*inbound.cc, *_other_recipients(inbound, own_address)]
    if inbound.channel != "email" or not named:
        return
    known = set(
        tx.execute(
            select(participants.c.email).where(participants.c.conversation_id == conversation_id)
        ).scalars()
    )
    known |= set(tx.execute(select(inboxes.c.address).where(inboxes.c.address != "")).scalars())
    for email in named[:50]:
        plain = plain_address(email)
        if "@" in plain and plain != own_address and plain not in known:
            if (lowered := email.lower()[:254]) in known:
                continue
            known.add(lowered)
            tx.execute(insert(participants).values(conversation_id=conversation_id, email=lowered))


def _other_recipients(inbound: Inbound, own_address: str) -> list[str]:
    """Who else stands in To. Not where the mail came by an address we do not know, nor at our own
    domain: these may be names of our own mailbox, and mail to them would come back to us."""
    if own_address not in {plain_address(each) for each in (*inbound.to, *inbound.cc)}:
        return []
    own_domain = own_address.rpartition("@")[2]
    return [each for each in inbound.to if plain_address(each).rpartition("@")[2] != own_domain]


def _put_into_line(
    tx: Tx, conversation: Row[Any], inbound: Inbound, message_id: int, *, is_new: bool
) -> None:
    """Make work of it, unless somebody is at it already, or no person is waiting for an answer."""
    if conversation.spam or inbound.automatic or inbound.reports:
        return
    contact = None
    if not is_new:
        ask_about_planned(tx, conversation.id)
        contact = live_contact(tx, conversation.id)
    if contact is None:
        enqueue(tx, conversation, text=inbound.text)
    else:
        customer_wrote(tx, contact)
        tell_owner(tx, conversation, contact, message_id)


def add_identity_email(tx: Tx, customer_id: int, email: str) -> None:
    """The visitor told us where to write to: an unverified address, nobody else's is taken over."""
    taken = tx.execute(
        select(identities.c.id).where(identities.c.kind == "email", identities.c.value == email)
    ).scalar()
    if taken is None:
        tx.execute(
            insert(identities).values(
                customer_id=customer_id,
                kind="email",
                value=email,
                verified=False,
                created_at=tx.now,
            )
        )
    tx.execute(
        update(customers)
        .where(customers.c.id == customer_id, customers.c.email == "")
        .values(email=email)
    )

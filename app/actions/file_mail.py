"""A mail that was read becomes a message, and tells of mails of ours that did not arrive.

Message, delivery state and "this mail is done" are one write: dying in between changes nothing.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Row, bindparam, select

from app.actions.answer_by_mail import answer_by_mail, answered_copy, tell_of_forgery
from app.actions.conversation import add_system_line, lock_conversation
from app.actions.customer_mail import Acknowledgement, MailedAnswer, queue_customer_mail
from app.actions.deflect import Given, note_answer
from app.actions.delivery import set_delivery
from app.actions.delivery_attempt import mails_arrived
from app.actions.forget_mail import forget_mail, is_of_erased
from app.actions.keep_mail import mail_read
from app.actions.mail_address import address_works, mark_address, was_sent_to
from app.actions.receive_message import Received, receive_message
from app.actions.recipients import told_of
from app.actions.rows import add_row
from app.actions.surface_failure import surface_failure
from app.db import Tx
from app.files import StoredFile
from app.models.conversation import conversations, inbound_keys, messages
from app.models.organisation import inboxes
from channels.values import DeliveryReport, Inbound

SAME_ID = "Another mail with the same Message-ID and other content came before."
NOTICE = "A receipt or a complaint about a mail of ours; it is noted there."
TWIN = "The same mail came to another inbox of the brand; it is one message."
OWN_MAIL = "Our own mail came back to the mailbox that sent it."


_SAME_ID = (
    select(
        messages.c.id,
        messages.c.kind,
        messages.c.conversation_id,
        messages.c.details,
        messages.c.text,
        conversations.c.inbox_id,
    )
    .join(conversations, conversations.c.id == messages.c.conversation_id)
    .join(inboxes, inboxes.c.brand_id == conversations.c.brand_id)
    .where(messages.c.email_id == bindparam("email_id"), inboxes.c.id == bindparam("inbox_id"))
    .order_by(messages.c.id)
    .limit(20)
)


def file_mail(
    tx: Tx,
    raw_id: int,
    inbox_id: int,
    inbound: Inbound,
    stored: Sequence[StoredFile],
    *,
    marked_own: bool = False,
    acknowledgement: Acknowledgement | None = None,
) -> Received | None:
    """Make a message of a customer's mail. None when it is no customer's: our own that came back,
    a receipt, an agent's answer (which is sent on).

    `marked_own`: it carries our mark and the inbox's address as its sender; some mail servers give
    mails another Message-ID. `acknowledgement` answers the first mail of a conversation.
    """
    if is_of_erased(tx, inbound):
        forget_mail(tx, raw_id, stored)
        return None
    namesakes = _with_message_id(tx, inbox_id, inbound.thread.message_id)
    same = next((each for each in namesakes if each.inbox_id == inbox_id), None)
    twin = _twin(namesakes, inbound)
    settled = _settled(tx, inbox_id, inbound, same, twin, marked_own=marked_own)
    settled = settled or answer_by_mail(tx, inbox_id, inbound, stored)
    if settled is not None:
        mail_read(tx, raw_id, *settled)
        return None
    if same is not None:
        inbound = replace(inbound, defects=(*inbound.defects, SAME_ID))
    about = [(report, _ours(tx, report.message_id)) for report in inbound.reports]
    conversation_id = next((found.conversation_id for _, found in about if found), None)
    conversation_id = conversation_id or answered_copy(tx, inbound)
    received = receive_message(tx, inbox_id, inbound, stored, conversation_id=conversation_id)
    if not received.duplicate:
        tell_of_forgery(tx, inbound, received.conversation_id)
        for report, message in about:
            if message is not None:
                take_report(tx, message, report)
    if not inbound.reports:
        mails_arrived(tx, inbound.thread.references)
        for identity in () if inbound.automatic else inbound.identities:
            address_works(tx, identity.value)
    if acknowledgement is not None and not received.duplicate:
        _acknowledge(tx, inbox_id, inbound, received, acknowledgement)
    mail_read(tx, raw_id, received.message_id)
    return received


def _settled(
    tx: Tx,
    inbox_id: int,
    inbound: Inbound,
    same: Row[Any] | None,
    twin: Row[Any] | None,
    *,
    marked_own: bool,
) -> tuple[int | None, str] | None:
    """For a mail that makes no message of its own: the message it is about, and why."""
    if marked_own or (same is not None and same.kind == "outbound"):
        return (same.id if same is not None else None), OWN_MAIL
    told = _take_notice(tx, inbound)
    if told is not None:
        return told, NOTICE
    if twin is not None and not _came_here(tx, twin, inbox_id):
        _note_twin(tx, twin, inbox_id, inbound)
        return twin.id, TWIN
    return None


def _acknowledge(
    tx: Tx, inbox_id: int, inbound: Inbound, received: Received, mail: Acknowledgement
) -> None:
    """Say that it has come: to a person, once a conversation, and never to spam."""
    conversation = lock_conversation(tx, received.conversation_id)
    earlier = select(messages.c.id).where(
        messages.c.conversation_id == conversation.id,
        messages.c.kind != "system",
        messages.c.id != received.message_id,
    )
    if inbound.automatic or conversation.spam or tx.execute(earlier.limit(1)).first() is not None:
        return
    queued = queue_customer_mail(
        tx,
        conversation.brand_id,
        mail.to,
        mail.subject,
        mail.text % {"number": conversation.id},
        mail.locale,
        about=conversation.id,
        inbox_id=inbox_id,
        references=(inbound.thread.message_id,) if inbound.thread.message_id else (),
    )
    if queued is not None and mail.answer is not None:
        _note_answer(tx, inbox_id, conversation.id, mail.answer)


def _note_answer(tx: Tx, inbox_id: int, conversation_id: int, answer: MailedAnswer) -> None:
    """The agent reads what the customer was sent; it is counted as an answer that was given."""
    given = Given(conversation_id, [answer.article_id], answer.confidence, answer.article_id)
    note_answer(tx, inbox_id, answer.key, answer.question, given, visitor="")
    add_system_line(tx, conversation_id, "answer_mailed", title=answer.title)


def take_report(tx: Tx, message: Row[Any], report: DeliveryReport) -> None:
    """Write down at the message what a mail server says has become of it."""
    words = f"{report.recipient}: {report.status} {report.reason}".strip()
    if report.status.startswith("2"):
        address_works(tx, report.recipient)
        by_all = told_of(tx, message.id, report.recipient, "delivered")
        if message.state == "sent":
            set_delivery(tx, message.id, "delivered" if by_all else "sent")
        return
    if report.delayed:
        told_of(tx, message.id, report.recipient, "delayed", words)
        if message.state in ("sent", "delivered"):
            set_delivery(tx, message.id, message.state, words)
        return
    if report.hard and was_sent_to(tx, message.id, report.recipient):
        mark_address(tx, report.recipient, "bounced", words, message.id)
    told_of(tx, message.id, report.recipient, "failed", words)
    if message.state not in ("failed", "discarded"):
        set_delivery(tx, message.id, "failed", words)
        surface_failure(tx, message.conversation_id, message.id, "delivery_failed")


def _take_notice(tx: Tx, inbound: Inbound) -> int | None:
    """A receipt or a complaint about a mail of ours; returns its message, None if it is not ours.

    Nobody has to read either: the receipt shows at the message, the complaint in its conversation.
    """
    notice = inbound.receipt or inbound.complaint
    message = _ours(tx, notice.message_id) if notice is not None else None
    if message is None:
        return None
    if inbound.receipt is not None:
        if inbound.receipt.disposition == "displayed" and message.state in ("sent", "delivered"):
            by_all = told_of(tx, message.id, inbound.receipt.recipient, "read")
            set_delivery(tx, message.id, "read" if by_all else message.state)
    elif inbound.complaint is not None:
        recipient = inbound.complaint.recipient
        if was_sent_to(tx, message.id, recipient):
            mark_address(tx, recipient, "complained", inbound.complaint.kind, message.id)
        lock_conversation(tx, message.conversation_id)
        add_system_line(tx, message.conversation_id, "complaint", message_id=message.id)
    return int(message.id)


def _twin(namesakes: Sequence[Row[Any]], inbound: Inbound) -> Row[Any] | None:
    """The message that the same mail may have become when it came to another inbox of the brand.

    A Message-ID can be copied, so sender and words must be the same as well.
    """
    if inbound.reports:
        return None
    sender = next((i.value for i in inbound.identities if i.kind == "email"), "")
    first = next((each for each in namesakes if each.kind == "inbound"), None)
    if first is None or first.details.get("from") != sender or first.text != inbound.text:
        return None
    return first


def _came_here(tx: Tx, message: Row[Any], inbox_id: int) -> bool:
    """Whether the message, or a copy of it, came to this inbox."""
    known = select(inbound_keys.c.id).where(
        inbound_keys.c.message_id == message.id, inbound_keys.c.inbox_id == inbox_id
    )
    return tx.execute(known).first() is not None


def _note_twin(tx: Tx, twin: Row[Any], inbox_id: int, inbound: Inbound) -> None:
    """Say at the message that it came to this inbox as well; it makes no second work."""
    name = tx.execute(select(inboxes.c.name).where(inboxes.c.id == inbox_id)).scalar_one()
    add_row(
        tx,
        inbound_keys,
        inbox_id=inbox_id,
        external_id=inbound.external_id,
        message_id=twin.id,
        conversation_id=twin.conversation_id,
        created_at=tx.now,
    )
    lock_conversation(tx, twin.conversation_id)
    add_system_line(tx, twin.conversation_id, "also_to", inbox=name)


def _with_message_id(tx: Tx, inbox_id: int, message_id: str | None) -> Sequence[Row[Any]]:
    """The messages of the inbox's brand that came or went under this Message-ID."""
    if not message_id:
        return ()
    return tx.execute(_SAME_ID, {"email_id": message_id[:250], "inbox_id": inbox_id}).all()


def _ours(tx: Tx, message_id: str | None) -> Row[Any] | None:
    """The message of ours that went out under this Message-ID."""
    if not message_id:
        return None
    return tx.execute(
        select(messages.c.id, messages.c.conversation_id, messages.c.state).where(
            messages.c.email_id == message_id, messages.c.kind == "outbound"
        )
    ).first()

"""Mails that the product itself writes to a customer: acknowledgement and transcript."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import insert

from app.actions.loop_guard import may_write_by_itself
from app.db import Tx
from app.events import OutboxAdded
from app.models.work import outbox
from app.queries.mail_inboxes import brand_mailbox
from channels.email.threading import subject_tag


@dataclass(frozen=True, slots=True)
class MailedAnswer:
    """What the help pages had to say, and the key of the link by which it is confirmed."""

    key: str
    question: str
    article_id: int
    title: str
    url: str
    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The mail that says that a message has come in; `%(number)s` in its text is the conversation's
    number."""

    to: str
    subject: str
    text: str
    locale: str
    answer: MailedAnswer | None = None


def queue_customer_mail(
    tx: Tx,
    brand_id: int,
    to: str,
    subject: str,
    text: str,
    locale: str,
    *,
    about: int,
    inbox_id: int | None = None,
    references: Sequence[str] = (),
) -> int | None:
    """Put a mail into the outbox that is marked as automatic; it leaves from the brand's mailbox,
    or from MAIL_FROM where the brand has none. The subject carries the number of the conversation
    it is `about`, so that an answer to it finds its way back. None, and no mail, where the loop
    guard says no."""
    if not may_write_by_itself(tx, to):
        return None
    if inbox_id is None:
        mailbox = brand_mailbox(tx.conn, brand_id)
        inbox_id = mailbox.id if mailbox else None
    outbox_id: int = tx.execute(
        insert(outbox)
        .values(
            kind="system_email",
            inbox_id=inbox_id,
            payload={
                "to": to,
                "subject": f"{subject} {subject_tag(about)}",
                "text": text,
                "locale": locale,
                "automatic": True,
                "references": list(references),
            },
            state="queued",
            next_at=tx.now,
            created_at=tx.now,
        )
        .returning(outbox.c.id)
    ).scalar_one()
    tx.emit(OutboxAdded(outbox_id))
    return outbox_id

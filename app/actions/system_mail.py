"""Mails of the installation itself: invitations, password resets. They leave by the outbox."""

from dataclasses import asdict, dataclass

from sqlalchemy import insert

from app.db import Tx
from app.events import OutboxAdded
from app.models.work import outbox


@dataclass(frozen=True, slots=True)
class SystemMail:
    """A plain mail to one address."""

    to: str
    subject: str
    text: str


def queue_system_mail(tx: Tx, mail: SystemMail) -> None:
    """Put it into the outbox; the delivery worker sends it from MAIL_FROM."""
    outbox_id: int = tx.execute(
        insert(outbox)
        .values(
            kind="system_email",
            payload=asdict(mail),
            state="queued",
            next_at=tx.now,
            created_at=tx.now,
        )
        .returning(outbox.c.id)
    ).scalar_one()
    tx.emit(OutboxAdded(outbox_id))

"""Old mail of somebody who was erased since it was sent: it makes nothing, and its bytes go."""

from collections.abc import Sequence

from sqlalchemy import insert, select, update

from app.actions.suppression import was_erased_since
from app.db import Tx
from app.files import StoredFile
from app.models.consent import rights_requests
from app.models.work import raw_mails
from channels.values import Inbound

OLD_MS = 600_000  # what was sent a moment ago cannot have been erased since


def is_of_erased(tx: Tx, inbound: Inbound) -> bool:
    """Whether its sender was erased after it was sent."""
    at = inbound.sent_at
    if at is None or at > tx.now - OLD_MS:
        return False
    return was_erased_since(tx, inbound.identities, at)


def forget_mail(tx: Tx, raw_id: int, stored: Sequence[StoredFile]) -> None:
    """Keep that it came, and nothing of it; a worker removes the bytes."""
    digest = tx.execute(
        update(raw_mails)
        .where(raw_mails.c.id == raw_id)
        .values(mail_from="", rcpt_to=[], error="", state="erased")
        .returning(raw_mails.c.hash)
    ).scalar_one()
    waiting = select(rights_requests.c.id).where(
        rights_requests.c.details["mail"].as_integer() == raw_id
    )
    if tx.execute(waiting).first() is None:
        tx.execute(
            insert(rights_requests).values(
                kind="erase", state="open", asked_by="system", asked_at=tx.now, due_at=tx.now,
                details={"files": [digest, *(file.hash for file in stored)], "mail": raw_id},
            )
        )  # fmt: skip

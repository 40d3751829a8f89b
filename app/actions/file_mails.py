"""Several mails that were read become messages in one write: all of them, or none.

A commit, a journal entry and what is looked up of the set-up cost the same for one as for ten.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from app.actions.customer_mail import Acknowledgement
from app.actions.file_mail import file_mail
from app.db import Tx
from app.files import StoredFile
from channels.values import Inbound


@dataclass(frozen=True, slots=True)
class MailToFile:
    """A kept mail as it was read; what the fields mean stands at `file_mail`."""

    raw_id: int
    inbox_id: int
    inbound: Inbound
    stored: Sequence[StoredFile]
    marked_own: bool = False
    acknowledgement: Acknowledgement | None = None


def file_mails(tx: Tx, mails: Sequence[MailToFile]) -> None:
    """File them in their order."""
    for mail in mails:
        file_mail(
            tx,
            mail.raw_id,
            mail.inbox_id,
            mail.inbound,
            mail.stored,
            marked_own=mail.marked_own,
            acknowledgement=mail.acknowledgement,
        )

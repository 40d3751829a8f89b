"""A web form comes in: message, acknowledgement and what the suggestions led to, in one write."""

from collections.abc import Sequence

from app.actions.customer_mail import Acknowledgement, queue_customer_mail
from app.actions.deflect import note_outcome
from app.actions.receive_message import Received, receive_message
from app.db import Tx
from app.files import StoredFile
from channels.values import Inbound


def submit_form(
    tx: Tx,
    inbox_id: int,
    brand_id: int,
    inbound: Inbound,
    stored: Sequence[StoredFile],
    mail: Acknowledgement | None,
    deflection: str = "",
) -> Received:
    """Store what a form sent; the same submission again changes nothing and mails nothing."""
    received = receive_message(tx, inbox_id, inbound, stored)
    if received.duplicate:
        return received
    if mail is not None:
        number = {"number": received.conversation_id}
        queue_customer_mail(
            tx,
            brand_id,
            mail.to,
            mail.subject,
            mail.text % number,
            mail.locale,
            about=received.conversation_id,
        )
    if deflection:
        note_outcome(tx, inbox_id, deflection, "sent")
    return received

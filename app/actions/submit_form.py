"""A web form comes in: message, acknowledgement and what the suggestions led to, in one write."""

from collections.abc import Sequence
from typing import Any

from app.actions.conversation import add_system_line
from app.actions.customer_mail import Acknowledgement, queue_customer_mail
from app.actions.deflect import note_outcome, note_visitor_came_back
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
    declined: Sequence[dict[str, Any]] = (),
    visitor: str = "",
) -> Received:
    """Store what a form sent; the same submission again changes nothing and mails nothing.

    `declined` is what the help pages had shown before: the agent reads it. `visitor` is the hash
    of the browser's own id, if it has one.
    """
    received = receive_message(tx, inbox_id, inbound, stored)
    if received.duplicate:
        return received
    if mail is not None:
        number_in = {"number": received.conversation_id}
        queue_customer_mail(
            tx,
            brand_id,
            mail.to,
            mail.subject,
            mail.text % number_in,
            mail.locale,
            about=received.conversation_id,
        )
    if declined:
        why = "declined" if any(one["said"] == "declined" for one in declined) else "unsure"
        add_system_line(
            tx, received.conversation_id, "machine_gave_up", why=why, tried=list(declined)
        )
    if deflection:
        number = received.conversation_id
        note_outcome(tx, inbox_id, deflection, "sent", conversation_id=number)
    if visitor:
        note_visitor_came_back(tx, visitor, received.conversation_id)
    return received

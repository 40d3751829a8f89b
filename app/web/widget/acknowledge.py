"""The mail that says that a message left in the chat has come in and is answered by mail."""

from app.actions.customer_mail import queue_customer_mail
from app.actions.visitor import answer_by_mail
from app.db import Tx
from app.pages import N_
from app.runtime import Runtime
from app.web.widget.door import Guest


def acknowledge(tx: Tx, runtime: Runtime, guest: Guest, email: str, conversation_id: int) -> None:
    """Queue it."""
    translate = runtime.pages.translate
    subject = translate(guest.locale, N_("We have your message"))
    text = runtime.pages.render(
        "widget/acknowledgement.txt",
        guest.locale,
        brand=guest.door.brand_name,
        number=conversation_id,
    )
    queue_customer_mail(
        tx, guest.door.brand_id, email, subject, text, guest.locale, about=conversation_id
    )


def on_by_mail(
    tx: Tx, runtime: Runtime, guest: Guest, email: str, conversation_id: int, *, told: bool
) -> None:
    """Nobody is there to chat: what was asked goes on as a message, to an address that we know."""
    if answer_by_mail(tx, guest.visitor.id, email) and told:
        acknowledge(tx, runtime, guest, email, conversation_id)

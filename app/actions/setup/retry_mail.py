"""Trying a mail again that needed a person: reading one that came, sending one of our own."""

from sqlalchemy import update

from app.db import NotFound, Tx
from app.events import OutboxAdded, SetupChanged
from app.models.work import outbox, raw_mails
from app.security.audit import audit
from app.security.permissions import Actor


def read_again(tx: Tx, actor: Actor, raw_id: int, ip: str = "") -> None:
    """Let the worker read a kept mail once more; nothing of it was lost."""
    actor.require("administer")
    done = tx.execute(
        update(raw_mails)
        .where(raw_mails.c.id == raw_id, raw_mails.c.state == "failed")
        .values(state="stored", attempts=0, next_at=tx.now)
    )
    if done.rowcount == 0:
        raise NotFound
    tx.emit(SetupChanged("raw_mail", raw_id))
    audit(tx, actor, "mail.read_again", f"mail {raw_id}", ip)


def send_again(tx: Tx, actor: Actor, outbox_id: int, ip: str = "") -> None:
    """Send a mail to an agent, an invitation or a reset again that could not be sent."""
    actor.require("administer")
    done = tx.execute(
        update(outbox)
        .where(
            outbox.c.id == outbox_id,
            outbox.c.kind != "email",
            outbox.c.state.in_(("failed", "uncertain")),
        )
        .values(state="queued", attempts=0, error="", next_at=tx.now)
    )
    if done.rowcount == 0:
        raise NotFound
    tx.emit(OutboxAdded(outbox_id))
    audit(tx, actor, "mail.sent_again", f"outbox {outbox_id}", ip)

"""Signing in to a mailbox with OAuth: asked for, agreed to, kept fresh, refused."""

from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from app.actions.keep_mail import mailbox_failed
from app.db import Conflict, NotFound, Tx
from app.events import SetupChanged
from app.models.organisation import inboxes, mail_logins
from app.security.audit import audit
from app.security.permissions import Actor
from channels.email.oauth import Tokens


def ask_for_consent(
    tx: Tx, actor: Actor, inbox_id: int, asked_state: str, sealed_verifier: str
) -> None:
    """An administrator is on the way to the provider; what was agreed before still holds."""
    actor.require("administer")
    found = tx.execute(
        select(inboxes.c.id).where(inboxes.c.id == inbox_id, inboxes.c.channel == "email")
    ).first()
    if found is None:
        raise NotFound
    asked: dict[str, Any] = {"asked_state": asked_state, "verifier": sealed_verifier}
    if tx.execute(select(mail_logins).where(mail_logins.c.inbox_id == inbox_id)).first() is None:
        tx.execute(insert(mail_logins).values(inbox_id=inbox_id, **asked))
    else:
        tx.execute(update(mail_logins).where(mail_logins.c.inbox_id == inbox_id).values(**asked))


def take_consent(tx: Tx, actor: Actor, asked_state: str) -> Row[Any]:
    """The login that the browser comes back for; each state is good once."""
    actor.require("administer")
    row = tx.execute(
        select(mail_logins).where(mail_logins.c.asked_state == asked_state).with_for_update()
    ).first()
    if not asked_state or row is None:
        raise Conflict("consent_over")
    tx.execute(
        update(mail_logins)
        .where(mail_logins.c.inbox_id == row.inbox_id)
        .values(asked_state="", verifier="")
    )
    return row


def keep_tokens(tx: Tx, inbox_id: int, sealed: Tokens, actor: Actor | None, ip: str = "") -> None:
    """Tokens (sealed) from a consent, with its actor, or from a refresh."""
    tx.execute(
        update(mail_logins)
        .where(mail_logins.c.inbox_id == inbox_id)
        .values(
            state="agreed",
            error="",
            access_token=sealed.access_token,
            refresh_token=sealed.refresh_token,
            expires_at=sealed.expires_at,
            **({"agreed_by": actor.agent_id, "agreed_at": tx.now} if actor is not None else {}),
        )
    )
    if actor is not None:
        audit(tx, actor, "mailbox.authorised", f"inbox {inbox_id}", ip=ip)
        tx.emit(SetupChanged("inbox", inbox_id))  # the mailbox is tried at once


def login_refused(tx: Tx, inbox_id: int, error: str) -> None:
    """The provider takes the refresh token no longer: a person must agree again, and sees so."""
    tx.execute(
        update(mail_logins)
        .where(mail_logins.c.inbox_id == inbox_id)
        .values(state="refused", error=error[:2000], access_token="", expires_at=None)
    )
    mailbox_failed(tx, inbox_id, error)


def forget_login(tx: Tx, actor: Actor, inbox_id: int, ip: str = "") -> None:
    """Throw the tokens away; the mailbox is not read until somebody agrees again."""
    actor.require("administer")
    tx.execute(delete(mail_logins).where(mail_logins.c.inbox_id == inbox_id))
    audit(tx, actor, "mailbox.forgotten", f"inbox {inbox_id}", ip=ip)
    tx.emit(SetupChanged("inbox", inbox_id))

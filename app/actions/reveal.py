"""Hidden numbers are shown to whoever says why; the access log keeps who, what and why for ever."""

from collections.abc import Iterable

from sqlalchemy import select

from app.actions.person_log import log_access
from app.actions.upsert import upsert
from app.db import Invalid, NotFound, Tx
from app.models.conversation import conversations, messages
from app.models.organisation import installation
from app.queries.customers import require_customer
from app.security.audit import audit
from app.security.permissions import REVEALS, ROLES, Actor, visible_conversations

# Codes, so that no words of people get into a log that cannot be cleaned.
WHY = (
    "payment",
    "refund",
    "identity",
    "complaint",
    "request",
    "law",
    "other",
)  # no words of people


def reveal_message(
    tx: Tx, actor: Actor, message_id: int, why: str, *, by: str = "agent", ip: str = ""
) -> None:
    """Note that a message is read with its numbers. NotFound without the right, or where the
    message is not the actor's to see; Invalid without a reason."""
    _ask(actor, why)
    row = tx.execute(
        select(conversations.c.customer_id)
        .join(messages, messages.c.conversation_id == conversations.c.id)
        .where(messages.c.id == message_id, visible_conversations(actor))
    ).first()
    if row is None:
        raise NotFound
    what = f"message {message_id}"
    log_access(tx, actor, row.customer_id, "revealed", what=what, why=why, by=by, ip=ip)


def reveal_customer(tx: Tx, actor: Actor, customer_id: int, why: str, *, ip: str = "") -> None:
    """The same for what is written of a customer beside their messages."""
    _ask(actor, why)
    require_customer(tx.conn, actor, customer_id)
    log_access(tx, actor, customer_id, "revealed", what="notes", why=why, ip=ip)


def _ask(actor: Actor, why: str) -> None:
    if not actor.reveals:
        raise NotFound
    if why not in WHY:
        raise Invalid(why="required" if not why else "unknown")


def set_who_reveals(tx: Tx, actor: Actor, roles: Iterable[str]) -> None:
    """Which roles may have hidden numbers shown."""
    actor.require("administer")
    chosen = sorted(set(roles))
    if not set(chosen) <= set(ROLES):
        raise Invalid(roles="unknown")
    upsert(tx, installation, {"name": REVEALS}, {"value": {"roles": chosen}})
    audit(tx, actor, "reveal.changed", "", roles=", ".join(chosen))

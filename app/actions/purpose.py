"""Mails with a purpose other than service go only while their customer agrees to it.

Asked when they are written, when they are claimed, at the last moment before their words go out,
and at once when somebody withdraws: what waits then stops, and says so.
"""

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select, update

from app.actions.delivery import messages_in, set_delivery
from app.actions.reply import Reply
from app.db import Conflict, Invalid, Tx
from app.models.agent import agents
from app.models.conversation import conversations, messages
from app.models.customer import customers
from app.models.work import outbox
from app.queries.consents import granted_at, last_word
from app.queries.sends import person

CHANNEL = "email"
WITHDRAWN = "consent_withdrawn"  # why a mail was not sent
MARKETING = "marketing"
WAITING = ("queued", "held")

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


def check_purpose(tx: Tx, conversation: Row[Any], reply: Reply, by_mail: bool) -> None:
    """Invalid where a message cannot have this purpose; Conflict "no_consent" where the customer
    has not agreed to it."""
    if not _NAME.fullmatch(reply.purpose):
        raise Invalid(purpose="unknown")
    if not by_mail:
        raise Invalid(purpose="only_by_mail")
    if reply.also_to or reply.cc or reply.bcc:
        raise Invalid(purpose="one_person")
    if not _agreed(tx, conversation.customer_id, conversation.brand_id, reply.purpose):
        raise Conflict("no_consent", purpose=reply.purpose)


def may_leave(tx: Tx, mail: Row[Any]) -> bool:
    """Whether a mail of the outbox may go out now."""
    if not mail.purpose or mail.message_id is None:
        return True
    of = tx.execute(
        select(conversations.c.customer_id, conversations.c.brand_id)
        .join(messages, messages.c.conversation_id == conversations.c.id)
        .where(messages.c.id == mail.message_id)
    ).one()
    return _agreed(tx, of.customer_id, of.brand_id, mail.purpose)


def stop_unwanted(tx: Tx, customer_id: int | None = None) -> int:
    """Stop what waits without consent, of one customer or of all; how many mails that were."""
    query = (
        select(outbox)
        .where(outbox.c.purpose != "", outbox.c.state.in_(WAITING))
        .order_by(outbox.c.id)
        .with_for_update(skip_locked=True)
    )
    if customer_id is not None:
        of = (
            select(messages.c.id)
            .join(conversations, conversations.c.id == messages.c.conversation_id)
            .where(conversations.c.customer_id.in_(person(tx.conn, customer_id)))
        )
        query = query.where(outbox.c.message_id.in_(of))
    unwanted = [mail for mail in tx.execute(query).all() if not may_leave(tx, mail)]
    for mail in unwanted:
        stop(tx, mail)
    return len(unwanted)


def stop(tx: Tx, mail: Row[Any]) -> None:
    """The mail is not sent, and its message says since when, and by whose word."""
    tx.execute(
        update(outbox)
        .where(outbox.c.id == mail.id)
        .values(state="failed", error=WITHDRAWN, lease="", lease_until=None)
    )
    ids = messages_in(mail)
    rows = tx.execute(
        select(
            messages.c.id, messages.c.state, messages.c.details,
            conversations.c.customer_id, conversations.c.brand_id,
        )
        .join(conversations, conversations.c.id == messages.c.conversation_id)
        .where(messages.c.id.in_(ids))
    ).all()  # fmt: skip
    for row in rows:
        said = {"was": row.state, **_said(tx, row.customer_id, row.brand_id, mail.purpose)}
        set_delivery(
            tx, row.id, "failed", WITHDRAWN, details={**row.details, "stopped": said}
        )  # fmt: skip


def go_on(tx: Tx, mail: Row[Any], ids: Sequence[int]) -> int | None:
    """A mail that was stopped is asked for again: when it leaves (ms), None for one that was not.
    Conflict "no_consent" while the customer still does not agree."""
    if not mail.purpose:
        return None
    if not may_leave(tx, mail):
        raise Conflict("no_consent", purpose=mail.purpose)
    leaves_at = None
    for row in tx.execute(select(messages).where(messages.c.id.in_(ids))).all():
        stopped = row.details.get("stopped")
        if stopped is None:
            continue
        details = {name: value for name, value in row.details.items() if name != "stopped"}
        leaves_at = max(tx.now, row.send_at or 0)
        set_delivery(tx, row.id, stopped["was"], details=details)
    return leaves_at


def _agreed(tx: Tx, customer_id: int, brand_id: int, purpose: str) -> bool:
    if purpose == MARKETING:
        party = select(customers.c.party).where(customers.c.id == customer_id)
        if tx.execute(party).scalar_one() != "customer":
            return False  # press, partners and offices are no market
    return granted_at(tx.conn, customer_id, purpose, CHANNEL, brand_id, tx.now)


def _said(tx: Tx, customer_id: int, brand_id: int, purpose: str) -> dict[str, Any]:
    """The word that decides: who wrote it down (nobody: the customer themselves), and when."""
    word = last_word(tx.conn, customer_id, purpose, CHANNEL, brand_id, tx.now)
    if word is None:
        return {"why": "never"}
    if word.status == "granted":
        return {"why": "expired" if word.expires_at else "party", "at": word.expires_at}
    agent = tx.execute(select(agents.c.name).where(agents.c.id == word.agent_id)).scalar()
    return {"why": word.status, "at": word.at, "agent": agent or ""}

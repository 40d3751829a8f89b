"""Before something is sent: did this person get the same already, or enough this week?

Both are asked in the write that stores the message, so that two agents who send at the same moment
meet each other. A plain answer to somebody who has written costs no statement here.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from app.actions.conversation import lock_conversation
from app.actions.materials import materials_of
from app.actions.person_log import log_access
from app.actions.reply import Reply
from app.actions.rows import add_row
from app.db import Conflict, NotFound, Tx
from app.models.activity import sends
from app.models.customer import customers
from app.models.organisation import brands
from app.queries.aliases import master_of
from app.queries.sends import FIRST, WEEK_MS, begun_around, earlier_sends
from app.security.audit import audit
from app.security.permissions import Actor


@dataclass(frozen=True, slots=True)
class Planned:
    """What a message is going to be remembered for, and when (ms); `beyond`: why it goes although
    the customer had enough this week."""

    materials: tuple[str, ...] = ()
    at: int = 0
    beyond: str = ""

    @property
    def details(self) -> dict[str, Any]:
        """What the message keeps of it, for who takes it back."""
        found: dict[str, Any] = {"materials": list(self.materials)} if self.materials else {}
        return found | ({"beyond": self.beyond} if self.beyond else {})


NOTHING = Planned()


def ask_before_sending(tx: Tx, actor: Actor, conversation: Row[Any], reply: Reply) -> Planned:
    """What the message would be remembered for.

    Raises Conflict "sent_before" (`sends`: what, by whom, when) where the person had the same from
    this brand within its days, unless `again`; "enough_sent" where we would begin more often in a
    week than the brand allows, unless a supervisor says why.
    """
    begins = bool(reply.purpose) or conversation.last_inbound_seq == 0
    if not (reply.uploads or reply.materials or begins or "/help/" in reply.text):
        return NOTHING
    brand_id = conversation.brand_id
    found = materials_of(tx, brand_id, reply.text, reply.materials, reply.uploads)
    if not (found or begins):
        return NOTHING
    at = reply.send_at or tx.now
    rules = tx.execute(
        select(brands.c.resend_days, brands.c.weekly_sends).where(brands.c.id == brand_id)
    ).one()
    if found:
        _one_at_a_time(tx, conversation.customer_id)
    if found and rules.resend_days and not reply.again:
        _refuse_twice(tx, actor, conversation, found, at, rules.resend_days)
    beyond = ""
    if begins and rules.weekly_sends is not None:
        beyond = _refuse_too_many(tx, actor, conversation, reply.beyond, at, rules.weekly_sends)
    return Planned((*found, *((FIRST,) if begins else ())), at, beyond)


def ask_before_leaving(tx: Tx, actor: Actor, message: Row[Any], *, again: bool) -> None:
    """Ask the same of a planned message that is to leave at once; it does not count itself."""
    kept = tx.execute(delete(sends).where(sends.c.message_id == message.id).returning(sends)).all()
    if not kept:
        return
    conversation = lock_conversation(tx, message.conversation_id)
    rules = tx.execute(
        select(brands.c.resend_days, brands.c.weekly_sends).where(
            brands.c.id == conversation.brand_id
        )
    ).one()
    found = [row.material for row in kept if row.material != FIRST]
    _one_at_a_time(tx, conversation.customer_id)
    if found and rules.resend_days and not (again or message.details.get("again")):
        _refuse_twice(tx, actor, conversation, found, tx.now, rules.resend_days)
    if len(found) < len(kept) and rules.weekly_sends is not None:
        beyond = str(message.details.get("beyond", ""))
        _refuse_too_many(tx, actor, conversation, beyond, tx.now, rules.weekly_sends)
    for row in kept:
        tx.execute(insert(sends).values(**{**row._mapping, "at": tx.now}))


def note_sends(
    tx: Tx, actor: Actor, conversation: Row[Any], message_id: int, planned: Planned
) -> None:
    """Remember what was sent, beside the message."""
    for material in planned.materials:
        add_row(
            tx, sends,
            customer_id=conversation.customer_id, brand_id=conversation.brand_id,
            conversation_id=conversation.id, message_id=message_id, agent_id=actor.agent_id,
            material=material, at=planned.at,
        )  # fmt: skip


def sends_left(tx: Tx, message_id: int) -> None:
    """A message that waited has left: it counts from now."""
    tx.execute(update(sends).where(sends.c.message_id == message_id).values(at=tx.now))


def forget_sends(tx: Tx, message_id: int) -> None:
    """The message never was."""
    tx.execute(delete(sends).where(sends.c.message_id == message_id))


def _one_at_a_time(tx: Tx, customer_id: int) -> None:
    """Who sends to the same person at the same moment waits here, and then sees the other's."""
    found = tx.execute(
        select(customers.c.id)
        .where(customers.c.id == master_of(tx.conn, customer_id))
        .with_for_update()
    ).first()
    if found is None:
        raise NotFound


def _refuse_twice(
    tx: Tx, actor: Actor, conversation: Row[Any], found: list[str], at: int, days: int
) -> None:
    brand_id, customer_id = conversation.brand_id, conversation.customer_id
    earlier = earlier_sends(tx.conn, actor, customer_id, brand_id, found, at, days)
    if earlier:
        told = ("material", "kind", "name", "agent", "at", "state", "conversation_id")
        rows = [{name: getattr(each, name) for name in told} for each in earlier]
        raise Conflict("sent_before", sends=rows, days=days)


def _refuse_too_many(
    tx: Tx, actor: Actor, conversation: Row[Any], beyond: str, at: int, limit: int
) -> str:
    """Why it goes all the same, if it does; "" where it is not too many."""
    _one_at_a_time(tx, conversation.customer_id)
    known = begun_around(tx.conn, conversation.customer_id, conversation.brand_id, at)
    count = _most_in_a_week([*known, at], at) - 1
    if count < limit:
        return ""
    reason = beyond.strip()[:300]
    if not (reason and actor.may("supervise")):
        raise Conflict("enough_sent", count=count, limit=limit, may=actor.may("supervise"))
    # The reason stays with the message: neither log can be cleaned of what people write.
    who = master_of(tx.conn, conversation.customer_id)
    what = f"conversation {conversation.id}"
    log_access(tx, actor, who, "over_limit", what=what, count=count, limit=limit)
    audit(
        tx, actor, "weekly_limit.passed", f"customer {who}",
        conversation=conversation.id, count=count, limit=limit,
    )  # fmt: skip
    return reason


def _most_in_a_week(moments: list[int], at: int) -> int:
    """The most of these moments within any seven days that `at` lies in."""
    starts = [start for start in moments if at - WEEK_MS < start <= at]
    return max(sum(start <= one < start + WEEK_MS for one in moments) for start in starts)

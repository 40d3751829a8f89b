"""What help has cost a customer so far: of all their contacts, and of each conversation."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, func, select

from app.customers.effort import Effort, Episode, effort
from app.models.contact import contacts
from app.models.conversation import conversations
from app.models.question import contact_classes
from app.queries.aliases import master_of
from app.queries.customers import require_customer
from app.security.permissions import Actor, visible_conversations

MOST = 500  # contacts of one customer that are looked at, the newest
DAY_MS = 24 * 3_600_000
DAYS = 90
EPISODE = (
    contacts.c.conversation_id,
    contacts.c.channel,
    contacts.c.queue_id,
    contacts.c.enqueued_at,
    contacts.c.answered_at,
    contacts.c.ended_at,
    contacts.c.moves,
    func.coalesce(contact_classes.c.topic, "").label("topic"),
)


@dataclass(frozen=True, slots=True)
class CustomerEffort:
    """The sums of a time, and of each conversation in it, the newest first."""

    days: int
    total: Effort
    conversations: dict[int, Effort]
    as_of: int


def customer_effort(
    conn: Connection, actor: Actor, customer_id: int, now: int, days: int = DAYS
) -> CustomerEffort:
    """The effort of the contacts that began in the last days, of what the actor may see; NotFound
    for a customer they do not know."""
    customer_id = master_of(conn, customer_id)
    require_customer(conn, actor, customer_id)
    asked = {"customer_id": customer_id, "since": now - days * DAY_MS}
    episodes = [episode_of(row) for row in conn.execute(_episodes(actor), asked)]
    by_talk: dict[int, list[Episode]] = {}
    for one in episodes:
        by_talk.setdefault(one.conversation_id, []).append(one)
    each = {talk: effort(some, now) for talk, some in by_talk.items()}
    return CustomerEffort(days, effort(episodes, now), each, now)


def episode_of(row: Row[Any]) -> Episode:
    """A contact as the ledger counts it: about its topic where that is known, else its queue."""
    return Episode(
        row.conversation_id, row.channel, row.topic or f"queue {row.queue_id}", row.enqueued_at,
        row.answered_at, row.ended_at, row.moves,
    )  # fmt: skip


@lru_cache(maxsize=256)
def _episodes(actor: Actor) -> Select[Any]:
    return (
        select(*EPISODE)
        .join(conversations, conversations.c.id == contacts.c.conversation_id)
        .outerjoin(contact_classes, contact_classes.c.conversation_id == conversations.c.id)
        .where(
            conversations.c.customer_id == bindparam("customer_id"),
            contacts.c.enqueued_at >= bindparam("since"),
            visible_conversations(actor),
        )
        .order_by(contacts.c.enqueued_at.desc(), contacts.c.id.desc())
        .limit(MOST)
    )

"""The work after contacts: what an agent still has to finish, and what there is to choose from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, case, or_, select

from app.models.contact import contacts
from app.models.conversation import conversations
from app.models.customer import customers
from app.models.organisation import dispositions, queues
from app.queries.choices import Choice
from app.security.permissions import Actor
from channels import registry
from knowledge.sensitive import mask_numbers

MORE_MS = 60_000
MOST_MORE_MS = 3 * MORE_MS  # so much longer than granted: the line is waiting


@dataclass(frozen=True, slots=True)
class WrapUp:
    """A contact that is over for its customer. Times in ms; `extendable` says that a minute more
    is still to be had; `missing` that the queue wants an outcome and there is none."""

    contact_id: int
    agent_id: int
    conversation_id: int
    status: str
    channel: str
    title: str
    customer_id: int
    queue_name: str
    units: int
    began_at: int | None
    until: int | None
    extendable: bool
    required: bool
    disposition_id: int | None
    disposition: str
    note: str
    choices: tuple[Choice, ...]

    @property
    def missing(self) -> bool:
        """Whether an outcome is asked for and none was chosen."""
        return self.required and self.disposition_id is None and bool(self.choices)


def open_wrap_ups(conn: Connection, agent_id: int) -> tuple[WrapUp, ...]:
    """What this agent is wrapping up, the first to end first."""
    rows = conn.execute(
        _cards()
        .where(contacts.c.agent_id == agent_id, contacts.c.status == "wrap_up")
        .order_by(contacts.c.wrap_up_until, contacts.c.id)
    ).all()
    return tuple(_complete(conn, rows))


def wrap_up_cards(conn: Connection, ids: Sequence[int]) -> dict[int, WrapUp]:
    """These contacts, also those whose wrap-up is over."""
    rows = conn.execute(_cards().where(contacts.c.id.in_(ids))).all()
    return {card.contact_id: card for card in _complete(conn, rows)}


def wrap_up_of(
    conn: Connection, actor: Actor, conversation_id: int, *, always: bool = False
) -> WrapUp | None:
    """What the actor has to finish in a conversation: what they are wrapping up, even if the
    customer has written again, or its latest contact, if that was theirs and has ended without the
    outcome its queue wants. `always`: that contact in any case."""
    wrapping = contacts.c.status == "wrap_up"
    row = conn.execute(
        _cards()
        .where(
            contacts.c.conversation_id == conversation_id,
            contacts.c.agent_id == actor.agent_id,
            or_(wrapping, contacts.c.id == conversations.c.contact_id),
        )
        .order_by(case((wrapping, 0), else_=1), contacts.c.id.desc())
        .limit(1)
    ).first()
    if row is None or (row.status not in ("wrap_up", "ended") and not always):
        return None
    (card,) = _complete(conn, [row])
    return card if always or card.status == "wrap_up" or card.missing else None


def _cards() -> Select[Any]:
    return (
        select(
            contacts.c.id.label("contact_id"),
            contacts.c.agent_id,
            contacts.c.conversation_id,
            contacts.c.status,
            contacts.c.channel,
            contacts.c.cost.label("units"),
            contacts.c.queue_id,
            contacts.c.wrap_up_at.label("began_at"),
            contacts.c.wrap_up_until.label("until"),
            contacts.c.disposition_id,
            contacts.c.wrap_up_note.label("note"),
            contacts.c.outcome,
            customers.c.id.label("customer_id"),
            customers.c.name.label("customer_name"),
            customers.c.email.label("customer_email"),
            queues.c.name.label("queue_name"),
            queues.c.wrap_up_s,
            queues.c.disposition_required,
            dispositions.c.name.label("disposition"),
        )
        .join(conversations, conversations.c.id == contacts.c.conversation_id)
        .join(customers, customers.c.id == conversations.c.customer_id)
        .join(queues, queues.c.id == contacts.c.queue_id)
        .outerjoin(dispositions, dispositions.c.id == contacts.c.disposition_id)
    )


def _complete(conn: Connection, rows: Sequence[Row[Any]]) -> list[WrapUp]:
    """Add what can be chosen, in one statement for all."""
    if not rows:
        return []
    queue_ids = {row.queue_id for row in rows}
    found = conn.execute(
        select(dispositions.c.id, dispositions.c.name, dispositions.c.queue_id)
        .where(
            and_(
                dispositions.c.active,
                or_(dispositions.c.queue_id.is_(None), dispositions.c.queue_id.in_(queue_ids)),
            )
        )
        .order_by(dispositions.c.position, dispositions.c.id)
    ).all()
    return [
        _card(
            row,
            tuple(
                Choice(one.id, one.name) for one in found if one.queue_id in (None, row.queue_id)
            ),
        )
        for row in rows
    ]


def _card(row: Row[Any], choices: tuple[Choice, ...]) -> WrapUp:
    granted = registry.get(row.channel).wrap_up_s if row.wrap_up_s is None else row.wrap_up_s
    latest = (row.began_at or 0) + granted * 1000 + MOST_MORE_MS
    return WrapUp(
        contact_id=row.contact_id,
        agent_id=row.agent_id,
        conversation_id=row.conversation_id,
        status=row.status,
        channel=row.channel,
        title=row.customer_name or row.customer_email,
        customer_id=row.customer_id,
        queue_name=row.queue_name,
        units=row.units,
        began_at=row.began_at,
        until=row.until,
        extendable=row.until is not None and row.until + MORE_MS <= latest,
        required=bool(row.disposition_required) and row.outcome in ("", "handled"),
        disposition_id=row.disposition_id,
        disposition=row.disposition or "",
        note=mask_numbers(row.note),
        choices=choices,
    )

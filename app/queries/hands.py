"""Which agent had which contact in hand, and from when to when.

A contact keeps only whose it is now. Accepted offers tell whose it was before; a hand ends where
the contact is moved, offered anew, accepted by somebody else, or ended.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, or_, select

from app.models.contact import contacts, offers
from app.models.history import contact_moves
from app.models.organisation import queues
from channels import registry
from routing.intervals import Span

HELD = ("active", "wrap_up", "ended")
LIVE = ("waiting", "offered", "active", "wrap_up")
CHUNK = 500  # ids to one statement


@dataclass(frozen=True, slots=True)
class Hand:
    """A contact in an agent's hands for a while; `cost` is in units of capacity."""

    agent_id: int
    contact_id: int
    span: Span
    cost: int


def hands(conn: Connection, span: Span, now: int) -> list[Hand]:
    """Every hand that reaches into the span; one that goes on ends now."""
    rows = conn.execute(
        select(contacts).where(
            contacts.c.answered_at < span[1],
            or_(contacts.c.status.in_(LIVE), ended_between(conn, span[0], now)),
        )
    ).all()
    ids = [row.id for row in rows]
    made = _by_contact(conn, offers, ids)
    moved = _by_contact(conn, contact_moves, ids)
    found = [hand for row in rows for hand in hands_of(row, made[row.id], moved[row.id], now)]
    return [hand for hand in found if hand.span[1] > span[0] and hand.span[0] < span[1]]


def hands_of(
    contact: Row[Any], made: Sequence[Row[Any]], moved: Sequence[Row[Any]], now: int
) -> list[Hand]:
    """The hands one contact went through, from its offers and moves."""
    taken = sorted((o.ended_at, o.agent_id) for o in made if o.status == "accepted" and o.ended_at)
    turns = sorted([*(o.made_at for o in made), *(m.at for m in moved)])
    if contact.status in HELD and contact.agent_id is not None and contact.answered_at is not None:
        if not taken:  # taken by hand: there was no offer
            taken = [(contact.answered_at, contact.agent_id)]
        elif taken[-1][1] != contact.agent_id:
            last = taken[-1][0]
            taken.append((next((at for at in turns if at > last), last), contact.agent_id))
    end = contact.ended_at if contact.ended_at is not None else now
    found = []
    for number, (began, agent_id) in enumerate(taken):
        later = [at for at, _ in taken[number + 1 : number + 2]]
        ended = min([end, *later, *(at for at in turns if at > began)])
        if ended > began:
            found.append(Hand(agent_id, contact.id, (began, ended), contact.cost))
    return found


def handling_ms(contact: Row[Any]) -> tuple[int, int]:
    """(active, after-contact work) of an ended contact in ms, from its acceptance to its end."""
    if contact.answered_at is None or contact.ended_at is None:
        return 0, 0
    wrapped = contact.wrap_up_at if contact.wrap_up_at is not None else contact.ended_at
    wrapped = min(max(wrapped, contact.answered_at), contact.ended_at)
    return wrapped - contact.answered_at, contact.ended_at - wrapped


def ended_between(conn: Connection, began: int, ended: int) -> ColumnElement[bool]:
    """Contacts that ended in a span; naming queues and channels lets the index be used."""
    return and_(
        contacts.c.queue_id.in_(list(conn.execute(select(queues.c.id)).scalars())),
        contacts.c.channel.in_([channel.name for channel in registry.all_channels()]),
        contacts.c.ended_at >= began,
        contacts.c.ended_at <= ended,
    )


def _by_contact(
    conn: Connection, table: Table, ids: Sequence[int]
) -> defaultdict[int, list[Row[Any]]]:
    found: defaultdict[int, list[Row[Any]]] = defaultdict(list)
    for start in range(0, len(ids), CHUNK):
        some = ids[start : start + CHUNK]
        query = select(table).where(table.c.contact_id.in_(some)).order_by(table.c.id)
        for row in conn.execute(query):
            found[row.contact_id].append(row)
    return found

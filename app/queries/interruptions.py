"""Work that may be interrupted: letters of queues that allow it, by whoever waits live.

Such work takes its units of an agent's room as any other, but a chat may come on top of it.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, Subquery, bindparam, func, select, union_all

from app.models.agent import agents, presence
from app.models.contact import contacts, offers
from app.models.organisation import queues
from channels import registry


@cache
def interrupters(channel: str) -> frozenset[str]:
    """The channels whose contacts may come on top of a contact of `channel` where its queue allows
    it: the live ones on top of letters, nothing on top of what is live itself."""
    if registry.get(channel).live:
        return frozenset()
    return frozenset(each.name for each in registry.all_channels() if each.live)


def units_below() -> Subquery:
    """By agent, their units in hand that something live may come on top of; no row for nothing."""
    below = [each.name for each in registry.all_channels() if interrupters(each.name)]
    both = union_all(*_parts(below)).subquery()
    total = select(both.c.agent_id, func.sum(both.c.cost).label("units"))
    return total.group_by(both.c.agent_id).subquery()


def units_aside(conn: Connection, agent_ids: Sequence[int], channel: str) -> dict[int, int]:
    """By agent, how many of their units in hand a contact of `channel` may come on top of.

    Whoever claims room by this holds the agents' rows of `presence`: what they have in hand does
    not change meanwhile.
    """
    below = [each.name for each in registry.all_channels() if channel in interrupters(each.name)]
    if not below or not agent_ids:
        return {}
    rows = conn.execute(_ASIDE, {"ids": list(agent_ids), "channels": below})
    return {row.agent_id: int(row.units) for row in rows}


def free_units(conn: Connection, agent_id: int, channel: str) -> int:
    """The agent's room for one more contact of `channel`, what it may interrupt set aside; their
    row of `presence` is locked until the commit. Below zero where they have more than they should.
    """
    row = conn.execute(_LOAD, {"agent_id": agent_id}).one()
    aside = units_aside(conn, [agent_id], channel).get(agent_id, 0)
    return int(row.capacity - max(0, row.used - aside))


def _units(table: Any, agent_id: Any, is_in_hand: Any, channels: Any) -> Select[Any]:
    return (
        select(agent_id.label("agent_id"), contacts.c.cost)
        .select_from(table.join(queues, queues.c.id == contacts.c.queue_id))
        .where(is_in_hand, queues.c.interruptible, contacts.c.channel.in_(channels))
    )


def _parts(channels: Any) -> tuple[Select[Any], Select[Any]]:
    asked = offers.join(contacts, contacts.c.id == offers.c.contact_id)
    working = contacts.c.status.in_(("active", "wrap_up"))
    return (
        _units(contacts, contacts.c.agent_id, working, channels),
        _units(asked, offers.c.agent_id, offers.c.status == "pending", channels),
    )


_named: Any = bindparam("ids", expanding=True)
_working, _asked = _parts(bindparam("channels", expanding=True))
_in_hand = union_all(
    _working.where(contacts.c.agent_id.in_(_named)), _asked.where(offers.c.agent_id.in_(_named))
).subquery()
_ASIDE = select(_in_hand.c.agent_id, func.sum(_in_hand.c.cost).label("units")).group_by(
    _in_hand.c.agent_id
)
_LOAD = (
    select(agents.c.capacity, presence.c.used)
    .join(presence, presence.c.agent_id == agents.c.id)
    .where(agents.c.id == bindparam("agent_id"))
    .with_for_update(of=presence)
)

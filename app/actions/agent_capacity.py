"""A supervisor changes what an agent can hold for some hours; then it is as it was by itself."""

from sqlalchemy import select, update

from app.db import Invalid, NotFound, Tx
from app.events import PresenceChanged
from app.models.agent import agents
from app.security.audit import audit
from app.security.permissions import Actor, visible_agents

HOUR_MS = 3_600_000
MOST_UNITS = 100
MOST_HOURS = 24


def change_capacity(
    tx: Tx, actor: Actor, agent_id: int, units: int, hours: int, note: str = ""
) -> None:
    """Let an agent hold so many units for so many hours. What is in hand already stays."""
    actor.require("supervise")
    if not 0 <= units <= MOST_UNITS:
        raise Invalid(units="out_of_range")
    if not 1 <= hours <= MOST_HOURS:
        raise Invalid(hours="out_of_range")
    row = tx.execute(
        select(agents.c.capacity, agents.c.usual_capacity)
        .where(agents.c.id == agent_id, agents.c.active, visible_agents(actor))
        .with_for_update()
    ).first()
    if row is None:
        raise NotFound
    usual = row.capacity if row.usual_capacity is None else row.usual_capacity
    back = units == usual
    tx.execute(
        update(agents)
        .where(agents.c.id == agent_id)
        .values(
            capacity=units,
            usual_capacity=None if back else usual,
            capacity_until=None if back else tx.now + hours * HOUR_MS,
        )
    )
    audit(
        tx, actor, "agent.capacity", f"agent {agent_id}",
        units=units, usual=usual, hours=None if back else hours, note=note[:200],
    )  # fmt: skip
    tx.emit(PresenceChanged(agent_id, ""))


def restore_capacities(tx: Tx) -> int:
    """The hours are over: agents hold what they usually do; returns how many that were."""
    over = list(tx.execute(select(agents.c.id).where(agents.c.capacity_until <= tx.now)).scalars())
    for agent_id in over:
        tx.execute(
            update(agents)
            .where(agents.c.id == agent_id)
            .values(capacity=agents.c.usual_capacity, usual_capacity=None, capacity_until=None)
        )
        tx.emit(PresenceChanged(agent_id, ""))
    return len(over)

"""A supervisor steps in: sets an agent's state, says something to everybody."""

from sqlalchemy import delete, insert, select, update

from app.actions.ask_help import stop_help
from app.actions.set_presence import set_presence
from app.db import Invalid, NotFound, Tx
from app.events import SupervisionChanged
from app.models.agent import agents
from app.models.organisation import queues
from app.models.supervision import broadcasts
from app.security.audit import audit
from app.security.permissions import Actor, visible_agents, visible_queues

KEPT_MS = 8 * 3_600_000  # a shift
MOST_TEXT = 500
STATES = ("available", "away", "not_ready", "offline")


def set_state_of(tx: Tx, actor: Actor, agent_id: int, state: str) -> None:
    """Make an agent available, away or offline; they can change it again themselves."""
    actor.require("supervise")
    if state not in STATES:
        raise Invalid(state="unknown")
    _must_see(tx, actor, agent_id)
    set_presence(tx, agent_id, state, "" if state == "available" else "by_supervisor")
    audit(tx, actor, "agent.state", f"agent {agent_id}", state=state)


def end_help(tx: Tx, actor: Actor, agent_id: int) -> None:
    """A supervisor is there: the agent's call for help is answered."""
    actor.require("supervise")
    _must_see(tx, actor, agent_id)
    stop_help(tx, agent_id)
    audit(tx, actor, "agent.helped", f"agent {agent_id}")


def _must_see(tx: Tx, actor: Actor, agent_id: int) -> None:
    seen = select(agents.c.id).where(
        agents.c.id == agent_id, agents.c.active, visible_agents(actor)
    )
    if tx.execute(seen).first() is None:
        raise NotFound


def broadcast(tx: Tx, actor: Actor, text: str, queue_id: int | None = None) -> int:
    """Say something to all agents of one's brands, or to those of a queue; kept for 8 hours."""
    actor.require("supervise")
    text = " ".join(text.split())
    if not text:
        raise Invalid(text="empty")
    if len(text) > MOST_TEXT:
        raise Invalid(text="too_long")
    if queue_id is not None:
        known = select(queues.c.id).where(queues.c.id == queue_id, visible_queues(actor))
        if tx.execute(known).first() is None:
            raise Invalid(queue="unknown")
    broadcast_id: int = tx.execute(
        insert(broadcasts)
        .values(
            queue_id=queue_id,
            agent_id=actor.agent_id,
            brands=None if actor.brands is None else sorted(actor.brands),
            text=text,
            dismissed=[],
            created_at=tx.now,
            until_at=tx.now + KEPT_MS,
        )
        .returning(broadcasts.c.id)
    ).scalar_one()
    audit(tx, actor, "broadcast.sent", f"broadcast {broadcast_id}")
    tx.emit(SupervisionChanged("broadcast", broadcast_id))
    return broadcast_id


def dismiss_broadcast(tx: Tx, actor: Actor, broadcast_id: int) -> None:
    """An agent has read it; a second call does nothing."""
    row = tx.execute(
        select(broadcasts.c.dismissed).where(broadcasts.c.id == broadcast_id).with_for_update()
    ).first()
    if row is None or actor.agent_id in row.dismissed:
        return
    tx.execute(
        update(broadcasts)
        .where(broadcasts.c.id == broadcast_id)
        .values(dismissed=[*row.dismissed, actor.agent_id])
    )
    tx.emit(SupervisionChanged("broadcast", broadcast_id, actor.agent_id))


def withdraw_broadcast(tx: Tx, actor: Actor, broadcast_id: int) -> None:
    """It holds no longer: off every screen."""
    actor.require("supervise")
    done = tx.execute(
        update(broadcasts)
        .where(broadcasts.c.id == broadcast_id, broadcasts.c.until_at > tx.now)
        .values(until_at=tx.now)
    )
    if done.rowcount:
        audit(tx, actor, "broadcast.withdrawn", f"broadcast {broadcast_id}")
        tx.emit(SupervisionChanged("broadcast", broadcast_id))


def end_broadcasts(tx: Tx) -> int:
    """Take down what has been up for its time; returns how many were taken off screens."""
    gone = tx.execute(
        delete(broadcasts).where(broadcasts.c.until_at <= tx.now).returning(broadcasts.c.id)
    ).scalars()
    found = list(gone)
    for broadcast_id in found:
        tx.emit(SupervisionChanged("broadcast", broadcast_id))
    return len(found)

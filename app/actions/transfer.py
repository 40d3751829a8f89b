"""A contact changes hands: to another queue, to a colleague, or is taken by hand."""

from sqlalchemy import select

from app.actions.change_queue import change_queue
from app.actions.contact import begin_contact, is_asked, requeue_contact
from app.actions.conversation import add_system_line, change_conversation, lock_conversation
from app.actions.enqueue import enqueue, live_contact
from app.actions.send_message import Reply, send_message
from app.db import Conflict, Invalid, Tx
from app.models.agent import presence
from app.models.organisation import queues
from app.queries.interruptions import free_units
from app.security.permissions import Actor, load_actor, visible_queues
from channels import registry

DIRECTED_HOLD_MS = {True: 60_000, False: 3_600_000}  # how long a transfer waits for its agent alone


def transfer_to_queue(
    tx: Tx, actor: Actor, conversation_id: int, queue_id: int, note: Reply | None = None
) -> None:
    """Into another queue, with its age; whoever declined it before may be asked again."""
    conversation = lock_conversation(tx, conversation_id, actor)
    queue = tx.execute(select(queues).where(queues.c.id == queue_id, visible_queues(actor))).first()
    if queue is None or queue.brand_id not in (None, conversation.brand_id):
        raise Invalid(queue="unknown")
    if note is not None:
        send_message(tx, actor, conversation_id, note)
    contact = live_contact(tx, conversation_id)
    if contact is None:
        change_conversation(
            tx, conversation_id, "status", status="open", spam=False, snoozed_until=None
        )
        enqueue(tx, lock_conversation(tx, conversation_id), queue_id=queue_id)
        change_conversation(tx, conversation_id, "queue", queue_id=queue_id)
    else:
        change_queue(
            tx,
            contact,
            queue,
            language=conversation.language,
            why="transfer",
            agent_id=actor.agent_id,
            excluded=[],
            been_in=[],  # somebody has decided: overflows may take it anywhere again
            preferred_agent_id=None,
            preferred_until=None,
        )
    add_system_line(tx, conversation_id, "to_queue", actor, queue=queue.name)


def transfer_to_agent(
    tx: Tx, actor: Actor, conversation_id: int, agent_id: int, note: Reply | None = None
) -> str:
    """To a colleague: offered to them first; if they do not take it, the queue goes on.

    Returns the colleague's name where they are not available, so that the queue goes on at once;
    else an empty string."""
    conversation = lock_conversation(tx, conversation_id, actor)
    colleague = _colleague(tx, agent_id, conversation.brand_id)
    if note is not None:
        send_message(tx, actor, conversation_id, note)
    until = tx.now + DIRECTED_HOLD_MS[registry.get(conversation.channel).live]
    contact = live_contact(tx, conversation_id)
    if contact is None:
        change_conversation(
            tx, conversation_id, "status", status="open", spam=False, snoozed_until=None
        )
        enqueue(tx, lock_conversation(tx, conversation_id), queue_id=conversation.queue_id)
        contact = live_contact(tx, conversation_id)
        assert contact is not None
    requeue_contact(
        tx,
        contact,
        excluded=[],
        exclusion_cleared=False,
        ask_again_at=None,
        preferred_agent_id=agent_id,
        preferred_until=until,
        moves=contact.moves + 1,
    )
    add_system_line(tx, conversation_id, "to_agent", actor, agent=colleague)
    state = tx.execute(select(presence.c.state).where(presence.c.agent_id == agent_id)).scalar()
    return "" if state == "available" else colleague


def assign(tx: Tx, actor: Actor, conversation_id: int, agent_id: int) -> None:
    """Give it to an agent without asking: a supervisor's right, past capacity where need be."""
    actor.require("supervise")
    _give(tx, actor, conversation_id, agent_id)


def claim(tx: Tx, actor: Actor, conversation_id: int) -> None:
    """Take it by hand: obeys capacity, and the queue's switch "agents may pull"."""
    lock_conversation(tx, conversation_id, actor)
    contact = live_contact(tx, conversation_id)
    if contact is not None and contact.agent_id == actor.agent_id and contact.status == "active":
        return
    if contact is not None and contact.status == "active" and not actor.may("supervise"):
        raise Conflict("not_yours", status=contact.status)
    asked = contact is not None and is_asked(tx, contact, actor.agent_id)
    if contact is not None and not asked and not actor.may("supervise"):
        queue = tx.execute(select(queues).where(queues.c.id == contact.queue_id)).one()
        if not queue.agents_may_pull:
            raise Conflict("not_yours", status=contact.status)
        if free_units(tx.conn, actor.agent_id, contact.channel) < contact.cost:
            raise Conflict("no_capacity")
    _give(tx, actor, conversation_id, actor.agent_id)


def unassign(tx: Tx, actor: Actor, conversation_id: int) -> None:
    """Put it back into its queue, with its age."""
    conversation = lock_conversation(tx, conversation_id, actor)
    if conversation.assignee_id != actor.agent_id:
        actor.require("supervise")
    contact = live_contact(tx, conversation_id)
    if contact is not None and contact.status == "active":
        requeue_contact(tx, contact, preferred_agent_id=None, preferred_until=None)
        add_system_line(tx, conversation_id, "unassigned", actor)
    elif contact is None:
        change_conversation(tx, conversation_id, "assignee", assignee_id=None)


def _give(tx: Tx, actor: Actor, conversation_id: int, agent_id: int) -> None:
    conversation = lock_conversation(tx, conversation_id, actor)
    name = _colleague(tx, agent_id, conversation.brand_id)
    contact = live_contact(tx, conversation_id)
    if contact is None:
        change_conversation(tx, conversation_id, "assignee", assignee_id=agent_id)
    elif contact.status == "active" and contact.agent_id == agent_id:
        return
    else:
        begin_contact(tx, contact, agent_id)
    code = "claimed" if agent_id == actor.agent_id else "assigned"
    add_system_line(tx, conversation_id, code, actor, agent=name)


def _colleague(tx: Tx, agent_id: int, brand_id: int) -> str:
    """The name of somebody who may have it: at work here, and for this brand."""
    colleague = load_actor(tx.conn, agent_id)
    if colleague is None or not colleague.sees_brand(brand_id):
        raise Invalid(agent="unknown")
    return colleague.name

"""Why a contact waits, why it went to this agent and not to that one: routing's own reasons.

While a contact waits, the reasons are found by asking the engine about the floor as it is. Once it
was offered, they are read from the record that was kept with the offer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from app import clock
from app.db import NotFound
from app.models.agent import agent_queues, agents
from app.models.contact import contacts, offers
from app.models.conversation import conversations
from app.models.organisation import brands, queues, skills
from app.queries.routing_state import routing_state
from app.security.permissions import Actor, visible_conversations
from routing.explain import explain, why_waiting
from routing.reasons import RULE_ORDER, ReasonCode
from routing.state import State


@dataclass(frozen=True, slots=True)
class AgentReason:
    """Why this agent has the contact, or has it not; names stand in the place of ids."""

    agent_id: int
    name: str
    code: str
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PastOffer:
    """An offer that was made, and what was known when it was: counts of agents by reason."""

    agent_name: str
    status: str
    reason: str
    made_at: int
    ended_at: int | None
    takers: int
    gave_way: bool
    refused: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything there is to say about the way of one contact. Times in ms."""

    contact_id: int
    conversation_id: int
    status: str
    queue_name: str
    priority: str
    head_start_ms: int  # how much earlier it counts as having come; negative: later
    enqueued_at: int
    moves: int
    ahead: int | None  # contacts before it in its queue, while it waits
    changes_at: int | None  # when waiting alone changes something
    agents: tuple[AgentReason, ...]  # of its queue, the nearest first; only while it waits
    others: int  # agents who are signed in but do not work in this queue
    offers: tuple[PastOffer, ...]


def explanation(conn: Connection, actor: Actor, contact_id: int) -> Explanation:
    """The explanation of a contact; NotFound where the actor may not see its conversation."""
    row = conn.execute(
        select(contacts, queues.c.name.label("queue_name"))
        .join(conversations, conversations.c.id == contacts.c.conversation_id)
        .join(queues, queues.c.id == contacts.c.queue_id)
        .where(contacts.c.id == contact_id, visible_conversations(actor))
    ).first()
    if row is None:
        raise NotFound
    now = clock.now()
    state = routing_state(conn, now) if row.status == "waiting" else None
    waits = state is not None and contact_id in state.contacts and row.queue_id in state.queues
    found = _agents(conn, state, row.queue_id, contact_id, now) if waits and state else ()
    waiting = why_waiting(state, contact_id, now) if waits and state else None
    return Explanation(
        contact_id=contact_id,
        conversation_id=row.conversation_id,
        status=row.status,
        queue_name=row.queue_name,
        priority=row.priority,
        head_start_ms=row.boost_ms,
        enqueued_at=row.enqueued_at,
        moves=row.moves,
        ahead=waiting.ahead if waiting else None,
        changes_at=waiting.changes_at if waiting else None,
        agents=found,
        others=len(state.agents) - len(found) if waits and state else 0,
        offers=_offers(conn, contact_id),
    )


def _agents(
    conn: Connection, state: State, queue_id: int, contact_id: int, now: int
) -> tuple[AgentReason, ...]:
    names = {row.id: row.name for row in conn.execute(select(agents.c.id, agents.c.name))}
    skill_names = {row.id: row.name for row in conn.execute(select(skills.c.id, skills.c.name))}
    for row in conn.execute(select(brands.c.id, brands.c.name)):
        skill_names[-row.id] = row.name  # to serve a brand is a skill: see routing_state
    members = conn.execute(
        select(agent_queues.c.agent_id).where(agent_queues.c.queue_id == queue_id)
    ).scalars()
    reasons = [(id, explain(state, contact_id, id, now)) for id in members if id in state.agents]
    reasons.sort(key=lambda one: (-RULE_ORDER[one[1].code], names[one[0]]))

    def in_words(params: Mapping[str, int | str]) -> dict[str, Any]:
        named: dict[str, Any] = dict(params)
        if "agent" in named:
            named["agent"] = names.get(int(named["agent"]), "")
        if "skill" in named:
            named["skill"] = skill_names.get(int(named["skill"]), "")
        if "contact" in named:
            other = state.contacts.get(int(named["contact"]))
            named["waits_since"] = other.enqueued_at if other else 0
        return named

    return tuple(
        AgentReason(id, names[id], str(reason.code), in_words(reason.params))
        for id, reason in reasons
    )


def _offers(conn: Connection, contact_id: int) -> tuple[PastOffer, ...]:
    rows = conn.execute(
        select(offers, agents.c.name)
        .join(agents, agents.c.id == offers.c.agent_id)
        .where(offers.c.contact_id == contact_id)
        .order_by(offers.c.id.desc())
    )
    return tuple(
        PastOffer(
            agent_name=row.name,
            status=row.status,
            reason=row.reason,
            made_at=row.made_at,
            ended_at=row.ended_at,
            takers=row.decision.get("takers", 1),
            gave_way=row.decision.get("gave_way", False),
            refused=_in_order(row.decision.get("refused", {})),
        )
        for row in rows
    )


def _in_order(refused: Mapping[str, int]) -> dict[str, int]:
    known = [code for code in ReasonCode if str(code) in refused]
    return {str(code): refused[str(code)] for code in known}

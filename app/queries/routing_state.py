"""The floor as routing sees it: who waits, who works, in which queues.

To serve a brand is a skill like any other: in a queue for every brand sit agents who serve some,
and nobody is offered what they may not see. The skill of a brand has the negative number of it.
"""

from collections import defaultdict
from collections.abc import Mapping

from sqlalchemy import Connection, func, literal, select

from app.models.agent import agent_brands, agent_queues, agent_skills, agents, presence
from app.models.contact import contacts
from app.models.conversation import conversations
from app.models.organisation import brands, queues
from channels import registry
from routing.state import Agent, Contact, Membership, Queue, SkillNeed, State


def routing_state(conn: Connection, now: int) -> State:
    """Read everything a settlement depends on, in a handful of statements."""
    brands_of = _brands_of(conn)
    return State.of(
        _waiting(conn, now, by_brand=bool(brands_of)), _agents(conn, brands_of), _queues(conn)
    )


def _brands_of(conn: Connection) -> dict[int, set[int]]:
    """The brands of those agents who serve only some."""
    found: defaultdict[int, set[int]] = defaultdict(set)
    limited = (
        select(agent_brands.c.agent_id, agent_brands.c.brand_id)
        .join(agents, agents.c.id == agent_brands.c.agent_id)
        .where(agents.c.role != "admin")
    )
    for row in conn.execute(limited):
        found[row.agent_id].add(row.brand_id)
    return dict(found)


def _waiting(conn: Connection, now: int, *, by_brand: bool) -> list[Contact]:
    query = select(contacts, literal(0).label("brand_id"))
    if by_brand:
        query = select(contacts, conversations.c.brand_id).join(
            conversations, conversations.c.id == contacts.c.conversation_id
        )
    rows = conn.execute(query.where(contacts.c.status == "waiting")).all()
    return [
        Contact(
            id=row.id,
            queue=row.queue_id,
            channel=row.channel,
            cost=row.cost,
            enqueued_at=row.enqueued_at,
            boost=row.boost_ms,
            skills=tuple(
                SkillNeed(skill, level)
                for skill, level in ([[-row.brand_id, 1]] if by_brand else []) + row.skills
            ),
            preferred=row.preferred_agent_id,
            preferred_until=row.preferred_until or 0,
            excluded=frozenset(row.excluded),
            exclusion_cleared=(row.ask_again_at or 0) > now,
            version=row.version,
            offer_ms=registry.get(row.channel).offer_timeout_s * 1000,
        )
        for row in rows
    ]


def _agents(conn: Connection, brands_of: Mapping[int, set[int]]) -> list[Agent]:
    every = list(conn.execute(select(brands.c.id)).scalars()) if brands_of else []
    skills: defaultdict[int, dict[int, int]] = defaultdict(dict)
    for row in conn.execute(select(agent_skills)):
        skills[row.agent_id][row.skill_id] = row.level
    seats: defaultdict[int, dict[int, Membership]] = defaultdict(dict)
    for row in conn.execute(select(agent_queues)):
        seats[row.agent_id][row.queue_id] = Membership(row.delay_s * 1000)
    live: defaultdict[int, dict[str, int]] = defaultdict(dict)
    counted = conn.execute(
        select(contacts.c.agent_id, contacts.c.channel, func.count().label("live"))
        .where(
            contacts.c.status.in_(("offered", "active", "wrap_up")),
            contacts.c.agent_id.is_not(None),
        )
        .group_by(contacts.c.agent_id, contacts.c.channel)
    )
    for row in counted:
        live[row.agent_id][row.channel] = row.live
    rows = conn.execute(
        select(agents.c.capacity, agents.c.max_by_channel, presence)
        .join(presence, presence.c.agent_id == agents.c.id)
        .where(agents.c.active, presence.c.state != "offline")
    ).all()
    for row in rows:
        for brand_id in brands_of.get(row.agent_id, every):
            skills[row.agent_id][-brand_id] = 1
    return [
        Agent(
            id=row.agent_id,
            available=row.state == "available",
            capacity=row.capacity,
            used=row.used,
            max_by_channel=row.max_by_channel,
            live_by_channel=live[row.agent_id],
            skills=skills[row.agent_id],
            queues=seats[row.agent_id],
            last_assigned_at=row.last_assigned_at,
            epoch=row.epoch,
        )
        for row in rows
    ]


def _queues(conn: Connection) -> list[Queue]:
    return [
        Queue(id=row.id, paused=row.closed, agent_rule=row.agent_rule, occupancy=row.occupancy)
        for row in conn.execute(select(queues).where(queues.c.active))
    ]

"""What administrators have set up for routing: queues with their rules, seats, skills, brands.

To serve a brand is a skill like any other: in a queue for every brand sit agents who serve some,
and nobody is offered what they may not see. The skill of a brand has the negative number of it.
"""

import zlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from app.models.agent import agent_brands, agent_queues, agent_skills, agents
from app.models.organisation import brands, queues
from app.queries.overflow_rules import OverflowRules, overflow_rules
from routing.state import Membership, Queue


@dataclass(frozen=True, slots=True)
class Setup:
    """What administrators have decided: it changes seldom, and is read once for many passes.

    `skills` and `seats` are by agent. `policy` names the queues' rules: the same rules have the
    same number, in every process.
    """

    queues: Mapping[int, Queue]
    overflow: OverflowRules
    skills: Mapping[int, Mapping[int, int]]
    seats: Mapping[int, Mapping[int, Membership]]
    by_brand: bool
    policy: int
    interruptible: frozenset[int] = frozenset()  # queues whose letters may be interrupted


def routing_setup(conn: Connection) -> Setup:
    """Queues, seats, skills, and who serves which brands."""
    rows = conn.execute(select(queues).where(queues.c.active).order_by(queues.c.id)).all()
    found = {row.id: _queue(row) for row in rows}
    overflow = overflow_rules(conn, rows)
    brands_of = _brands_of(conn)
    return Setup(
        queues=found,
        overflow=overflow,
        skills=_skills(conn, brands_of),
        seats=_seats(conn),
        by_brand=bool(brands_of),
        interruptible=frozenset(row.id for row in rows if row.interruptible),
        policy=zlib.crc32(repr((found, overflow.rules)).encode()) & 0x7FFFFFFF,
    )


def _queue(row: Row[Any]) -> Queue:
    return Queue(
        id=row.id,
        paused=row.closed,
        agent_rule=row.agent_rule,
        occupancy=row.occupancy,
        parallel_offers=row.parallel_offers,
        keep_free=row.keep_free,
        drain_after_ms=row.drain_after_s * 1000,
        drain_for_ms=row.drain_for_s * 1000,
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


def _skills(conn: Connection, brands_of: Mapping[int, set[int]]) -> dict[int, dict[int, int]]:
    skills: defaultdict[int, dict[int, int]] = defaultdict(dict)
    for row in conn.execute(select(agent_skills)):
        skills[row.agent_id][row.skill_id] = row.level
    if brands_of:
        every = list(conn.execute(select(brands.c.id)).scalars())
        for agent_id in conn.execute(select(agents.c.id).where(agents.c.active)).scalars():
            for brand_id in brands_of.get(agent_id, every):
                skills[agent_id][-brand_id] = 1
    return dict(skills)


def _seats(conn: Connection) -> dict[int, dict[int, Membership]]:
    seats: defaultdict[int, dict[int, Membership]] = defaultdict(dict)
    for row in conn.execute(select(agent_queues)):
        seats[row.agent_id][row.queue_id] = Membership(row.delay_s * 1000)
    return dict(seats)

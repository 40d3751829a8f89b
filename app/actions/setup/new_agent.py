"""A new account, with its presence, its teams and its queues."""

from collections.abc import Mapping, Sequence

from sqlalchemy import insert, select

from app.db import Invalid, Tx
from app.events import SetupChanged
from app.models.agent import agent_brands, agent_queues, agents, presence, team_members

CAPACITY = {"chat": 3, "email": 6, "form": 6}
ROLES = ("agent", "supervisor", "admin")


def add_agent(
    tx: Tx,
    *,
    name: str,
    email: str,
    role: str,
    password_hash: str,
    locale: str = "en",
    time_zone: str = "UTC",
    grants: Mapping[str, Sequence[int]] | None = None,
) -> int:
    """Make an account; `grants` are ids of "brands", "teams", "queues". Returns its id."""
    if role not in ROLES:
        raise Invalid(role="unknown")
    taken = tx.execute(select(agents.c.id).where(agents.c.email == email)).scalar()
    if taken is not None:
        raise Invalid(email="taken")
    agent_id: int = tx.execute(
        insert(agents)
        .values(
            name=name,
            email=email,
            role=role,
            password=password_hash,
            locale=locale,
            time_zone=time_zone,
            max_by_channel=CAPACITY,
            preferences={},
            created_at=tx.now,
        )
        .returning(agents.c.id)
    ).scalar_one()
    tx.execute(
        insert(presence).values(
            agent_id=agent_id, since_at=tx.now, seen_at=tx.now, last_assigned_at=0
        )
    )
    links = (("brands", agent_brands, "brand_id"), ("teams", team_members, "team_id"))
    for kind, table, column in (*links, ("queues", agent_queues, "queue_id")):
        for other_id in (grants or {}).get(kind, ()):
            tx.execute(insert(table).values({"agent_id": agent_id, column: other_id}))
    tx.emit(SetupChanged("agent", agent_id))
    return agent_id

"""The one place where rights are asked: page, search, export, API and socket alike.

What an actor may not see does not exist for them: callers answer 404.
"""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import ColumnElement, Connection, and_, exists, not_, or_, select, true

from app.db import NotFound
from app.models.agent import agent_brands, agents, team_members
from app.models.contact import consults
from app.models.conversation import conversations
from app.models.customer import customers
from app.models.organisation import installation, queues

Ability = Literal["work", "supervise", "administer"]
_RANK = {"agent": 0, "supervisor": 1, "admin": 2}
ROLES = tuple(_RANK)
REVEALS = "reveals"  # the row of `installation` that names the roles
REVEAL_ROLES = ("supervisor", "admin")  # unless it is set
_NEEDS: dict[Ability, int] = {"work": 0, "supervise": 1, "administer": 2}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is asking: an agent with a role, the brands they serve and the queues closed to them.

    `brands` is None for every brand. `hidden_queues` belong to teams the agent is not in.
    `publishes`: what they write for the knowledge base needs no review; supervisors always do.
    `reveals`: hidden numbers are shown to them when they say why.
    """

    agent_id: int
    name: str
    role: str
    locale: str = "en"
    time_zone: str = "UTC"
    brands: frozenset[int] | None = None
    hidden_queues: frozenset[int] = frozenset()
    publishes: bool = True
    reveals: bool = False

    def may(self, ability: Ability) -> bool:
        """Whether the role carries the ability."""
        return _RANK[self.role] >= _NEEDS[ability]

    def require(self, ability: Ability) -> None:
        """Raise NotFound unless the role carries the ability."""
        if not self.may(ability):
            raise NotFound

    def sees_brand(self, brand_id: int) -> bool:
        """Whether things of this brand exist for the actor."""
        return self.brands is None or brand_id in self.brands

    def sees_conversation(
        self, brand_id: int, queue_id: int | None, assignee_id: int | None
    ) -> bool:
        """Whether a conversation that was read is the actor's to work with:
        `workable_conversations` for one row."""
        if not self.sees_brand(brand_id):
            return False
        hidden = queue_id is not None and queue_id in self.hidden_queues
        return not hidden or assignee_id == self.agent_id


def load_actor(conn: Connection, agent_id: int) -> Actor | None:
    """Read an agent's rights; None when the account is closed."""
    reveal = select(installation.c.value).where(installation.c.name == REVEALS)
    row = conn.execute(
        select(
            agents.c.name,
            agents.c.role,
            agents.c.locale,
            agents.c.time_zone,
            agents.c.publishes,
            reveal.scalar_subquery().label("reveal"),
        ).where(agents.c.id == agent_id, agents.c.active)
    ).first()
    if row is None:
        return None
    reveals = row.role in (REVEAL_ROLES if row.reveal is None else row.reveal["roles"])
    if row.role == "admin":
        return Actor(agent_id, row.name, row.role, row.locale, row.time_zone, reveals=reveals)
    brand_ids = conn.execute(
        select(agent_brands.c.brand_id).where(agent_brands.c.agent_id == agent_id)
    ).scalars()
    hidden: frozenset[int] = frozenset()
    if row.role == "agent":
        own = select(team_members.c.team_id).where(team_members.c.agent_id == agent_id)
        hidden = frozenset(
            conn.execute(
                select(queues.c.id).where(
                    queues.c.team_id.is_not(None), queues.c.team_id.not_in(own)
                )
            ).scalars()
        )
    return Actor(
        agent_id,
        row.name,
        row.role,
        row.locale,
        row.time_zone,
        brands=frozenset(brand_ids) or None,
        hidden_queues=hidden,
        publishes=row.publishes or row.role == "supervisor",
        reveals=reveals,
    )


def reveal_roles(conn: Connection) -> tuple[str, ...]:
    """The roles to whom hidden numbers are shown."""
    kept = conn.execute(select(installation.c.value).where(installation.c.name == REVEALS)).scalar()
    return REVEAL_ROLES if kept is None else tuple(kept["roles"])


def visible_conversations(actor: Actor) -> ColumnElement[bool]:
    """The condition every read of conversations carries: theirs to work with, or they were asked
    for help in it and have joined, for as long as that lasts."""
    if actor.brands is None and not actor.hidden_queues:
        return true()
    helping = select(consults.c.conversation_id).where(
        consults.c.to_agent_id == actor.agent_id, consults.c.status == "joined"
    )
    return or_(workable_conversations(actor), conversations.c.id.in_(helping))


def workable_conversations(actor: Actor) -> ColumnElement[bool]:
    """The condition of every change to conversations, but for notes."""
    conditions: list[ColumnElement[bool]] = []
    if actor.brands is not None:
        conditions.append(conversations.c.brand_id.in_(sorted(actor.brands)))
    if actor.hidden_queues:
        conditions.append(
            or_(
                conversations.c.assignee_id == actor.agent_id,
                conversations.c.queue_id.is_(None),
                not_(conversations.c.queue_id.in_(sorted(actor.hidden_queues))),
            )
        )
    return and_(*conditions) if conditions else true()


def visible_queues(actor: Actor) -> ColumnElement[bool]:
    """The condition on queues an actor may see or transfer to; one without brand is everybody's."""
    conditions: list[ColumnElement[bool]] = [queues.c.active]
    if actor.brands is not None:
        conditions.append(
            or_(queues.c.brand_id.is_(None), queues.c.brand_id.in_(sorted(actor.brands)))
        )
    if actor.hidden_queues:
        conditions.append(not_(queues.c.id.in_(sorted(actor.hidden_queues))))
    return and_(*conditions)


def visible_customers(actor: Actor) -> ColumnElement[bool]:
    """The condition on customers: who serves some brands knows those who have talked to them, and
    those who have not talked to anybody yet."""
    if actor.brands is None:
        return true()
    theirs = conversations.c.customer_id == customers.c.id
    return or_(exists().where(theirs, workable_conversations(actor)), ~exists().where(theirs))


def visible_agents(actor: Actor) -> ColumnElement[bool]:
    """The condition on agents: those who serve a brand of the actor's, or every brand."""
    if actor.brands is None:
        return true()
    theirs = agent_brands.c.agent_id == agents.c.id
    shared = exists().where(theirs, agent_brands.c.brand_id.in_(sorted(actor.brands)))
    return or_(shared, agents.c.role == "admin", ~exists().where(theirs))

"""What an agent can choose from: queues and colleagues to transfer to, inboxes, tags, macros."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, func, or_, select, true

from app.models.agent import agent_brands, agents, presence
from app.models.conversation import conversation_tags, tags
from app.models.organisation import brands, inboxes, macros, queues
from app.queries.macro_actions import MacroActions, macro_actions
from app.security.permissions import Actor, visible_agents, visible_queues

SHOWN_TAGS = 100


@dataclass(frozen=True, slots=True)
class Colleague:
    """An agent somebody may hand a conversation to."""

    id: int
    name: str
    state: str
    used: int
    capacity: int


@dataclass(frozen=True, slots=True)
class Macro:
    """A text that is written often; `text` holds placeholders such as {{customer.name}}."""

    id: int
    name: str
    shortcut: str
    text: str
    locale: str
    actions: MacroActions
    queue_name: str  # where its actions move the conversation


@dataclass(frozen=True, slots=True)
class Choice:
    """Something with a name."""

    id: int
    name: str


def queue_choices(conn: Connection, actor: Actor, brand_id: int) -> tuple[Choice, ...]:
    """The queues the actor may transfer a conversation of this brand to."""
    rows = conn.execute(
        select(queues.c.id, queues.c.name)
        .where(
            visible_queues(actor),
            or_(queues.c.brand_id.is_(None), queues.c.brand_id == brand_id),
        )
        .order_by(queues.c.name)
    )
    return tuple(Choice(*row) for row in rows)


def colleague_choices(
    conn: Connection, actor: Actor, brand_id: int | None = None
) -> tuple[Colleague, ...]:
    """The other agents, or those who serve a brand; those who are here first."""
    theirs = agent_brands.c.agent_id == agents.c.id
    own_brand = agent_brands.c.brand_id == brand_id
    rows = conn.execute(
        select(agents.c.id, agents.c.name, presence.c.state, presence.c.used, agents.c.capacity)
        .join(presence, presence.c.agent_id == agents.c.id)
        .where(
            agents.c.active,
            agents.c.id != actor.agent_id,
            or_(
                agents.c.role == "admin",
                ~exists().where(theirs),
                true() if brand_id is None else exists().where(theirs, own_brand),
            ),
        )
        .order_by(agents.c.name)
    ).all()
    order = {"available": 0, "away": 1, "not_ready": 1}
    found = [Colleague(*row) for row in rows]
    return tuple(sorted(found, key=lambda colleague: order.get(colleague.state, 2)))


def email_inboxes(conn: Connection, actor: Actor) -> tuple[Choice, ...]:
    """The inboxes from which somebody may write first."""
    rows = conn.execute(
        select(inboxes.c.id, inboxes.c.name)
        .where(
            inboxes.c.channel == "email", inboxes.c.active, _of_brands(actor, inboxes.c.brand_id)
        )
        .order_by(inboxes.c.name)
    )
    return tuple(Choice(*row) for row in rows)


def brand_choices(conn: Connection, actor: Actor) -> tuple[Choice, ...]:
    """The brands the actor serves."""
    rows = conn.execute(
        select(brands.c.id, brands.c.name)
        .where(brands.c.active, _of_brands(actor, brands.c.id))
        .order_by(brands.c.name)
    )
    return tuple(Choice(*row) for row in rows)


def agent_choices(conn: Connection, actor: Actor) -> tuple[Choice, ...]:
    """The agents the actor knows, oneself too."""
    rows = conn.execute(
        select(agents.c.id, agents.c.name)
        .where(agents.c.active, visible_agents(actor))
        .order_by(agents.c.name)
    )
    return tuple(Choice(*row) for row in rows)


def common_tags(conn: Connection) -> tuple[str, ...]:
    """The tags in use, the commonest first."""
    uses = func.count(conversation_tags.c.id)
    rows = conn.execute(
        select(tags.c.name)
        .outerjoin(conversation_tags, conversation_tags.c.tag_id == tags.c.id)
        .group_by(tags.c.id, tags.c.name)
        .order_by(uses.desc(), tags.c.name)
        .limit(SHOWN_TAGS)
    )
    return tuple(rows.scalars())


def macro_choices(conn: Connection, brand_id: int) -> tuple[Macro, ...]:
    """The macros of a brand, and those of every brand."""
    rows = conn.execute(
        select(macros)
        .where(or_(macros.c.brand_id.is_(None), macros.c.brand_id == brand_id))
        .order_by(macros.c.name)
    ).all()
    does = {row.id: macro_actions(row.actions) for row in rows}
    wanted = {each.queue_id for each in does.values() if each.queue_id is not None}
    named: dict[int | None, str] = {}
    if wanted:
        found = conn.execute(select(queues.c.id, queues.c.name).where(queues.c.id.in_(wanted)))
        named = {row.id: row.name for row in found}
    return tuple(
        Macro(
            row.id,
            row.name,
            row.shortcut,
            row.text,
            row.locale,
            does[row.id],
            named.get(does[row.id].queue_id, ""),
        )
        for row in rows
    )


def _of_brands(actor: Actor, column: ColumnElement[Any]) -> ColumnElement[bool]:
    return true() if actor.brands is None else column.in_(sorted(actor.brands))

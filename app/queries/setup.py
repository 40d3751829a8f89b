"""What the pages of the set-up show: rows, one row's values, and what can be chosen."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select

from app.actions.setup.resource import Resource, Values
from app.actions.setup.sources import SOURCES
from app.db import NotFound
from app.models.agent import agents, invitations, presence, sessions
from app.models.organisation import inboxes

LinksByField = dict[str, dict[int, list[tuple[int, int]]]]
Choices = dict[str, list[tuple[int, str, bool]]]  # source → (id, name, still in use)


@dataclass(frozen=True, slots=True)
class SetupRow:
    """A row of a noun: its values by field, and the columns no field shows."""

    id: int
    values: Values
    row: dict[str, Any]

    @property
    def active(self) -> bool:
        """Whether it is in use; nouns that cannot be retired always are."""
        return bool(self.row.get("active", True))


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation that was not accepted yet."""

    id: int
    email: str
    role: str
    created_at: int
    expires_at: int


def setup_rows(conn: Connection, resource: Resource) -> list[SetupRow]:
    """All rows of a noun, those in use first."""
    table = resource.table
    query = select(table)
    if resource.only is not None:
        query = query.where(resource.only)
    if "active" in table.c:
        query = query.order_by(table.c.active.desc())
    order = table.c[resource.order_by]
    query = query.order_by(order if resource.ordered else func.lower(order), table.c.id)
    links = _links(conn, resource)
    return [_with_links(resource, _plain(row), links) for row in conn.execute(query)]


def setup_row(conn: Connection, resource: Resource, row_id: int) -> SetupRow:
    """One row with its links; NotFound where there is none."""
    query = select(resource.table).where(resource.table.c.id == row_id)
    if resource.only is not None:
        query = query.where(resource.only)
    found = conn.execute(query).first()
    if found is None:
        raise NotFound
    return _with_links(resource, _plain(found), _links(conn, resource, row_id))


def choices(conn: Connection, resource: Resource) -> Choices:
    """What the resource's fields let one choose from, by source."""
    found: Choices = {}
    for source in {each.source for each in resource.fields if each.source}:
        table = SOURCES[source].table
        active = table.c.active if SOURCES[source].active else None
        rows = conn.execute(
            select(table.c.id, table.c.name, *([active] if active is not None else [])).order_by(
                func.lower(table.c.name)
            )
        )
        found[source] = [(row[0], row[1], bool(row[2]) if len(row) > 2 else True) for row in rows]
    return found


def _plain(row: Row[Any]) -> dict[str, Any]:
    return dict(zip(row._fields, row, strict=True))


def _with_links(resource: Resource, row: dict[str, Any], links: LinksByField) -> SetupRow:
    linked = {name: by_row[row["id"]] for name, by_row in links.items()}
    return SetupRow(row["id"], resource.values_of(row) | linked, row)


def _links(conn: Connection, resource: Resource, row_id: int | None = None) -> LinksByField:
    found: LinksByField = {}
    for each in resource.fields:
        link = each.link
        if link is None:
            continue
        own, other = link.table.c[link.own], link.table.c[link.other]
        columns = [own, other, *([link.table.c[link.number]] if link.number else [])]
        query = select(*columns) if row_id is None else select(*columns).where(own == row_id)
        by_row: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for row in conn.execute(query.order_by(other)):
            by_row[row[0]].append((row[1], row[2] if link.number else 0))
        found[each.name] = by_row
    return found


def open_invitations(conn: Connection, now: int) -> list[Invitation]:
    """Who was invited and has not come yet."""
    rows = conn.execute(
        select(invitations)
        .where(invitations.c.used_at.is_(None), invitations.c.expires_at > now)
        .order_by(invitations.c.id.desc())
    )
    return [Invitation(r.id, r.email, r.role, r.created_at, r.expires_at) for r in rows]


def agent_facts(conn: Connection, agent_id: int, now: int) -> dict[str, Any]:
    """What the page of an agent shows beside the form."""
    row = conn.execute(
        select(agents.c.email, agents.c.active, presence.c.state, presence.c.seen_at)
        .outerjoin(presence, presence.c.agent_id == agents.c.id)
        .where(agents.c.id == agent_id)
    ).one()
    signed_in = conn.execute(
        select(func.count())
        .select_from(sessions)
        .where(sessions.c.agent_id == agent_id, sessions.c.expires_at > now)
    ).scalar_one()
    return {
        "email": row.email,
        "active": row.active,
        "state": row.state or "offline",
        "seen_at": row.seen_at,
        "sessions": signed_in,
    }


def agent_states(conn: Connection) -> dict[int, dict[str, Any]]:
    """Address and presence of every agent, for the list."""
    rows = conn.execute(
        select(agents.c.id, agents.c.email, presence.c.state).outerjoin(
            presence, presence.c.agent_id == agents.c.id
        )
    )
    return {row.id: {"email": row.email, "state": row.state or "offline"} for row in rows}


def steps(conn: Connection) -> dict[str, bool]:
    """Which steps of the set-up are done."""
    channels = set(
        conn.execute(select(inboxes.c.channel).where(inboxes.c.active).distinct()).scalars()
    )
    people = conn.execute(
        select(func.count()).select_from(agents).where(agents.c.active)
    ).scalar_one()
    return {
        "email": "email" in channels,
        "chat": "chat" in channels,
        "form": "form" in channels,
        "agents": people > 1,
    }

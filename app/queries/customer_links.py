"""What ties customers together: who is found by an identity, who was merged, who may be the same,
what each source says of them."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, and_, or_, select

from app.db import NotFound
from app.models.agent import agents
from app.models.customer import customers, identities
from app.models.party import (
    customer_merges,
    duplicate_pairs,
    field_values,
    identity_holders,
    memberships,
)
from app.queries.customers import known_customers, present_customers, require_customer
from app.security.permissions import Actor, visible_customers

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Links:
    """What ties a customer to others, and what sources disagree about."""

    merges: list[Record]
    duplicates: list[Record]
    doubts: list[Record]
    people: list[Record]
    organisations: list[Record]


def links_of(conn: Connection, actor: Actor, customer_id: int) -> Links:
    """All of it, for the customer's page."""
    return Links(
        merges_of(conn, actor, customer_id),
        duplicates_of(conn, actor, customer_id),
        [one for one in values_of(conn, actor, customer_id) if one["state"] == "conflict"],
        people_of(conn, actor, customer_id),
        organisations_of(conn, actor, customer_id),
    )


def ids_known_by(conn: Connection, actor: Actor, kind: str, value: str) -> list[int]:
    """Customers known by an identity: its owner first, then others who gave it as well. More than
    one means that it tells nobody apart by itself."""
    owner = select(customers.c.id).join(identities, identities.c.customer_id == customers.c.id)
    holder = (
        select(customers.c.id)
        .join(identity_holders, identity_holders.c.customer_id == customers.c.id)
        .join(identities, identities.c.id == identity_holders.c.identity_id)
        .order_by(identity_holders.c.id)
        .limit(20)
    )
    found: list[int] = []
    for query in (owner, holder):
        asked = query.where(
            identities.c.kind == kind,
            identities.c.value == value,
            visible_customers(actor),
            present_customers(),
        )
        found += [each for each in conn.execute(asked).scalars() if each not in found]
    return found


def merges_of(conn: Connection, actor: Actor, customer_id: int) -> list[Record]:
    """The merges a customer took part in, newest first."""
    require_customer(conn, actor, customer_id)
    rows = conn.execute(
        select(
            customer_merges.c.id,
            customer_merges.c.winner_id,
            customer_merges.c.loser_id,
            customer_merges.c.reason,
            customer_merges.c.at,
            customer_merges.c.undone_at,
            customers.c.name.label("loser_name"),
            agents.c.name.label("by"),
        )
        .join(customers, customers.c.id == customer_merges.c.loser_id)
        .outerjoin(agents, agents.c.id == customer_merges.c.agent_id)
        .where(
            or_(
                customer_merges.c.winner_id == customer_id,
                customer_merges.c.loser_id == customer_id,
            )
        )
        .order_by(customer_merges.c.id.desc())
        .limit(50)
    )
    return [dict(row._mapping) for row in rows]


def merge_of(conn: Connection, actor: Actor, customer_id: int, merge_id: int) -> int:
    """The id of a merge of this customer; NotFound where it is another's."""
    if all(merge["id"] != merge_id for merge in merges_of(conn, actor, customer_id)):
        raise NotFound
    return merge_id


def duplicates_of(conn: Connection, actor: Actor, customer_id: int) -> list[Record]:
    """Who may be the same person, the likeliest first, with the reasons."""
    require_customer(conn, actor, customer_id)
    pair = duplicate_pairs.c
    other = or_(
        and_(pair.a_id == customer_id, pair.b_id == customers.c.id),
        and_(pair.b_id == customer_id, pair.a_id == customers.c.id),
    )
    rows = conn.execute(
        select(
            customers.c.id, customers.c.name, customers.c.email, customers.c.phone,
            pair.reasons, pair.score,
        )
        .join(duplicate_pairs, other)
        .where(pair.state == "open", known_customers(actor))
        .order_by(pair.score.desc(), customers.c.id)
        .limit(20)
    )  # fmt: skip
    return [dict(row._mapping) for row in rows]


def open_pairs(
    conn: Connection, actor: Actor, after: int = 0, limit: int = 50
) -> list[tuple[Record, Record, Record]]:
    """Pairs that nobody has decided, the likeliest first: what is suspected, and both customers."""
    require = known_customers(actor)
    known = select(customers.c.id).where(require).correlate(None)
    pair = duplicate_pairs.c
    pairs = conn.execute(
        select(duplicate_pairs)
        .where(pair.state == "open", pair.a_id.in_(known), pair.b_id.in_(known))
        .order_by(pair.score.desc(), pair.id)
        .offset(after)
        .limit(limit)
    ).all()
    ids = {each for row in pairs for each in (row.a_id, row.b_id)}
    people = {
        row.id: dict(row._mapping)
        for row in conn.execute(
            select(
                *(
                    customers.c[name]
                    for name in ("id", "name", "email", "phone", "company", "seen_at")
                )
            ).where(customers.c.id.in_(ids))
        )
    }
    return [(dict(row._mapping), people[row.a_id], people[row.b_id]) for row in pairs]


def values_of(conn: Connection, actor: Actor, customer_id: int) -> list[Record]:
    """What each source says of a customer, by field, newest first."""
    require_customer(conn, actor, customer_id)
    names = ("id", "field", "value", "source", "verified", "state", "at")
    rows = conn.execute(
        select(*(field_values.c[name] for name in names), agents.c.name.label("by"))
        .outerjoin(agents, agents.c.id == field_values.c.agent_id)
        .where(field_values.c.customer_id == customer_id)
        .order_by(field_values.c.field, field_values.c.id.desc())
        .limit(200)
    )
    return [dict(row._mapping) for row in rows]


def people_of(conn: Connection, actor: Actor, organisation_id: int) -> list[Record]:
    """Who belongs to an organisation, and as what."""
    require_customer(conn, actor, organisation_id)
    return _members(
        conn, actor, memberships.c.organisation_id == organisation_id, memberships.c.customer_id
    )


def organisations_of(conn: Connection, actor: Actor, customer_id: int) -> list[Record]:
    """The organisations somebody belongs to."""
    require_customer(conn, actor, customer_id)
    return _members(
        conn, actor, memberships.c.customer_id == customer_id, memberships.c.organisation_id
    )


def _members(conn: Connection, actor: Actor, theirs: Any, other: Any) -> list[Record]:
    rows: list[Row[Any]] = list(
        conn.execute(
            select(
                customers.c.id, customers.c.name, customers.c.email, customers.c.phone,
                memberships.c.role, memberships.c.since_at, memberships.c.until_at,
            )
            .join(memberships, other == customers.c.id)
            .where(theirs, known_customers(actor))
            .order_by(memberships.c.until_at.is_not(None), customers.c.name, customers.c.id)
            .limit(200)
        )
    )  # fmt: skip
    return [dict(row._mapping) for row in rows]

"""Which rows belong to a customer, and moving them to another; the stricter of two consents."""

from typing import Any

from sqlalchemy import Column, Row, Table, and_, insert, or_, select, tuple_, update

from app.db import Tx
from app.models.activity import activities, order_returns, orders, sends
from app.models.consent import (
    consents,
    contact_preferences,
    legal_holds,
    portal_sessions,
    rights_requests,
)
from app.models.conversation import conversations, messages
from app.models.customer import identities, visitor_sessions
from app.models.party import customer_tags, field_values, identity_holders, memberships
from app.models.promise import customer_facts, promises, tasks

# Every row that says whose it is. Beside the column: what must stay unique for one customer.
OWNED: tuple[tuple[Table, str, tuple[str, ...]], ...] = (
    (identities, "customer_id", ()),
    (conversations, "customer_id", ()),
    (messages, "customer_id", ()),
    (visitor_sessions, "customer_id", ()),
    (activities, "customer_id", ()),
    (orders, "customer_id", ()),
    (order_returns, "customer_id", ()),
    (sends, "customer_id", ()),
    (customer_facts, "customer_id", ()),
    (promises, "customer_id", ()),
    (tasks, "customer_id", ()),
    (consents, "customer_id", ()),
    (portal_sessions, "customer_id", ()),
    (rights_requests, "customer_id", ()),
    (legal_holds, "customer_id", ()),
    (contact_preferences, "customer_id", ()),
    (customer_tags, "customer_id", ("name", "set_by")),
    (memberships, "customer_id", ("organisation_id",)),
    (memberships, "organisation_id", ("customer_id",)),
    (identity_holders, "customer_id", ("identity_id",)),
    (field_values, "customer_id", ()),
)
Restated = list[tuple[int, str]]
ONE_EACH = frozenset({"contact_preferences"})
AT_ONCE = 500  # ids to a statement


def move_rows(tx: Tx, from_id: int, to_id: int) -> dict[str, list[int]]:
    """Move what can be; what the other has as well stays behind with the alias. Returns the ids."""
    moved = {}
    for table, column, unique in OWNED:
        ids = _movable(tx, table, table.c[column], unique, from_id, to_id)
        give_rows(tx, table, column, ids, to_id)
        if ids:
            moved[f"{table.name}.{column}"] = ids
    return moved


def give_rows(tx: Tx, table: Table, column: str, ids: list[int], to_id: int) -> None:
    """These rows are that customer's now."""
    for at in range(0, len(ids), AT_ONCE):
        tx.execute(
            update(table).where(table.c.id.in_(ids[at : at + AT_ONCE])).values({column: to_id})
        )


def _movable(
    tx: Tx, table: Table, column: Column[Any], unique: tuple[str, ...], from_id: int, to_id: int
) -> list[int]:
    query = select(table.c.id).where(column == from_id).order_by(table.c.id)
    if table.name in ONE_EACH:
        query = query.where(~select(table.c.id).where(column == to_id).exists())
    elif unique:
        other = table.alias("other")
        taken = select(*(other.c[name] for name in unique)).where(other.c[column.name] == to_id)
        query = query.where(tuple_(*(table.c[name] for name in unique)).not_in(taken))
    return list(tx.execute(query).scalars())


def step_back(
    tx: Tx, one_id: int, kept: set[str], given_up: set[str], moved: list[int]
) -> Restated:
    """Of each field one value stays in use: of `kept` fields the one the customer had, of those
    `given_up` the one that was moved here. Returns (id, state before) of what steps back."""
    value = field_values.c
    of_others = value.id.in_(moved)
    rows = tx.execute(
        select(value.id, value.state).where(
            value.customer_id == one_id,
            value.state == "used",
            or_(
                and_(of_others, value.field.in_(kept)), and_(~of_others, value.field.in_(given_up))
            ),
        )
    ).all()
    if rows:
        tx.execute(
            update(field_values)
            .where(value.id.in_([row.id for row in rows]))
            .values(state="earlier")
        )
    return [(row.id, row.state) for row in rows]


def stricter_consents(tx: Tx, one_id: int, other_id: int) -> list[int]:
    """Where one has refused what the other has granted, a refusal is added: it is the latest word
    once they are one. Returns the ids of what was added, which belong to `one_id`."""
    mine, theirs = _last_words(tx, one_id), _last_words(tx, other_id)
    needed = {}
    for refusals, grants in ((mine, theirs), (theirs, mine)):
        for refusal in (row for row in refusals if row.status != "granted"):
            for grant in (row for row in grants if row.status == "granted"):
                where = _common(refusal, grant)
                if where is not None:
                    needed[where] = refusal
    return [
        tx.execute(
            insert(consents)
            .values(
                customer_id=one_id, purpose=purpose, channel=channel, brand_id=brand_id,
                status=refusal.status, text_id=refusal.text_id, source="merge", at=tx.now,
            )
            .returning(consents.c.id)
        ).scalar_one()
        for (purpose, channel, brand_id), refusal in needed.items()
    ]  # fmt: skip


def _last_words(tx: Tx, customer_id: int) -> list[Row[Any]]:
    rows = tx.execute(
        select(consents)
        .where(consents.c.customer_id == customer_id)
        .order_by(consents.c.at, consents.c.id)
    ).all()
    return list({(row.purpose, row.channel, row.brand_id): row for row in rows}.values())


def _common(one: Row[Any], other: Row[Any]) -> tuple[str, str, int | None] | None:
    """What two consents both speak of; no channel is every channel, no brand every brand."""
    if one.purpose != other.purpose:
        return None
    if one.channel and other.channel and one.channel != other.channel:
        return None
    if one.brand_id and other.brand_id and one.brand_id != other.brand_id:
        return None
    return one.purpose, one.channel or other.channel, one.brand_id or other.brand_id

"""Who wrote: find the customer by an identity, or make one; keep what is learned about them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, select, tuple_, update

from app.db import Invalid, NotFound, Tx
from app.events import CustomerChanged
from app.models.customer import customers, identities
from channels.values import Identity
from knowledge.text import searchable

EDITABLE = ("name", "email", "phone", "language", "time_zone", "company", "notes", "blocked")


def find_or_create_customer(
    tx: Tx, known_as: Sequence[Identity], name: str = "", language: str = ""
) -> int:
    """The customer with one of these identities, verified ones first; new identities are added.

    An unverified identity never moves from one customer to another: two people are not glued
    together because one typed the other's address.
    """
    if not known_as:
        raise Invalid(identities="required")
    rows = tx.execute(
        select(identities.c.kind, identities.c.value, identities.c.customer_id).where(
            tuple_(identities.c.kind, identities.c.value).in_([(i.kind, i.value) for i in known_as])
        )
    ).all()
    owner = {(row.kind, row.value): row.customer_id for row in rows}
    ranked = sorted(known_as, key=lambda identity: not identity.verified)
    customer_id = next((owner[i.kind, i.value] for i in ranked if (i.kind, i.value) in owner), None)
    if customer_id is None:
        customer_id = _create(tx, known_as, name, language)
    else:
        _learn(tx, customer_id, name, language)
    fresh = [i for i in known_as if (i.kind, i.value) not in owner]
    if fresh:
        tx.execute(
            insert(identities),
            [
                {
                    "customer_id": customer_id,
                    "kind": i.kind,
                    "value": i.value,
                    "verified": i.verified,
                    "created_at": tx.now,
                }
                for i in fresh
            ],
        )
        _fill_contact_data(tx, customer_id, fresh)
        refresh_searchable(tx, customer_id)
        tx.emit(CustomerChanged(customer_id))
    return customer_id


def edit_customer(tx: Tx, customer_id: int, changes: dict[str, Any]) -> None:
    """Change what agents may edit of a customer; unknown fields are refused."""
    wrong = [name for name in changes if name not in EDITABLE]
    if wrong:
        raise Invalid(**dict.fromkeys(wrong, "not_editable"))
    done = tx.execute(update(customers).where(customers.c.id == customer_id).values(**changes))
    if done.rowcount == 0:
        raise NotFound
    refresh_searchable(tx, customer_id)
    tx.emit(CustomerChanged(customer_id))


def refresh_searchable(tx: Tx, customer_id: int) -> None:
    """Fold name, company and identities into the text that search looks at."""
    row = tx.execute(
        select(customers.c.name, customers.c.company).where(customers.c.id == customer_id)
    ).one()
    values = tx.execute(
        select(identities.c.value).where(identities.c.customer_id == customer_id)
    ).scalars()
    text = searchable(" ".join([row.name, row.company, *values]))
    tx.execute(update(customers).where(customers.c.id == customer_id).values(searchable=text))


def _create(tx: Tx, known_as: Sequence[Identity], name: str, language: str) -> int:
    customer_id: int = tx.execute(
        insert(customers)
        .values(name=name, language=language, fields={}, created_at=tx.now, seen_at=tx.now)
        .returning(customers.c.id)
    ).scalar_one()
    return customer_id


def _learn(tx: Tx, customer_id: int, name: str, language: str) -> None:
    row = tx.execute(
        select(customers.c.name, customers.c.language).where(customers.c.id == customer_id)
    ).one()
    changes: dict[str, Any] = {"seen_at": tx.now}
    if name and not row.name:
        changes["name"] = name
    if language and not row.language:
        changes["language"] = language
    tx.execute(update(customers).where(customers.c.id == customer_id).values(**changes))
    if len(changes) > 1:
        refresh_searchable(tx, customer_id)
        tx.emit(CustomerChanged(customer_id))


def _fill_contact_data(tx: Tx, customer_id: int, fresh: Sequence[Identity]) -> None:
    """The first email and phone become the ones to write to and to call."""
    for kind, column in (("email", customers.c.email), ("phone", customers.c.phone)):
        value = next((i.value for i in fresh if i.kind == kind), None)
        if value is not None:
            tx.execute(
                update(customers)
                .where(customers.c.id == customer_id, column == "")
                .values({column.name: value})
            )

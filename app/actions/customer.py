"""Who wrote: find the customer by an identity, or make one; keep what is learned about them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, bindparam, insert, select, tuple_, update

from app.actions.rows import add_row, change_row
from app.db import Invalid, NotFound, Tx
from app.events import CustomerChanged
from app.models.customer import customers, identities
from channels.values import Identity
from knowledge.text import searchable

EDITABLE = ("name", "email", "phone", "language", "time_zone", "company", "notes", "blocked")


_OWNERS = select(identities.c.kind, identities.c.value, identities.c.customer_id)
_OWNER = _OWNERS.where(
    identities.c.kind == bindparam("kind"), identities.c.value == bindparam("value")
)
_ADD_IDENTITY = insert(identities)
_THIS = customers.c.id == bindparam("row_id")
_KNOWN = select(customers.c.name, customers.c.language, customers.c.company).where(_THIS)
_VALUES = select(identities.c.value).where(identities.c.customer_id == bindparam("row_id"))


def find_or_create_customer(
    tx: Tx, known_as: Sequence[Identity], name: str = "", language: str = ""
) -> int:
    """The customer with one of these identities, verified ones first; new identities are added.

    An unverified identity never moves from one customer to another: two people are not glued
    together because one typed the other's address.
    """
    if not known_as:
        raise Invalid(identities="required")
    owner: dict[tuple[str, str], int] = {
        (row.kind, row.value): row.customer_id for row in _owners(tx, known_as)
    }
    ranked = sorted(known_as, key=lambda identity: not identity.verified)
    customer_id = next((owner[i.kind, i.value] for i in ranked if (i.kind, i.value) in owner), None)
    if customer_id is None:
        return _create(tx, known_as, name, language)
    _learn(tx, customer_id, name, language)
    fresh = [i for i in known_as if (i.kind, i.value) not in owner]
    if fresh:
        _add_identities(tx, customer_id, fresh)
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
    row = tx.execute(_KNOWN, {"row_id": customer_id}).one()
    values = tx.execute(_VALUES, {"row_id": customer_id}).scalars()
    text = searchable(" ".join([row.name, row.company, *values]))
    change_row(tx, customers, customer_id, searchable=text)


def _owners(tx: Tx, known_as: Sequence[Identity]) -> Sequence[Row[Any]]:
    if len(known_as) == 1:
        return tx.execute(_OWNER, {"kind": known_as[0].kind, "value": known_as[0].value}).all()
    pairs = tuple_(identities.c.kind, identities.c.value)
    return tx.execute(_OWNERS.where(pairs.in_([(i.kind, i.value) for i in known_as]))).all()


def _create(tx: Tx, known_as: Sequence[Identity], name: str, language: str) -> int:
    customer_id = add_row(
        tx,
        customers,
        name=name,
        language=language,
        email=_first("email", known_as) or "",
        phone=_first("phone", known_as) or "",
        searchable=searchable(" ".join([name, *(i.value for i in known_as)])),
        fields={},
        created_at=tx.now,
        seen_at=tx.now,
    )
    _add_identities(tx, customer_id, known_as)
    tx.emit(CustomerChanged(customer_id))
    return customer_id


def _first(kind: str, known_as: Sequence[Identity]) -> str | None:
    return next((i.value for i in known_as if i.kind == kind), None)


def _add_identities(tx: Tx, customer_id: int, fresh: Sequence[Identity]) -> None:
    unique = {(i.kind, i.value): i for i in reversed(fresh)}
    tx.execute(
        _ADD_IDENTITY,
        [
            {
                "customer_id": customer_id,
                "kind": i.kind,
                "value": i.value,
                "verified": i.verified,
                "created_at": tx.now,
            }
            for i in unique.values()
        ],
    )


def _learn(tx: Tx, customer_id: int, name: str, language: str) -> None:
    row = tx.execute(_KNOWN, {"row_id": customer_id}).one()
    changes: dict[str, Any] = {"seen_at": tx.now}
    if name and not row.name:
        changes["name"] = name
    if language and not row.language:
        changes["language"] = language
    change_row(tx, customers, customer_id, **changes)
    if len(changes) > 1:
        refresh_searchable(tx, customer_id)
        tx.emit(CustomerChanged(customer_id))


def _fill_contact_data(tx: Tx, customer_id: int, fresh: Sequence[Identity]) -> None:
    """The first email and phone become the ones to write to and to call."""
    for kind, column in (("email", customers.c.email), ("phone", customers.c.phone)):
        value = _first(kind, fresh)
        if value is not None:
            tx.execute(
                update(customers)
                .where(customers.c.id == customer_id, column == "")
                .values({column.name: value})
            )

"""Who wrote: find the customer by an identity, or make one; keep what is learned about them."""

from collections.abc import Sequence
from typing import Any, Literal

from sqlalchemy import Row, bindparam, select, tuple_, update

from app.actions.customer_field import COLUMNS, set_fields
from app.actions.identity import Owned, Owners, give_identities, lead_to
from app.actions.rows import add_row, change_row
from app.db import Invalid, Tx
from app.events import CustomerChanged
from app.models.customer import customers, identities
from channels.identity import normalise
from channels.values import Identity
from knowledge.sensitive import unmask_numbers
from knowledge.text import searchable

EDITABLE = (
    "name", "email", "phone", "language", "time_zone", "company", "notes", "blocked", "birthday",
    "kind", "party",
)  # fmt: skip
PARTIES = (
    "customer", "press", "government", "association", "partner", "supplier", "employee",
)  # fmt: skip
CHOICES = {"kind": ("person", "organisation"), "party": PARTIES}

_OWNERS = select(
    identities.c.id,
    identities.c.kind,
    identities.c.value,
    identities.c.customer_id,
    identities.c.shared,
)
_OWNER = _OWNERS.where(
    identities.c.kind == bindparam("kind"), identities.c.value == bindparam("value")
)
_THIS = customers.c.id == bindparam("row_id")
_KNOWN = select(customers.c.name, customers.c.language, customers.c.company).where(_THIS)
_VALUES = select(identities.c.value).where(identities.c.customer_id == bindparam("row_id"))


def find_or_create_customer(
    tx: Tx, known_as: Sequence[Identity], name: str = "", language: str = "", source: str = ""
) -> int:
    """The customer with one of these identities, verified ones first; new identities are added.

    An identity never moves from one customer to another by itself: two people are not glued
    together because one gave the other's address. What speaks against: see `app.actions.identity`.
    """
    if not known_as:
        raise Invalid(identities="required")
    owners = owners_of(tx, known_as)
    customer_id = lead_to(tx, known_as, owners)
    if customer_id is None:
        return _create(tx, known_as, name, language, source, owners)
    _learn(tx, customer_id, name, language)
    if all((i.kind, i.value) in owners for i in known_as) and len(known_as) == 1:
        return customer_id
    fresh = give_identities(tx, customer_id, known_as, owners, source)
    if fresh:
        _fill_contact_data(tx, customer_id, fresh)
        refresh_searchable(tx, customer_id)
        tx.emit(CustomerChanged(customer_id))
    return customer_id


def edit_customer(
    tx: Tx,
    customer_id: int,
    changes: dict[str, Any],
    *,
    source: str = "agent",
    agent_id: int | None = None,
) -> None:
    """Change what agents may edit of a customer; unknown fields are refused.

    What a person sets decides every doubt about a field. A new address or number is one more way
    in which the customer is known, unless it is somebody else's.
    """
    wrong = [name for name in changes if name not in EDITABLE]
    if wrong:
        raise Invalid(**dict.fromkeys(wrong, "not_editable"))
    for field, allowed in CHOICES.items():
        if changes.get(field, allowed[0]) not in allowed:
            raise Invalid(**{field: "unknown"})
    if "notes" in changes:  # whoever edits them sees dots in place of some numbers
        kept = select(customers.c.notes).where(customers.c.id == customer_id)
        before = tx.execute(kept).scalar() or ""
        changes = {**changes, "notes": unmask_numbers(changes["notes"], before)}
    said = {name: str(value) for name, value in changes.items() if name in COLUMNS}
    set_fields(tx, customer_id, said, source, agent_id)
    tx.execute(update(customers).where(customers.c.id == customer_id).values(**changes))
    _add_contact_data(tx, customer_id, changes, source)
    refresh_searchable(tx, customer_id)
    tx.emit(CustomerChanged(customer_id))


def _add_contact_data(tx: Tx, customer_id: int, changes: dict[str, Any], source: str) -> None:
    kinds: tuple[Literal["email", "phone"], ...] = ("email", "phone")
    found = [
        Identity(kind, value)
        for kind in kinds
        if changes.get(kind) and (value := normalise(kind, changes[kind])) is not None
    ]
    if found:
        give_identities(tx, customer_id, found, owners_of(tx, found), source)


def refresh_searchable(tx: Tx, customer_id: int) -> None:
    """Fold name, company and identities into the text that search looks at."""
    row = tx.execute(_KNOWN, {"row_id": customer_id}).one()
    values = tx.execute(_VALUES, {"row_id": customer_id}).scalars()
    text = searchable(" ".join([row.name, row.company, *values]))
    change_row(tx, customers, customer_id, searchable=text)


def owners_of(tx: Tx, known_as: Sequence[Identity]) -> Owners:
    """Which of these identities somebody has."""
    return {
        (row.kind, row.value): Owned(row.id, row.customer_id, row.shared)
        for row in _owners(tx, known_as)
    }


def _owners(tx: Tx, known_as: Sequence[Identity]) -> Sequence[Row[Any]]:
    if len(known_as) == 1:
        return tx.execute(_OWNER, {"kind": known_as[0].kind, "value": known_as[0].value}).all()
    pairs = tuple_(identities.c.kind, identities.c.value)
    return tx.execute(_OWNERS.where(pairs.in_([(i.kind, i.value) for i in known_as]))).all()


def _create(
    tx: Tx,
    known_as: Sequence[Identity],
    name: str,
    language: str,
    source: str,
    owners: Owners,
) -> int:
    customer_id = add_row(
        tx,
        customers,
        name=name,
        language=language,
        email=_first("email", known_as) or "",
        phone=_first("phone", known_as) or "",
        source=source,
        searchable=searchable(" ".join([name, *(i.value for i in known_as)])),
        fields={},
        created_at=tx.now,
        seen_at=tx.now,
    )
    give_identities(tx, customer_id, known_as, owners, source)
    tx.emit(CustomerChanged(customer_id))
    return customer_id


def _first(kind: str, known_as: Sequence[Identity]) -> str | None:
    return next((i.value for i in known_as if i.kind == kind), None)


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

"""What each source says of a customer: one value is in use, another that differs waits as a doubt.

Whoever is nearer to the customer is believed: what an agent or the customer has set before what
was verified, and that before what anybody else says. A source may correct itself. Equals that
differ are never overwritten: somebody decides.
"""

from typing import Any

from sqlalchemy import Row, insert, select, update

from app.db import NotFound, Tx
from app.models.customer import customers
from app.models.party import field_values

COLUMNS = ("name", "email", "phone", "language", "time_zone", "company", "birthday")
OWN = ("agent", "customer")  # set by a person who has to do with them


def rank(source: str, verified: bool) -> int:
    """How far a source is believed."""
    return 3 if source in OWN else 2 if verified else 1


def learn_field(
    tx: Tx, customer_id: int, field: str, value: str, source: str, *, verified: bool = False
) -> str:
    """A source says what a field is. Returns "used", "same", "conflict" or "earlier".

    Fields that are no column go to `customers.fields`.
    """
    row = tx.execute(select(customers).where(customers.c.id == customer_id)).one()
    current = current_value(row, field)
    used = _in_use(tx, customer_id, field)
    if value == current:
        _remember(tx, customer_id, field, value, source, verified, "used", only_new=True)
        return "same"
    if not current or _may_replace(used, row.source, source, verified):
        retire(tx, customer_id, field, ("used",))
        set_value(tx, row, field, value)
        _remember(tx, customer_id, field, value, source, verified, "used")
        return "used"
    theirs = rank(used.source, used.verified) if used else 1
    state = "conflict" if rank(source, verified) == theirs else "earlier"
    _remember(tx, customer_id, field, value, source, verified, state, only_new=True)
    return state


def set_fields(
    tx: Tx, customer_id: int, values: dict[str, str], source: str, agent_id: int | None = None
) -> None:
    """A person sets fields: that decides every doubt about them."""
    row = tx.execute(select(customers).where(customers.c.id == customer_id)).first()
    if row is None:
        raise NotFound
    for field, value in values.items():
        if value == current_value(row, field) and not _doubted(tx, customer_id, field):
            continue
        retire(tx, customer_id, field, ("used", "conflict"))
        if value:
            _remember(tx, customer_id, field, value, source, False, "used", agent_id=agent_id)


def current_value(row: Row[Any], field: str) -> str:
    """What a customer's row says of a field."""
    if field in COLUMNS:
        return str(getattr(row, field) or "")
    return str((row.fields or {}).get(field, ""))


def set_value(tx: Tx, row: Row[Any], field: str, value: str) -> None:
    """Write a field into the customer's row."""
    changes: dict[str, Any] = {field: value}
    if field not in COLUMNS:
        kept = tx.execute(select(customers.c.fields).where(customers.c.id == row.id)).scalar_one()
        changes = {"fields": {**(kept or {}), field: value}}
    tx.execute(update(customers).where(customers.c.id == row.id).values(**changes))


def retire(tx: Tx, customer_id: int, field: str, states: tuple[str, ...]) -> None:
    """What was said of a field counts no more."""
    tx.execute(
        update(field_values)
        .where(
            field_values.c.customer_id == customer_id,
            field_values.c.field == field,
            field_values.c.state.in_(states),
        )
        .values(state="earlier")
    )


def _may_replace(used: Row[Any] | None, first_source: str, source: str, verified: bool) -> bool:
    before = used.source if used else first_source
    theirs = rank(used.source, used.verified) if used else 1
    ours = rank(source, verified)
    return ours > theirs or (ours == theirs and before == source)


def _in_use(tx: Tx, customer_id: int, field: str) -> Row[Any] | None:
    return tx.execute(
        select(field_values)
        .where(
            field_values.c.customer_id == customer_id,
            field_values.c.field == field,
            field_values.c.state == "used",
        )
        .order_by(field_values.c.verified.desc(), field_values.c.id.desc())
        .limit(1)
    ).first()


def _doubted(tx: Tx, customer_id: int, field: str) -> bool:
    return (
        tx.execute(
            select(field_values.c.id)
            .where(
                field_values.c.customer_id == customer_id,
                field_values.c.field == field,
                field_values.c.state == "conflict",
            )
            .limit(1)
        ).first()
        is not None
    )


def _remember(
    tx: Tx,
    customer_id: int,
    field: str,
    value: str,
    source: str,
    verified: bool,
    state: str,
    *,
    agent_id: int | None = None,
    only_new: bool = False,
) -> None:
    same = (
        field_values.c.customer_id == customer_id,
        field_values.c.field == field,
        field_values.c.source == source,
        field_values.c.value == value,
    )
    if only_new and tx.execute(select(field_values.c.id).where(*same).limit(1)).first():
        if verified:
            tx.execute(update(field_values).where(*same).values(verified=True))
        return
    tx.execute(
        insert(field_values).values(
            customer_id=customer_id, field=field, value=value, source=source[:40],
            verified=verified, state=state, agent_id=agent_id, at=tx.now,
        )
    )  # fmt: skip

"""Somebody decides which of two values of a customer is right."""

from sqlalchemy import insert, select, update

from app.actions.customer import refresh_searchable
from app.actions.customer_field import current_value, retire, set_value
from app.db import NotFound, Tx
from app.events import CustomerChanged
from app.models.customer import customers
from app.models.party import field_values
from app.queries.customers import require_customer
from app.security.permissions import Actor


def settle_field(tx: Tx, actor: Actor, customer_id: int, value_id: int) -> None:
    """Somebody decides a doubt: this value is the one in use from now on."""
    require_customer(tx.conn, actor, customer_id)
    row = tx.execute(
        select(field_values).where(
            field_values.c.id == value_id, field_values.c.customer_id == customer_id
        )
    ).first()
    if row is None:
        raise NotFound
    customer = tx.execute(select(customers).where(customers.c.id == customer_id)).one()
    mine = current_value(customer, row.field)
    retire(tx, customer_id, row.field, ("used", "conflict"))
    tx.execute(
        update(field_values)
        .where(field_values.c.id == value_id)
        .values(state="used", agent_id=actor.agent_id, at=tx.now)
    )
    if mine and mine != row.value:
        tx.execute(
            insert(field_values).values(
                customer_id=customer_id, field=row.field, value=mine,
                source=customer.source or "earlier", state="earlier", at=tx.now,
            )
        )  # fmt: skip
    set_value(tx, customer, row.field, row.value)
    refresh_searchable(tx, customer_id)
    tx.emit(CustomerChanged(customer_id))

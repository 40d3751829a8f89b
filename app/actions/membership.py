"""People belong to organisations, as something, from and until some day."""

from sqlalchemy import delete, insert, select, update

from app.db import Invalid, NotFound, Tx
from app.events import CustomerChanged
from app.models.customer import customers
from app.models.party import memberships
from app.queries.customers import require_customer
from app.security.permissions import Actor


def put_member(
    tx: Tx,
    actor: Actor,
    organisation_id: int,
    customer_id: int,
    role: str = "",
    since_at: int | None = None,
    until_at: int | None = None,
) -> None:
    """Somebody belongs to an organisation; again, and it says so in other words."""
    _require(tx, actor, organisation_id, customer_id)
    if until_at is not None and since_at is not None and until_at < since_at:
        raise Invalid(until_at="before_since")
    values = {"role": role.strip()[:80], "since_at": since_at, "until_at": until_at}
    done = tx.execute(
        update(memberships)
        .where(
            memberships.c.organisation_id == organisation_id,
            memberships.c.customer_id == customer_id,
        )
        .values(**values)
    )
    if done.rowcount == 0:
        tx.execute(
            insert(memberships).values(
                organisation_id=organisation_id,
                customer_id=customer_id,
                created_at=tx.now,
                **values,
            )
        )
    _tell(tx, organisation_id, customer_id)


def remove_member(tx: Tx, actor: Actor, organisation_id: int, customer_id: int) -> None:
    """They do not belong to it; NotFound if they never did."""
    _require(tx, actor, organisation_id, customer_id)
    done = tx.execute(
        delete(memberships).where(
            memberships.c.organisation_id == organisation_id,
            memberships.c.customer_id == customer_id,
        )
    )
    if done.rowcount == 0:
        raise NotFound
    _tell(tx, organisation_id, customer_id)


def _require(tx: Tx, actor: Actor, organisation_id: int, customer_id: int) -> None:
    for each in (organisation_id, customer_id):
        require_customer(tx.conn, actor, each)
    kinds = {
        row.id: row.kind
        for row in tx.execute(
            select(customers.c.id, customers.c.kind).where(
                customers.c.id.in_([organisation_id, customer_id])
            )
        )
    }
    if kinds[organisation_id] != "organisation":
        raise Invalid(organisation="a_person")
    if organisation_id == customer_id:
        raise Invalid(customer="the_same")


def _tell(tx: Tx, *customer_ids: int) -> None:
    for each in customer_ids:
        tx.emit(CustomerChanged(each))

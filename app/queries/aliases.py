"""An id that was merged away still leads to the customer it has become."""

from sqlalchemy import Connection, select

from app.models.customer import customers


def master_of(conn: Connection, customer_id: int) -> int:
    """The id of the customer this id stands for; unknown ids stand for themselves."""
    seen = {customer_id}
    while True:
        into = conn.execute(
            select(customers.c.merged_into_id).where(customers.c.id == customer_id)
        ).scalar()
        if into is None or into in seen:
            return customer_id
        seen.add(customer_id := into)


def aliases_of(conn: Connection, customer_id: int) -> list[int]:
    """Every id that leads to this customer, their own first: what is exported or erased of a
    person is looked up under all of them."""
    found, fresh = [customer_id], [customer_id]
    while fresh:
        fresh = list(
            conn.execute(
                select(customers.c.id)
                .where(customers.c.merged_into_id.in_(fresh), customers.c.id.not_in(found))
                .order_by(customers.c.id)
            ).scalars()
        )
        found += fresh
    return found

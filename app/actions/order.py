"""Orders and returns as the shop tells of them: told again, they change; an older word changes
nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert, select, update

from app.actions.activity import Who, require_brand, whose
from app.actions.suppression import was_erased_since
from app.db import Invalid, Tx
from app.events import CustomerChanged
from app.models.activity import order_returns, orders
from app.security.permissions import Actor


@dataclass(frozen=True, slots=True)
class Return:
    """Something of an order that came back."""

    external_id: str
    at: int
    amount: int = 0
    status: str = ""
    reason: str = ""
    lines: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """An order of a brand's shop; amounts in the currency's smallest unit. `changed_at` is the
    time of the change at the source."""

    who: Who
    source: str
    external_id: str
    total: int
    currency: str
    placed_at: int
    changed_at: int
    number: str = ""
    status: str = ""
    url: str = ""
    lines: tuple[dict[str, Any], ...] = ()
    details: dict[str, Any] = field(default_factory=dict)
    returns: tuple[Return, ...] = ()


def put_orders(tx: Tx, actor: Actor, brand_id: int, given: Sequence[Order]) -> list[int]:
    """Store or change orders; returns their ids, in the order given."""
    require_brand(tx, actor, brand_id)
    return [_put(tx, actor, brand_id, one) for one in given]


def _put(tx: Tx, actor: Actor, brand_id: int, order: Order) -> int:
    known = tx.execute(
        select(orders).where(
            orders.c.brand_id == brand_id,
            orders.c.source == order.source,
            orders.c.external_id == order.external_id,
        )
    ).first()
    values: dict[str, Any] = {
        "number": order.number, "status": order.status, "total": order.total,
        "currency": order.currency, "lines": list(order.lines), "details": order.details,
        "url": order.url, "placed_at": order.placed_at, "changed_at": order.changed_at,
    }  # fmt: skip
    if known is None:
        if was_erased_since(tx, order.who.known_as, order.placed_at):
            raise Invalid(identities="was_erased")
        customer_id, _ = whose(tx, actor, order.who, order.source)
        if customer_id is None:
            raise Invalid(identities="required")
        order_id: int = tx.execute(
            insert(orders)
            .values(
                brand_id=brand_id, customer_id=customer_id, source=order.source,
                external_id=order.external_id, as_of=tx.now, **values,
            )
            .returning(orders.c.id)
        ).scalar_one()  # fmt: skip
    else:
        order_id, customer_id = known.id, known.customer_id
        if order.changed_at >= known.changed_at:
            values["as_of"] = tx.now
            tx.execute(update(orders).where(orders.c.id == order_id).values(**values))
    for one in order.returns:
        _put_return(tx, brand_id, order, order_id, customer_id, one)
    tx.emit(CustomerChanged(customer_id))
    return order_id


def _put_return(
    tx: Tx, brand_id: int, order: Order, order_id: int, customer_id: int, one: Return
) -> None:
    same = (
        order_returns.c.brand_id == brand_id,
        order_returns.c.source == order.source,
        order_returns.c.external_id == one.external_id,
    )
    values = {
        "status": one.status, "reason": one.reason, "amount": one.amount,
        "currency": order.currency, "lines": list(one.lines), "at": one.at, "as_of": tx.now,
    }  # fmt: skip
    done = tx.execute(update(order_returns).where(*same).values(**values))
    if done.rowcount == 0:
        tx.execute(
            insert(order_returns).values(
                brand_id=brand_id, source=order.source, external_id=one.external_id,
                order_id=order_id, customer_id=customer_id, **values,
            )
        )  # fmt: skip

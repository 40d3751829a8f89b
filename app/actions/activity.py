"""What customers did elsewhere is taken in: once for each key, with its person or until they are
known."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert, select

from app.actions.customer import find_or_create_customer
from app.actions.sign_in_visitor import sign_in, visitor_of_browser
from app.actions.suppression import was_erased_since
from app.db import Invalid, NotFound, Tx
from app.events import CustomerChanged
from app.models.activity import activities
from app.models.organisation import brands
from app.queries.aliases import master_of
from app.queries.customers import require_customer
from app.security.permissions import Actor
from channels.values import Identity

PAYLOAD = 16_000  # characters of JSON that an event may bring along


@dataclass(frozen=True, slots=True)
class Who:
    """Whose it is: their number here, or identities, or the id of a browser that nobody signed in
    on."""

    customer_id: int | None = None
    known_as: tuple[Identity, ...] = ()
    browser: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Activity:
    """Something a customer did. `key` is the sender's own id: the same one changes nothing."""

    who: Who
    kind: str
    key: str
    source: str
    at: int
    title: str = ""
    url: str = ""
    amount: int | None = None
    currency: str = ""
    payload: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a batch: stored now, known already, stored but nobody's yet."""

    stored: int
    known: int
    unknown: int


def add_activities(tx: Tx, actor: Actor, brand_id: int, given: Sequence[Activity]) -> Taken:
    """Take in a batch for a brand; NotFound for a brand or customer the actor may not see."""
    require_brand(tx, actor, brand_id)
    fresh = _unknown_keys(tx, given)
    people: dict[Who, tuple[int | None, str]] = {}
    rows = []
    for one in fresh:
        if was_erased_since(tx, one.who.known_as, one.at):
            continue
        if one.who not in people:
            people[one.who] = whose(tx, actor, one.who, one.source)
        customer_id, visitor = people[one.who]
        rows.append(
            {
                "brand_id": brand_id, "customer_id": customer_id, "visitor": visitor,
                "kind": one.kind, "source": one.source, "key": one.key, "title": one.title[:300],
                "url": one.url[:1000], "amount": one.amount, "currency": one.currency,
                "payload": one.payload, "at": one.at, "received_at": tx.now,
            }
        )  # fmt: skip
    if rows:
        tx.execute(insert(activities), rows)
    for known in {customer_id for customer_id, _ in people.values()}:
        if known is not None:
            tx.emit(CustomerChanged(known))
    return Taken(len(rows), len(given) - len(rows), sum(row["customer_id"] is None for row in rows))


def whose(tx: Tx, actor: Actor, who: Who, source: str) -> tuple[int | None, str]:
    """The customer, and the browser while nobody has signed in on it.

    A browser alone leads to nobody: who sits at it is known when they sign in, which an identity
    beside the browser says.
    """
    if who.customer_id is not None:
        master = master_of(tx.conn, who.customer_id)
        require_customer(tx.conn, actor, master)
        return master, ""
    if who.known_as:
        found = find_or_create_customer(tx, who.known_as, who.name, source=source[:40])
        if who.browser:
            sign_in(tx, found, who.known_as, None, who.browser)
        return found, ""
    if who.browser:
        return None, visitor_of_browser(tx, who.browser).visitor
    raise Invalid(identities="required")


def require_brand(tx: Tx, actor: Actor, brand_id: int) -> None:
    """NotFound unless the actor serves this brand."""
    there = tx.execute(select(brands.c.id).where(brands.c.id == brand_id)).first()
    if there is None or not actor.sees_brand(brand_id):
        raise NotFound


def _unknown_keys(tx: Tx, given: Sequence[Activity]) -> list[Activity]:
    first = {(one.source, one.key): one for one in reversed(given)}
    by_source: dict[str, list[str]] = {}
    for source, key in first:
        by_source.setdefault(source, []).append(key)
    for source, keys in by_source.items():
        known = tx.execute(
            select(activities.c.key).where(
                activities.c.source == source, activities.c.key.in_(keys)
            )
        ).scalars()
        for key in known:
            del first[source, key]
    return [one for one in given if first.get((one.source, one.key)) is one]

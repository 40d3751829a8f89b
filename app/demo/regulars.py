"""Customers whom the demo's shop has known for long, so that their card says something in the first
second: orders, visits, notes, consents, an organisation, and a promise that is late."""

import secrets
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import select, update

from app.actions.activity import Activity, Who, add_activities
from app.actions.consent import record_consent
from app.actions.contact import begin_contact, end_wrap_up
from app.actions.customer import edit_customer, find_or_create_customer
from app.actions.enqueue import live_contact
from app.actions.membership import put_member
from app.actions.note_fact import note_fact
from app.actions.order import Order, Return, put_orders
from app.actions.promise import make_promise
from app.actions.receive_message import receive_message
from app.actions.send_message import Reply, send_message
from app.actions.set_status import resolve
from app.actions.task import add_task
from app.clock import new_id
from app.db import Tx
from app.demo.company import content
from app.models.conversation import conversations
from app.models.customer import customers, identities
from app.models.organisation import brands, inboxes
from app.security.permissions import Actor
from channels.values import Identity, Inbound

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
YEAR = 365 * DAY
NOTED = 21 * DAY  # so long ago
SOURCE = "shop"
Person = Mapping[str, Any]


def regulars() -> list[dict[str, Any]]:
    """Those who can sign in to the demo's shop."""
    return list(content("customers")["customer"])


def make_regulars(tx: Tx, actor: Actor, other: Actor) -> None:
    """Write them down; `actor` has answered the first, `other` the rest."""
    brand = tx.execute(select(brands.c.id, brands.c.slug).order_by(brands.c.id)).first()
    assert brand is not None
    door = tx.execute(select(inboxes.c.id).where(inboxes.c.channel == "email")).scalar_one()
    for number, person in enumerate(regulars()):
        known_as = (
            Identity("user", f"{brand.slug}:{person['user']}", verified=True),
            Identity("email", person["email"], verified=True),
        )
        customer = find_or_create_customer(
            tx, known_as, person["name"], person["language"], source=SOURCE
        )
        edit_customer(tx, customer, {"phone": person["phone"]}, source=SOURCE)
        _talk(tx, (actor, other)[number % 2], person, door)
        _bought(tx, actor, brand.id, customer, person)
        _noted(tx, (actor, other)[number % 2], brand.id, customer, person)
        _known_since(tx, customer, tx.now - person["years"] * YEAR)


def give_orders(tx: Tx, actor: Actor) -> None:
    """An order for everybody who waits for an answer, with the number they write about."""
    waiting = tx.execute(
        select(conversations.c.customer_id, conversations.c.brand_id)
        .where(conversations.c.status == "open")
        .distinct()
    ).all()
    for row in waiting:
        who = Who(customer_id=row.customer_id)
        at = tx.now - (3 + row.customer_id % 9) * DAY
        number = f"LL-{4000 + row.customer_id % 90}"
        put_orders(tx, actor, row.brand_id, [
            Order(who, SOURCE, number, 2900 + 100 * (row.customer_id % 40), "EUR", at, at,
                  number=number, status="shipped", lines=({"name": "Gyokuro Asahi"},)),
        ])  # fmt: skip
        seen = _visit(who, "Delivery times", "/help/lantern/en/", tx.now - 2 * HOUR)
        add_activities(tx, actor, row.brand_id, [seen])


def _talk(tx: Tx, actor: Actor, person: Person, door: int) -> None:
    """A mail of the last days, its answer, and what it promised."""
    then = Tx(tx.conn, tx.now - person["hours"] * HOUR)
    inbound = Inbound(
        channel="email", external_id=new_id(), identities=(Identity("email", person["email"]),),
        name=person["name"], subject=person["subject"], text=person["asked"],
        full_text=person["asked"], language=person["language"],
    )  # fmt: skip
    got = receive_message(then, door, inbound)
    then.now += 20 * MINUTE
    contact = live_contact(then, got.conversation_id)
    assert contact is not None
    begin_contact(then, contact, actor.agent_id)
    then.now += 4 * MINUTE
    send_message(then, actor, got.conversation_id, Reply(person["answered"], new_id()))
    due_at = tx.now + person["due"] * HOUR
    make_promise(then, actor, got.conversation_id, person["promise"], due_at)
    resolve(then, actor, got.conversation_id)
    then.now += MINUTE // 2
    end_wrap_up(then, contact.id)
    tx.events.extend(then.events)


def _bought(tx: Tx, actor: Actor, brand_id: int, customer: int, person: Person) -> None:
    who = Who(customer_id=customer)
    put_orders(tx, actor, brand_id, list(_orders(who, person["orders"], tx.now)))
    seen = [
        _visit(who, title, url, tx.now - hours * HOUR) for title, url, hours in person["visits"]
    ]
    add_activities(tx, actor, brand_id, seen)


def _orders(who: Who, given: list[Person], now: int) -> Iterator[Order]:
    for one in given:
        at = now - one["days"] * DAY
        back: tuple[Return, ...] = ()
        if "back" in one:
            back = (Return(f"R-{one['number']}", at + 5 * DAY, one["total"], "open", one["back"]),)
        yield Order(
            who, SOURCE, one["number"], one["total"], "EUR", at, at, number=one["number"],
            status=one["status"], lines=tuple({"name": name} for name in one["lines"]),
            returns=back,
        )  # fmt: skip


def _visit(who: Who, title: str, url: str, at: int) -> Activity:
    return Activity(who, "page_view", secrets.token_hex(8), SOURCE, at, title=title, url=url)


def _noted(tx: Tx, actor: Actor, brand_id: int, customer: int, person: Person) -> None:
    noted = Tx(tx.conn, tx.now - NOTED)
    for kind, text in person["facts"]:
        note_fact(noted, actor, customer, kind, text)
    for kind, text, hours in person["tasks"]:
        due_at = tx.now + hours * HOUR
        add_task(tx, actor, text, kind=kind, due_at=due_at, customer_id=customer)
    for purpose, status, channel in person["consents"]:
        record_consent(
            tx, actor, customer, purpose, status, source=SOURCE, channel=channel,
            brand_id=brand_id, at=tx.now - YEAR,
        )  # fmt: skip
    if name := person.get("company"):
        same = (Identity("external", f"crm:{name}"),)
        organisation = find_or_create_customer(tx, same, name, source=SOURCE)
        edit_customer(tx, organisation, {"kind": "organisation"}, source=SOURCE)
        put_member(tx, actor, organisation, customer, person["role"], tx.now - 3 * YEAR)
        edit_customer(tx, customer, {"company": name}, source=SOURCE)


def _known_since(tx: Tx, customer: int, at: int) -> None:
    tx.execute(update(customers).where(customers.c.id == customer).values(created_at=at))
    theirs = identities.c.customer_id == customer
    tx.execute(update(identities).where(theirs).values(created_at=at))

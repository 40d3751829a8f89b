"""The card of the first second at 100,000 customers, beside the same facts read one by one.

The peer is what an object mapper does: the customer, then each of its lists as whole rows, then
for each row the things that hang on it, ranked afterwards by the same function.
"""

from time import perf_counter
from typing import Any

from sqlalchemy import Connection, event, func, select

from app import clock
from app.customers.ranking import Fact, rank
from app.db import Database
from app.models.activity import activities, orders
from app.models.agent import agents
from app.models.contact import contacts
from app.models.conversation import conversations, messages
from app.models.customer import customers, identities
from app.models.organisation import brands, queues
from app.models.party import duplicate_pairs, field_values
from app.models.promise import customer_facts, promises
from app.models.question import contact_classes
from app.queries.first_card import first_card
from app.security.permissions import Actor
from bench.customer_rows import Company
from bench.harness import Report, percentile


async def measure_card(report: Report, db: Database, company: Company, actor: Actor) -> None:
    """Each asks about the same customers, one after the other, in one thread."""
    asked = (*company.busy, *company.quiet)
    ours, naive, statements = await db.query(_both, actor, asked)
    beside = percentile(naive, 0.95)
    p95 = percentile(ours, 0.95)
    report("a customer's card, p95", p95, "ms", goal="<= 50 ms", beside=beside, ratio=beside / p95)
    whole, peer = sum(ours) / len(ours), sum(naive) / len(naive)
    report("a customer's card, on average", whole, "ms", beside=peer, ratio=peer / whole)
    report("statements of a card", statements, "", goal="<= 5")


def _both(
    conn: Connection, actor: Actor, asked: tuple[int, ...]
) -> tuple[list[float], list[float], int]:
    ours, naive = [], []
    counts: list[int] = []

    def note(*_: Any) -> None:
        counts[-1] += 1

    first_card(conn, actor, asked[0], clock.now())  # compiled once, as in a process that runs
    for customer_id in asked:
        counts.append(0)
        event.listen(conn, "before_cursor_execute", note)
        began = perf_counter()
        first_card(conn, actor, customer_id, clock.now())
        ours.append((perf_counter() - began) * 1000)
        event.remove(conn, "before_cursor_execute", note)
        began = perf_counter()
        one_by_one(conn, customer_id)
        naive.append((perf_counter() - began) * 1000)
    return ours, naive, max(counts)


def one_by_one(conn: Connection, customer_id: int) -> None:
    """Every list whole, and for each row what it belongs to."""
    facts: list[Fact] = []

    def rows(table: Any, column: Any = None, value: int = customer_id) -> list[Any]:
        column = table.c.customer_id if column is None else column
        return list(conn.execute(select(table).where(column == value)).all())

    def fact(kind: str, row: Any, text: str, at: int) -> None:
        facts.append(Fact(kind, row.id, text, at, at, f"/customers/{customer_id}"))

    rows(customers, customers.c.id)
    rows(identities)
    rows(field_values)
    rows(duplicate_pairs, duplicate_pairs.c.a_id)
    rows(duplicate_pairs, duplicate_pairs.c.b_id)
    for row in rows(promises):
        rows(agents, agents.c.id, row.owner_id)
        rows(conversations, conversations.c.id, row.conversation_id)
        fact("promise_open", row, row.text, row.due_at)
    for row in rows(customer_facts):
        rows(agents, agents.c.id, row.agent_id)
        fact("preference", row, row.text, row.at)
    for row in rows(orders):
        rows(brands, brands.c.id, row.brand_id)
        fact("order", row, row.number, row.placed_at)
    for row in rows(activities):
        fact("page", row, row.title, row.at)
    for row in rows(conversations):
        rows(queues, queues.c.id, row.queue_id)
        rows(contact_classes, contact_classes.c.conversation_id, row.id)
        rows(contacts, contacts.c.conversation_id, row.id)
        of_it = messages.c.conversation_id == row.id
        conn.execute(select(func.count()).select_from(messages).where(of_it)).scalar_one()
        fact("open_conversation", row, row.subject, row.last_message_at)
    rank(facts)

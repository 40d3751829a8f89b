"""A company with very many customers, and what they said, ordered, did and were promised.

Made by plain inserts, in seconds, on SQLite. Which customer is busy follows a law of few and many:
the first hundredth have a tenth of everything.
"""

import random
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app import db  # noqa: F401 - puts the newer SQLite in place
from app.clock import now
from app.migrate import migrate

DAY_MS = 24 * 3_600_000
KINDS = ("page_view",) * 7 + ("cart", "cart", "device_signal")


@dataclass(frozen=True, slots=True)
class Company:
    """The file, and whom to ask about: some who have much, some who have little."""

    url: str
    customers: int
    events: int
    busy: tuple[int, ...]
    quiet: tuple[int, ...]


def fill(path: Path, customers: int = 100_000, events: int = 1_000_000) -> Company:
    """A migrated database with so many customers and events; 2 brands, 20 agents."""
    url = f"sqlite:///{path}"
    migrate(url)
    conn = sqlite3.connect(path, isolation_level=None)
    for pragma in ("foreign_keys=OFF", "synchronous=OFF", "journal_mode=WAL"):
        conn.execute(f"PRAGMA {pragma}")
    conn.execute("BEGIN")
    chance = random.Random(7)
    at = now()
    _house(conn, at)
    _people(conn, customers, at, chance)
    _talks(conn, customers, at, chance)
    conn.executemany(
        "INSERT INTO activities (brand_id, customer_id, kind, source, key, title, url, payload, at,"
        " received_at) VALUES (1, ?, ?, 'shop', ?, 'Teapot', 'https://shop.example/', '{}', ?, ?)",
        _events(customers, events, at, chance),
    )
    conn.execute("COMMIT")
    conn.execute("ANALYZE")
    conn.close()
    return Company(
        url,
        customers,
        events,
        tuple(range(1, min(101, customers))),
        tuple(range(customers - min(100, customers) + 1, customers + 1)),
    )


def somebody(customers: int, chance: random.Random) -> int:
    """One in ten of what happens is with the first hundredth of the customers."""
    if chance.random() < 0.1:
        return chance.randrange(max(1, customers // 100)) + 1
    return chance.randrange(customers) + 1


def _house(conn: sqlite3.Connection, at: int) -> None:
    for brand in (1, 2):
        conn.execute(
            "INSERT INTO brands (id, name, slug, created_at) VALUES (?, ?, ?, ?)",
            (brand, f"Brand {brand}", f"b{brand}", at),
        )
        conn.execute(
            "INSERT INTO queues (id, brand_id, name, created_at) VALUES (?, ?, ?, ?)",
            (brand, brand, f"Queue {brand}", at),
        )
        conn.execute(
            "INSERT INTO inboxes (id, brand_id, queue_id, channel, name, key, settings, created_at)"
            " VALUES (?, ?, ?, 'email', ?, ?, '{}', ?)",
            (brand, brand, brand, f"Inbox {brand}", f"key-{brand}", at),
        )
    conn.executemany(
        "INSERT INTO agents (id, name, email, role, max_by_channel, preferences, created_at)"
        " VALUES (?, ?, ?, ?, '{}', '{}', ?)",
        ((n, f"A{n}", f"a{n}@b.example", "admin" if n == 1 else "agent", at) for n in range(1, 21)),
    )


def _people(conn: sqlite3.Connection, customers: int, at: int, chance: random.Random) -> None:
    numbers = range(1, customers + 1)
    conn.executemany(
        "INSERT INTO customers (id, name, email, phone, language, company, fields, searchable,"
        " source, created_at, seen_at) VALUES (?, ?, ?, ?, 'en', '', '{}', ?, 'crm', ?, ?)",
        (
            (
                n, f"Kim {n}", f"kim{n}@example.com", f"+49301{n:07}", f" kim {n} ",
                at - chance.randrange(1500) * DAY_MS, at - chance.randrange(300) * DAY_MS,
            )
            for n in numbers
        ),
    )  # fmt: skip
    conn.executemany(
        "INSERT INTO identities (customer_id, kind, value, verified, created_at)"
        " VALUES (?, ?, ?, 1, ?)",
        (
            (n, kind, value, at)
            for n in numbers
            for kind, value in (("email", f"kim{n}@example.com"), ("phone", f"+49301{n:07}"))
        ),
    )


def _talks(conn: sqlite3.Connection, customers: int, at: int, chance: random.Random) -> None:
    """As many conversations as customers with three messages each, orders, promises, facts."""
    talks = [
        (
            n,
            chance.randrange(1, 3),
            somebody(customers, chance),
            at - chance.randrange(900) * DAY_MS,
        )
        for n in range(1, customers + 1)
    ]
    conn.executemany(
        "INSERT INTO conversations (id, brand_id, inbox_id, customer_id, queue_id, channel,"
        " subject, status, preview, created_at, last_message_at)"
        " VALUES (?, ?, ?, ?, ?, 'email', 'A question', ?, 'Where is it?', ?, ?)",
        ((n, b, b, who, b, "done" if n % 9 else "open", day, day) for n, b, who, day in talks),
    )
    conn.executemany(
        "INSERT INTO messages (conversation_id, seq, key, kind, channel, customer_id, text,"
        " details, searchable, sent_at, created_at)"
        " VALUES (?, ?, ?, 'inbound', 'email', ?, 'Where is it?', '{}', '', ?, ?)",
        ((n, seq, f"k{seq}", who, day, day) for n, _, who, day in talks for seq in (1, 2, 3)),
    )
    conn.executemany(
        "INSERT INTO contacts (conversation_id, queue_id, agent_id, channel, cost, status, outcome,"
        " skills, excluded, enqueued_at, answered_at, ended_at)"
        " VALUES (?, ?, ?, 'email', 1, 'ended', 'handled', '[]', '[]', ?, ?, ?)",
        ((n, b, n % 20 + 1, day, day + 60_000, day + 600_000) for n, b, _, day in talks),
    )
    conn.executemany(
        "INSERT INTO orders (brand_id, customer_id, source, external_id, number, status, total,"
        " currency, lines, details, placed_at, changed_at, as_of)"
        " VALUES (?, ?, 'shop', ?, ?, 'shipped', 5800, 'EUR', '[]', '{}', ?, ?, ?)",
        ((b, who, f"o{n}", f"{n}", day, day, day) for n, b, who, day in talks if n % 2),
    )
    conn.executemany(
        "INSERT INTO promises (customer_id, brand_id, conversation_id, owner_id, text, state,"
        " due_at, created_at) VALUES (?, ?, ?, 1, 'I call you back', ?, ?, ?)",
        (
            (who, b, n, "kept" if n % 3 else "open", day + DAY_MS, day)
            for n, b, who, day in talks
            if n % 10 == 0
        ),
    )
    conn.executemany(
        "INSERT INTO customer_facts (customer_id, brand_id, agent_id, kind, text, at)"
        " VALUES (?, ?, 1, 'preference', 'Mornings only', ?)",
        ((who, b, day) for n, b, who, day in talks if n % 8 == 0),
    )


def _events(
    customers: int, events: int, at: int, chance: random.Random
) -> Iterator[tuple[int, str, str, int, int]]:
    for n in range(events):
        then = at - chance.randrange(400 * DAY_MS)
        yield somebody(customers, chance), KINDS[n % 10], f"e{n}", then, then

"""Customers at size: a file of 4,700 cards, events that come in beside a million others, what a
customer did read from among them.

The peer of taking events in is the bare insert of the same rows in one statement.
"""

import asyncio
import tempfile
from pathlib import Path
from time import perf_counter

from sqlalchemy import Connection, delete, insert, select

from app.actions.activity import Activity, Who, add_activities
from app.actions.customer_import import keep_import, start_import
from app.db import Database, Tx
from app.files import FileStore
from app.models.activity import activities
from app.models.journal import record
from app.models.party import customer_imports
from app.queries.activity import activities_of
from app.queries.customer_imports import next_running
from app.queries.duplicates import find_duplicates
from app.security.permissions import Actor
from app.workers.imports import run_import
from bench.customer_card import measure_card
from bench.customer_rows import Company, fill
from bench.harness import Report, percentile

CARDS = 4_700
BATCH = 500
ROUNDS = 7
ADA = Actor(1, "Ada", "admin")
CARD = """BEGIN:VCARD
VERSION:3.0
FN:Guest {n}
EMAIL:{email}
TEL:+49302{n:07}
ORG:Stand {stand}
END:VCARD
"""


async def run(report: Report) -> None:
    """Measure and report; takes about two minutes, half of it to make the rows."""
    with tempfile.TemporaryDirectory() as folder:
        began = perf_counter()
        company = await asyncio.to_thread(fill, Path(folder) / "customers.db")
        report("rows made: 100,000 customers, 1,000,000 events", perf_counter() - began, "s")
        db = Database(company.url, record=record)
        try:
            await measure_card(report, db, company, ADA)
            await _events(report, db, company)
            await _import(report, db, Path(folder))
        finally:
            await db.close()


async def _events(report: Report, db: Database, company: Company) -> None:
    took, peer, reads = [], [], []
    for turn in range(ROUNDS):
        given = [
            Activity(Who(customer_id=n % 100 + 1), "cart", f"t{turn}-{n}", "bench", 1_000 + n)
            for n in range(BATCH)
        ]
        began = perf_counter()
        taken = await db.write(add_activities, ADA, 1, given)
        took.append(perf_counter() - began)
        assert taken.stored == BATCH
        began = perf_counter()
        await db.write(_bare, turn)
        peer.append(perf_counter() - began)
        again = await db.write(add_activities, ADA, 1, given)
        assert (again.stored, again.known) == (0, BATCH)
    for customer_id in (*company.busy, *company.quiet):
        began = perf_counter()
        await db.query(activities_of, ADA, customer_id)
        reads.append((perf_counter() - began) * 1000)
    ours, bare = min(took) / BATCH * 1e6, min(peer) / BATCH * 1e6
    report("an event taken in, in batches of 500", ours, "us", beside=bare, ratio=bare / ours)
    report("the last 50 events of a customer, p95", percentile(reads, 0.95), "ms", goal="<= 50 ms")


def _bare(tx: Tx, turn: int) -> None:
    row = {
        "brand_id": 1, "customer_id": 1, "visitor": "", "kind": "cart", "source": "bare",
        "title": "", "url": "", "amount": None, "currency": "", "payload": {}, "at": 1,
        "received_at": 1,
    }  # fmt: skip
    tx.execute(insert(activities), [{**row, "key": f"{turn}-{n}"} for n in range(BATCH)])
    tx.execute(delete(activities).where(activities.c.source == "bare"))


async def _import(report: Report, db: Database, folder: Path) -> None:
    """A fair's cards: new people, people who are known, and cards that cannot be used."""
    text = "".join(CARD.format(n=n, stand=n % 50, email=_address(n)) for n in range(1, CARDS + 1))
    files = FileStore(folder / "files")
    stored = files.keep(text.encode(), "fair.vcf", "text/vcard")
    mapping = {"name": "name", "email": "email", "phone": "phone", "company": "company"}
    job = await db.write(keep_import, ADA, stored, "vcard", CARDS, "fair", mapping)
    began = perf_counter()
    await db.write(start_import, ADA, job, mapping, source="fair")
    running = await db.query(next_running)
    assert running is not None
    await run_import(db, files, running)
    report("4,700 cards among 100,000 customers", perf_counter() - began, "s", goal="<= 60 s")
    sums = await db.query(_sums, job)
    report("created + merged + rejected", sum(sums), "cards", goal=f">= {CARDS}")
    began = perf_counter()
    await db.query(find_duplicates)
    report("a look for duplicates through all", perf_counter() - began, "s")


def _address(n: int) -> str:
    if n % 47 == 0:
        return "no address"
    return f"kim{n}@example.com" if n % 3 == 0 else f"guest{n}@fair.example"


def _sums(conn: Connection, job: int) -> tuple[int, int, int]:
    jobs = customer_imports.c
    row = conn.execute(select(jobs.created, jobs.merged, jobs.rejected).where(jobs.id == job)).one()
    return row.created, row.merged, row.rejected

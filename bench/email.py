"""Mail from the mailbox to the console, beside the standard library's parse of the same mails."""

import asyncio
import email
import email.policy
import os
import random
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from pathlib import Path

from sqlalchemy import func, insert, select

from app.commands.migrate import bring_up_to_date
from app.db import Tx
from app.models.conversation import messages
from app.models.organisation import brands, inboxes, queues
from app.runtime import Runtime, build_runtime
from app.settings import Settings
from app.workers import fetch_mail, parse_mail
from app.workers.supervisor import Supervisor
from bench.harness import Report, alternate_async
from tests.servers.dovecot import DovecotServer, dovecot

MAILS = 1_000
ROUNDS = 3
WORDS = (
    *("parcel", "order", "arrived", "broken", "cup", "please", "refund", "address", "invoice"),
    *("tea", "green", "delivery", "late", "since", "monday", "thank", "you", "regards", "number"),
    *("wrong", "colour", "send", "again", "tracking", "customer", "question"),
)


async def run(report: Report) -> None:
    """Fetch, keep, parse and store a mixed batch; CPU of the product, the mail server's not."""
    batch = make_batch(MAILS)
    with tempfile.TemporaryDirectory() as folder, dovecot(new_folder(folder, "dovecot")) as server:
        fill(server, batch)
        turn = iter(range(1000))
        walls: list[float] = []

        async def ours() -> float:
            took = await import_all(new_folder(folder, f"data-{next(turn)}"), server, len(batch))
            walls.append(took[1])
            return took[0] / len(batch) * 1000

        async def theirs() -> float:
            began = time.process_time()
            for raw in batch:
                stdlib_parse(raw)
            return (time.process_time() - began) / len(batch) * 1000

        found = await alternate_async(ours, theirs, rounds=ROUNDS)
    report(
        f"a mail from mailbox to console, CPU, {MAILS} mails",
        found.a,
        "ms",
        beside=found.b,
        ratio=found.ratio,
        goal="<= 3",
    )
    report("mails a second, one process", MAILS / sorted(walls)[len(walls) // 2], "mails/s")


def make_batch(count: int) -> list[bytes]:
    """Mails as they come: two thirds plain, HTML with a quoted reply, some with a file."""
    chance = random.Random(3)
    return [_mail(number, chance) for number in range(count)]


def _mail(number: int, chance: random.Random) -> bytes:
    message = EmailMessage()
    message["From"] = f"Customer {number} <customer{number}@example.com>"
    message["To"] = "Support <support@example.org>"
    message["Subject"] = " ".join(chance.choices(WORDS, k=6)).capitalize()
    message["Date"] = "Sat, 21 Nov 2026 10:00:00 +0000"
    message["Message-ID"] = f"<{number}.{chance.random()}@example.com>"
    for hop in range(4):
        message.add_header(
            "Received", f"from mx{hop}.example.com by mx{hop + 1}.example.com; Sat, 21 Nov 2026"
        )
    text = "\n\n".join(" ".join(chance.choices(WORDS, k=60)) for _ in range(8))
    message.set_content(text)
    if number % 3 == 0:
        paragraphs = "".join(f"<p>{part}</p>" for part in text.split("\n\n"))
        message.add_alternative(f"<html><body>{paragraphs}</body></html>", subtype="html")
    if number % 10 == 0:
        message.add_attachment(chance.randbytes(60_000), "image", "jpeg", filename="cup.jpg")
    return message.as_bytes()


def stdlib_parse(raw: bytes) -> tuple[str, ...]:
    """What any program must do with a mail: header fields, the body, the files."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    fields = tuple(str(message[name]) for name in ("From", "To", "Subject", "Date", "Message-ID"))
    body = message.get_body(("plain", "html"))
    text = str(body.get_content()) if body is not None else ""
    files = tuple(str(len(part.get_content())) for part in message.iter_attachments())
    return (*fields, text, *files)


def fill(server: DovecotServer, batch: list[bytes]) -> None:
    """Put the mails into the mailbox."""
    with server.client() as client:
        for raw in batch:
            client.append("INBOX", raw)


async def import_all(data: Path, server: DovecotServer, count: int) -> tuple[float, float]:
    """CPU and wall seconds until every mail of the mailbox is a message; the CPU of the process
    that reads the mails is counted when it has ended."""
    async with installation(data, server) as runtime:
        cpu, wall = _cpu_s(), time.perf_counter()
        async with Supervisor(runtime, (fetch_mail.WORKER, parse_mail.WORKER)):
            while await _stored(runtime) < count:  # noqa: ASYNC110 - the workers are what is measured
                await asyncio.sleep(0.05)
            wall = time.perf_counter() - wall
        return _cpu_s() - cpu, wall


def _cpu_s() -> float:
    """CPU seconds of this process and of those that it has started and that have ended."""
    return sum(os.times()[:4])


@asynccontextmanager
async def installation(data: Path, server: DovecotServer) -> AsyncIterator[Runtime]:
    """An installation with one inbox, which fetches its mail from the server."""
    settings = Settings(data_dir=data, workers=False)
    await asyncio.to_thread(bring_up_to_date, settings)
    runtime = build_runtime(settings)
    try:
        await runtime.db.write(_set_up, server)
        yield runtime
    finally:
        await runtime.db.close()


def _set_up(tx: Tx, server: DovecotServer) -> None:
    now = {"created_at": tx.now}
    brand = tx.execute(insert(brands).values(name="Tea", slug="tea", **now).returning(brands.c.id))
    brand_id = brand.scalar_one()
    queue = tx.execute(insert(queues).values(name="All", **now).returning(queues.c.id))
    imap = {
        "host": server.host,
        "port": server.port,
        "user": server.user,
        "password": server.password,
        "security": "none",
    }
    tx.execute(
        insert(inboxes).values(
            brand_id=brand_id,
            queue_id=queue.scalar_one(),
            channel="email",
            name="Support",
            key="support",
            address=server.user,
            settings={"imap": imap},
            **now,
        )
    )


async def _stored(runtime: Runtime) -> int:
    async with runtime.db.read() as conn:
        return (await conn.execute(select(func.count()).select_from(messages))).scalar_one()


def new_folder(folder: str, name: str) -> Path:
    """A new folder in another one."""
    path = Path(folder) / name
    path.mkdir()
    return path

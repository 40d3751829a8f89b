"""Two machines that answer each other stop: by the marks on their mails, or else by the limits."""

import asyncio
import itertools
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import aiosmtplib
import pytest
from sqlalchemy import select, update

from app.actions.customer_mail import queue_customer_mail
from app.actions.loop_guard import LIMITS, MINUTE_MS, may_write_by_itself
from app.actions.mail_address import mark_address
from app.db import Tx
from app.main import create_app
from app.models.contact import contacts
from app.models.conversation import messages
from app.models.organisation import inboxes
from app.models.work import outbox, raw_mails
from app.settings import Settings
from app.workers import deliver, listen_smtp, parse_mail
from app.workers.keep import keep_delivered
from app.workers.supervisor import Supervisor
from tests.desk import Desk, make_desk
from tests.fixtures.mail import mail
from tests.fixtures.product import Ticking
from tests.fixtures.workers import Start, until
from tests.servers.ports import free_port, wait_for_port
from tests.servers.smtp import Mail as Letter
from tests.servers.smtp import running_relay

pytestmark = pytest.mark.engine


async def rows(desk: Desk, query: Any) -> Sequence[Any]:
    async with desk.runtime.db.read() as conn:
        return (await conn.execute(query)).all()


@pytest.fixture
async def other_desk(tmp_path: Path, migrated_sqlite: Path) -> AsyncIterator[Desk]:
    """A second installation with a database of its own."""
    data = tmp_path / "other"
    data.mkdir()
    settings = Settings(data_dir=data, port=0, workers=False, secret_key="another secret")
    shutil.copy(migrated_sqlite, settings.sqlite_path)
    application = create_app(settings)
    async with application.router.lifespan_context(application):
        yield await make_desk(application.state.runtime)


async def connect(desk: Desk, address: str, port: int, other_port: int) -> None:
    """Let the desk take mail at a port, hand it in at the other's, and confirm every first mail."""
    desk.runtime.settings.smtp_listen_port = port

    def change(tx: Tx) -> None:
        smtp = {"host": "127.0.0.1", "port": other_port, "security": "none"}
        tx.execute(
            update(inboxes)
            .where(inboxes.c.id == desk.inboxes["email"])
            .values(address=address, settings={"smtp": smtp, "acknowledge": True})
        )

    await desk.runtime.db.write(change)


async def test_two_desks_that_confirm_each_other_s_mail_stop_at_once(
    desk: Desk, other_desk: Desk
) -> None:
    ours, theirs = free_port(), free_port()
    await connect(desk, "help@one.example", ours, theirs)
    await connect(other_desk, "help@two.example", theirs, ours)
    crew = (listen_smtp.WORKER, parse_mail.WORKER, deliver.WORKER)
    async with AsyncExitStack() as stack:
        for each in (desk, other_desk):
            await stack.enter_async_context(Supervisor(each.runtime, crew))
        for port in (ours, theirs):
            await asyncio.to_thread(wait_for_port, port)
        first = mail(sender="help@two.example", to="help@one.example")
        inbox_ids = [desk.inboxes["email"]]
        to = ["help@one.example"]
        await keep_delivered(desk.runtime, inbox_ids, first, "help@two.example", to)

        async def the_confirmation_was_read() -> bool:
            query = select(raw_mails.c.id).where(raw_mails.c.state == "parsed")
            return bool(await rows(other_desk, query))

        await until(the_confirmation_was_read)
        sent = [await rows(each, select(outbox.c.kind)) for each in (desk, other_desk)]
        assert [len(mails) for mails in sent] == [1, 0]
        [received] = await rows(other_desk, select(messages).where(messages.c.kind == "inbound"))
        assert received.details["automatic"] is True
        assert await rows(other_desk, select(contacts)) == []


@asynccontextmanager
async def washing(port: int, sender: str, to_port: int) -> AsyncIterator[None]:
    """A relay that takes off whatever tells that a mail is automatic, or which one it answers."""
    count = itertools.count()

    async def wash(letter: Letter) -> None:
        was = message_from_bytes(letter.content, policy=default)
        clean = EmailMessage()
        clean["From"], clean["To"] = f"A person <{sender}>", str(was["To"])
        clean["Subject"], clean["Message-ID"] = "Hello", f"<{next(count)}.{sender}>"
        clean.set_content("I am a person.")
        await aiosmtplib.send(
            clean, sender=sender, hostname="127.0.0.1", port=to_port, start_tls=False
        )

    with running_relay(port, wash):
        yield


async def test_two_desks_whose_marks_get_lost_stop_at_the_limit(
    desk: Desk, other_desk: Desk
) -> None:
    ours, theirs, to_them, to_us = (free_port() for _ in range(4))
    await connect(desk, "help@one.example", ours, to_them)
    await connect(other_desk, "help@two.example", theirs, to_us)
    crew = (listen_smtp.WORKER, parse_mail.WORKER, deliver.WORKER)
    most = LIMITS[0][0]
    async with AsyncExitStack() as stack:
        for each in (desk, other_desk):
            await stack.enter_async_context(Supervisor(each.runtime, crew))
        await stack.enter_async_context(washing(to_them, "help@one.example", theirs))
        await stack.enter_async_context(washing(to_us, "help@two.example", ours))
        for port in (ours, theirs):
            await asyncio.to_thread(wait_for_port, port)
        first = mail(sender="help@two.example", to="help@one.example")
        inbox_ids = [desk.inboxes["email"]]
        to = ["help@one.example"]
        await keep_delivered(desk.runtime, inbox_ids, first, "help@two.example", to)

        async def the_last_came_back() -> bool:
            query = select(raw_mails.c.id).where(raw_mails.c.state == "parsed")
            return len(await rows(desk, query)) == most + 1

        await until(the_last_came_back, 60)
        sent = [await rows(each, select(outbox.c.state)) for each in (desk, other_desk)]
        assert [[row.state for row in mails] for mails in sent] == [["sent"] * most] * 2


async def test_a_machine_that_hides_what_it_is_gets_few_answers(desk: Desk, work: Start) -> None:
    await connect(desk, "help@tea.example", 0, free_port())
    await work(parse_mail.WORKER)
    for number in range(25):  # each a new conversation: it takes every mark and number off
        raw = mail("I am a person", message_id=f"<n{number}@bot.example>", sender="bot@bot.example")
        inbox_ids = [desk.inboxes["email"]]
        await keep_delivered(desk.runtime, inbox_ids, raw, "bot@bot.example", ["help@tea.example"])

    async def all_were_read() -> bool:
        query = select(messages.c.id).where(messages.c.kind == "inbound")
        return len(await rows(desk, query)) == 25

    await until(all_were_read)
    assert len(await rows(desk, select(outbox.c.id))) == LIMITS[0][0]


async def test_the_limits_slide_and_count_each_address_by_itself(
    desk: Desk, ticking: Ticking
) -> None:
    start = ticking.at
    allowed: list[int] = []
    while ticking.at < start + 600 * MINUTE_MS:
        if await desk.runtime.db.write(may_write_by_itself, "Kim+tag@example.com"):
            allowed.append(ticking.at)
        ticking.forward(s=30)
    for most, minutes in LIMITS:
        window = minutes * MINUTE_MS
        assert all(sum(at <= t < at + window for t in allowed) <= most for at in allowed)
    assert len(allowed) == LIMITS[-1][0]
    assert await desk.runtime.db.write(may_write_by_itself, "lee@example.com")


async def test_nothing_is_written_by_itself_to_machines_our_own_and_bad_addresses(
    desk: Desk,
) -> None:
    await desk.runtime.db.write(mark_address, "gone@example.com", "bounced", "", None)
    refused = (
        "help+c1.x@tea.example", "mailer-daemon@example.com", "noreply@example.com",
        "gone@example.com", "nonsense",
    )  # fmt: skip
    for address in refused:
        sent = await desk.runtime.db.write(
            queue_customer_mail, desk.brand, address, "Thanks", "…", "en", about=1
        )
        assert sent is None, address
    assert await rows(desk, select(outbox)) == []


async def test_a_mail_from_the_null_sender_is_not_answered(desk: Desk, work: Start) -> None:
    await connect(desk, "help@tea.example", 0, free_port())
    await work(parse_mail.WORKER)
    await keep_delivered(desk.runtime, [desk.inboxes["email"]], mail(), "", ["help@tea.example"])

    async def it_was_read() -> bool:
        return bool(await rows(desk, select(messages.c.id)))

    await until(it_was_read)
    assert await rows(desk, select(outbox)) == []

"""Killed at every step between the mailbox and the thread: no mail is lost, none comes twice."""

import asyncio
import os
import random
import signal

import pytest
from sqlalchemy import func, select, update

from app.db import Tx
from app.models.conversation import messages
from app.models.organisation import inboxes
from app.models.work import raw_mails
from app.runtime import Runtime
from app.settings import Settings
from tests.desk import make_desk
from tests.fixtures.mail import mail
from tests.fixtures.workers import until
from tests.servers.dovecot import DovecotServer
from tests.servers.workers import workers

pytestmark = pytest.mark.dovecot
# scripts/storm makes it longer.
MAILS = int(os.environ.get("STORM_MESSAGES", "240")) // 20
KILLS = int(os.environ.get("STORM_KILLS", "12")) // 4
BACKLOG = int(os.environ.get("STORM_MESSAGES", "80")) * 2
POINTS = ("fetched", "on_disk", "kept", "flagged", "read", "filed")


async def _prepare(runtime: Runtime, mailbox: DovecotServer) -> None:
    desk = await make_desk(runtime)
    imap = {
        "host": mailbox.host,
        "port": mailbox.port,
        "user": mailbox.user,
        "password": mailbox.password,
        "security": "none",
    }

    def connect(tx: Tx) -> None:
        tx.execute(
            update(inboxes)
            .where(inboxes.c.id == desk.inboxes["email"])
            .values(settings={"imap": imap})
        )

    await runtime.db.write(connect)


@pytest.mark.parametrize("point", POINTS)
async def test_a_death_at_any_step_loses_and_doubles_nothing(
    runtime: Runtime, settings: Settings, mailbox: DovecotServer, point: str
) -> None:
    await _prepare(runtime, mailbox)
    for n in range(MAILS):
        raw = mail(f"No. {n}", message_id=f"<m{n}@example.com>")
        await asyncio.to_thread(mailbox.append, raw)
    with workers(settings.data_dir, point) as dying:
        code = await asyncio.to_thread(dying.wait, 60)
    assert code == -signal.SIGKILL

    with workers(settings.data_dir):
        await _until_filed(runtime, MAILS)
    await _check(runtime, MAILS)


async def test_a_backlog_survives_deaths_at_any_moment(
    runtime: Runtime, settings: Settings, mailbox: DovecotServer
) -> None:
    await _prepare(runtime, mailbox)
    count = BACKLOG
    backlog = [mail(f"No. {n}", message_id=f"<m{n}@example.com>") for n in range(count)]
    await asyncio.to_thread(mailbox.pile_up, backlog)
    chance = random.Random(7)
    for kill in range(KILLS):
        with workers(settings.data_dir):
            # Counted, not timed: each life gets further than the last one, then ends anywhere.
            await _until_filed(runtime, count * kill // (KILLS + 1) + 1)
            await asyncio.sleep(chance.uniform(0, 0.2))
    with workers(settings.data_dir):
        await _until_filed(runtime, count)
    await _check(runtime, count)


async def _until_filed(runtime: Runtime, count: int) -> None:
    async def filed() -> bool:
        async with runtime.db.read() as conn:
            done = select(func.count()).where(raw_mails.c.state == "parsed")
            return bool((await conn.execute(done)).scalar_one() >= count)

    await until(filed, 300)


async def _check(runtime: Runtime, count: int) -> None:
    """Each mail is there once, in the order in which it lay in the mailbox."""
    async with runtime.db.read() as conn:
        said = select(messages.c.text).where(messages.c.kind == "inbound").order_by(messages.c.id)
        texts = (await conn.execute(said)).scalars().all()
        kept = (await conn.execute(select(func.count()).select_from(raw_mails))).scalar_one()
    assert texts == [f"No. {n}" for n in range(count)]
    assert kept == count

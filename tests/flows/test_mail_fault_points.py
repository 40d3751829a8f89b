"""Killed at every step between the mailbox and the thread: no mail is lost, none comes twice."""

import asyncio
import os
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

    async def all_filed() -> bool:
        async with runtime.db.read() as conn:
            done = select(func.count()).where(raw_mails.c.state == "parsed")
            return bool((await conn.execute(done)).scalar_one() == MAILS)

    with workers(settings.data_dir):
        await until(all_filed, 60)
    async with runtime.db.read() as conn:
        texts = (await conn.execute(select(messages.c.text))).scalars().all()
        kept = (await conn.execute(select(func.count()).select_from(raw_mails))).scalar_one()
    assert sorted(texts) == sorted(f"No. {n}" for n in range(MAILS))
    assert kept == MAILS

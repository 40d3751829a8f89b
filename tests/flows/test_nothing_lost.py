"""The promise: what was acknowledged is there, once, however often the server is killed.

Of a mail that goes out, at most this can be proven: one whose acceptance was seen and written down
is never sent twice, and one that surely did not go out is sent again. In the moment between, only
the other side knows; such a mail is `uncertain` and nothing is done by itself. Here the test is the
person who asks the other side and says Retry where the mail did not arrive.
"""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from app.actions.delivery import retry_message
from app.db import Tx
from app.models.conversation import messages
from app.models.organisation import inboxes
from app.models.work import outbox, raw_mails
from app.runtime import Runtime, build_runtime
from app.security.api_keys import create_api_key
from app.settings import Settings
from app.workers.crew import everybody
from app.workers.supervisor import Supervisor
from tests.desk import Desk, make_desk
from tests.fixtures.storm import Storm
from tests.fixtures.workers import until
from tests.servers.dovecot import DovecotServer
from tests.servers.ports import free_port
from tests.servers.process import running_product
from tests.servers.smtp import SmtpServer

pytestmark = pytest.mark.dovecot

# scripts/storm makes it longer.
EACH = int(os.environ.get("STORM_MESSAGES", "200")) // 4
KILLS = int(os.environ.get("STORM_KILLS", "20"))


async def _rows(runtime: Runtime, query: Any) -> Sequence[Any]:
    async with runtime.db.read() as conn:
        return (await conn.execute(query)).all()


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Runtime]:
    runtime = build_runtime(settings)
    try:
        yield runtime
    finally:
        await runtime.db.close()


async def _prepare(settings: Settings, mailbox: DovecotServer) -> tuple[Desk, str]:
    """A desk whose mailbox is fetched, and an administrator's API key."""
    async with _opened(settings) as runtime:
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
            tx.execute(
                update(inboxes)
                .where(inboxes.c.id == desk.inboxes["form"])
                .values(address="forms@tea.example")
            )

        await runtime.db.write(connect)
        return desk, await runtime.db.write(create_api_key, desk.agents["ada"], "storm")


async def _settled(runtime: Runtime, mails: int) -> None:
    """Wait until every mail is imported and nothing is on its way out any more."""

    async def is_quiet() -> bool:
        read = await _rows(runtime, select(raw_mails.c.id).where(raw_mails.c.state == "parsed"))
        busy = await _rows(
            runtime, select(outbox.c.id).where(outbox.c.state.in_(("queued", "sending")))
        )
        return len(read) >= mails and not busy

    await until(is_quiet, timeout_s=60)


async def test_nothing_is_lost_and_nothing_comes_twice(
    settings: Settings, mailbox: DovecotServer, smtp_server: SmtpServer
) -> None:
    desk, api_key = await _prepare(settings, mailbox)
    env = {
        "DATABASE_URL": settings.database_url,
        "SECRET_KEY": settings.secret_key,
        "SMTP_LISTEN_PORT": str(free_port()),
        "SMTP_HOST": smtp_server.host,
        "SMTP_PORT": str(smtp_server.port),
        "SMTP_SECURITY": "none",
    }
    with running_product(Path(settings.data_dir), **env) as product:
        storm = Storm(
            product=product,
            smtp_port=int(env["SMTP_LISTEN_PORT"]),
            mailbox=mailbox,
            api_key=api_key,
            inbox_ids=desk.inboxes,
            each=EACH,
            kills=KILLS,
        )
        await asyncio.to_thread(storm.rage)
        async with _opened(settings) as runtime:
            await _settled(runtime, mails=2 * EACH)
        product.stop()

    settings.smtp_host, settings.smtp_port = smtp_server.host, smtp_server.port
    settings.smtp_security = "none"
    async with _opened(settings) as runtime:
        await _everything_is_there_once(runtime, storm)
        await _every_answer_went_out_once(runtime, desk, smtp_server)


async def _everything_is_there_once(runtime: Runtime, storm: Storm) -> None:
    assert {door: len(texts) for door, texts in storm.acknowledged.items()} == dict.fromkeys(
        ("smtp", "imap", "chat", "form", "reply"), EACH
    )
    rows = await _rows(runtime, select(messages.c.kind, messages.c.text))
    taken = Counter(row.text for row in rows if row.kind == "inbound")
    answers = Counter(row.text for row in rows if row.kind == "outbound")
    assert answers == Counter(storm.acknowledged.pop("reply"))
    assert taken == Counter(text for texts in storm.acknowledged.values() for text in texts)
    assert set(taken.values()) == {1}
    assert len(await _rows(runtime, select(raw_mails.c.id))) == 2 * EACH


async def _every_answer_went_out_once(
    runtime: Runtime, desk: Desk, smtp_server: SmtpServer
) -> None:
    """Sent means arrived once; what is uncertain arrived once or never, and a person mends it."""
    answers = select(messages).where(messages.c.kind == "outbound")

    def arrived() -> Counter[str]:
        return Counter(str(caught.message["Message-ID"]) for caught in smtp_server.mails)

    desk.runtime = runtime
    ada = await desk.actor("ada")
    for answer in await _rows(runtime, answers):
        assert answer.state in ("sent", "uncertain"), answer.state_reason
        times = arrived()[answer.email_id]
        if answer.state == "sent":
            assert times == 1
        else:
            assert times <= 1
            if times == 0:
                await runtime.db.write(retry_message, ada, answer.id)
    async with Supervisor(runtime, [w for w in everybody() if w.name == "deliver"]):
        await _settled(runtime, mails=0)
    expected = {answer.email_id for answer in await _rows(runtime, answers)}
    assert arrived() == Counter(expected)

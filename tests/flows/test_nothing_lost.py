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

from app.actions.retry_message import retry_message
from app.actions.set_presence import set_presence
from app.db import Tx
from app.models.agent import sessions
from app.models.conversation import conversations, messages
from app.models.organisation import inboxes, queues
from app.models.work import outbox, raw_mails
from app.runtime import Runtime, build_runtime
from app.security.api_keys import create_api_key
from app.settings import Settings
from app.workers.crew import everybody
from app.workers.supervisor import Supervisor
from tests.desk import Desk, make_desk
from tests.fixtures.storm import Keys, Storm
from tests.fixtures.workers import until
from tests.servers.dovecot import DovecotServer
from tests.servers.ports import free_port
from tests.servers.process import running_product
from tests.servers.smtp import SmtpServer

pytestmark = pytest.mark.dovecot

# scripts/storm makes it longer.
EACH = int(os.environ.get("STORM_MESSAGES", "120")) // 4
KILLS = int(os.environ.get("STORM_KILLS", "6"))


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


async def _prepare(settings: Settings, mailbox: DovecotServer) -> tuple[Desk, Keys]:
    """A desk whose mailbox is fetched and where Ana sits, and what opens its doors."""
    async with _opened(settings) as runtime:
        desk = await make_desk(runtime)
        await runtime.db.write(_connect, desk, mailbox)
        # Present, so that the widget takes chats; busy, so that nothing rings at her desk.
        await runtime.db.write(set_presence, desk.agents["ana"], "not_ready")
        token = await desk.sign_in("ana")
        [session] = await _rows(runtime, select(sessions.c.csrf))
        return desk, Keys(
            widget=desk.keys["chat"],
            form=desk.keys["form"],
            session=token,
            csrf=session.csrf,
            api=await runtime.db.write(create_api_key, desk.agents["ada"], "storm"),
        )


def _connect(tx: Tx, desk: Desk, mailbox: DovecotServer) -> None:
    """The mailbox, and a queue whose agents may answer what waits without being asked first."""
    imap = {
        "host": mailbox.host,
        "port": mailbox.port,
        "user": mailbox.user,
        "password": mailbox.password,
        "security": "none",
    }
    tx.execute(
        update(inboxes).where(inboxes.c.id == desk.inboxes["email"]).values(settings={"imap": imap})
    )
    tx.execute(
        update(inboxes)
        .where(inboxes.c.id == desk.inboxes["form"])
        .values(address="forms@tea.example")
    )
    tx.execute(update(queues).values(agents_may_pull=True))


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
    desk, keys = await _prepare(settings, mailbox)
    env = {
        "DATABASE_URL": settings.database_url,
        "SECRET_KEY": settings.secret_key,
        "SMTP_LISTEN_PORT": str(free_port()),
        "SMTP_HOST": smtp_server.host,
        "SMTP_PORT": str(smtp_server.port),
        "SMTP_SECURITY": "none",
        "AGENT_TTL_S": "3600",  # Ana's browser, which would say that she is there, is left out
    }
    with running_product(Path(settings.data_dir), **env) as product:
        storm = Storm(
            product=product,
            smtp_port=int(env["SMTP_LISTEN_PORT"]),
            mailbox=mailbox,
            keys=keys,
            each=EACH,
            kills=KILLS,
        )
        await asyncio.to_thread(storm.rage)
        async with _opened(settings) as runtime:
            await _settled(runtime, mails=2 * EACH)
        _every_visitor_reads_the_answer_once(await asyncio.to_thread(storm.read_chats))
        product.stop()

    settings.smtp_host, settings.smtp_port = smtp_server.host, smtp_server.port
    settings.smtp_security = "none"
    async with _opened(settings) as runtime:
        await _everything_is_there_once(runtime, storm)
        await _every_mail_went_out_once(runtime, desk, smtp_server)


def _every_visitor_reads_the_answer_once(chats: dict[int, list[tuple[str, str]]]) -> None:
    assert chats == {
        number: [("mine", f"chat {number}"), ("theirs", f"chat answer {number}")]
        for number in range(EACH)
    }


async def _everything_is_there_once(runtime: Runtime, storm: Storm) -> None:
    taken = storm.acknowledged
    assert {door: len(texts) for door, texts in taken.items()} == {
        "smtp": EACH, "imap": EACH, "session": EACH, "chat": EACH, "form": EACH, "reply": 2 * EACH,
    }  # fmt: skip
    rows = await _rows(
        runtime,
        select(messages.c.kind, messages.c.text, inboxes.c.channel, conversations.c.customer_id)
        .join(conversations, conversations.c.id == messages.c.conversation_id)
        .join(inboxes, inboxes.c.id == conversations.c.inbox_id)
        .where(messages.c.kind != "system"),
    )
    there: dict[str, Counter[str]] = {}
    for row in rows:
        door = row.channel if row.kind == "inbound" else row.kind
        there.setdefault(door, Counter())[row.text] += 1
    assert there == {
        "email": Counter(taken["smtp"] + taken["imap"]),
        "chat": Counter(taken["chat"]),
        "form": Counter(taken["form"]),
        "outbound": Counter(taken["reply"]),
    }
    assert all(times == 1 for counted in there.values() for times in counted.values())
    assert len({row.customer_id for row in rows}) == 4 * EACH
    assert len(await _rows(runtime, select(raw_mails.c.id))) == 2 * EACH


async def _every_mail_went_out_once(runtime: Runtime, desk: Desk, smtp_server: SmtpServer) -> None:
    """Sent means arrived once; what is uncertain arrived once or never, and a person mends it."""
    answers = select(messages).where(messages.c.kind == "outbound", messages.c.channel == "form")

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
    assert len(expected) == EACH
    assert {name: times for name, times in arrived().items() if name in expected} == dict.fromkeys(
        expected, 1
    )
    await _every_submission_was_acknowledged_once(runtime, arrived())


async def _every_submission_was_acknowledged_once(runtime: Runtime, arrived: Counter[str]) -> None:
    """Of the mails that the product writes itself nobody says Retry: uncertain ones stay so."""
    rows = await _rows(
        runtime, select(outbox.c.state, outbox.c.payload).where(outbox.c.kind == "system_email")
    )
    assert len(rows) == EACH
    for row in rows:
        times = arrived[row.payload["message_id"]]
        assert times == 1 or (row.state == "uncertain" and times == 0)
    assert arrived.total() <= 2 * EACH

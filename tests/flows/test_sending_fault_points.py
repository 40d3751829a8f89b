"""Killed at every step between the outbox and the mail server's answer: no mail is lost, none goes
out twice where the answer was written down, and what nobody can know is a person's to decide."""

import asyncio
import os
import signal
from collections import Counter

import pytest
from sqlalchemy import select

from app.actions.send_message import Reply, send_message
from app.models.conversation import messages
from app.models.work import outbox
from app.runtime import Runtime
from app.settings import Settings
from app.workers.smtp_lines import AT_MOST
from tests.desk import Desk, make_desk
from tests.fixtures.workers import until
from tests.servers.smtp import SmtpServer
from tests.servers.workers import workers

# scripts/storm makes it longer.
ROUNDS = max(1, int(os.environ.get("STORM_KILLS", "20")) // 20)
MAILS = 6
NEVER_OUT = ("mail_claimed", "mail_composed")
UNKNOWN = ("mail_going_out", "mail_answered")
POINTS = (*NEVER_OUT, *UNKNOWN, "mail_settled")


async def _answers(desk: Desk, start: int) -> None:
    """Ana answers some mails, so that they wait in the outbox."""
    await desk.available("ana")
    ana = await desk.actor("ana")
    for number in range(start, start + MAILS):
        mail = await desk.mail()
        if number < 6:  # then her hands are full; a supervisor may answer any
            await desk.accept("ana")
        actor = ana if number < 6 else await desk.actor("sam")
        reply = Reply(f"No. {number}", f"key-{number:04}")
        await desk.runtime.db.write(send_message, actor, mail.conversation_id, reply)


def _numbers(server: SmtpServer) -> Counter[str]:
    texts = (each.message.get_body(("plain",)) for each in server.mails)
    return Counter(text.get_content().strip() for text in texts if text is not None)


@pytest.mark.parametrize("point", POINTS)
async def test_a_death_while_sending_loses_and_doubles_nothing(
    runtime: Runtime, settings: Settings, smtp_server: SmtpServer, point: str
) -> None:
    desk = await make_desk(runtime)
    where = {
        "SMTP_HOST": smtp_server.host,
        "SMTP_PORT": str(smtp_server.port),
        "SMTP_SECURITY": "none",
        "SECRET_KEY": settings.secret_key or "",
        "DATABASE_URL": settings.database_url,
    }

    async def settled() -> bool:
        async with runtime.db.read() as conn:
            found = set((await conn.execute(select(outbox.c.state))).scalars())
        return found <= {"sent", "uncertain"}

    for turn in range(ROUNDS):
        await _answers(desk, turn * MAILS)
        with workers(settings.data_dir, point, **where) as dying:
            code = await asyncio.to_thread(dying.wait, 60)
        assert code == -signal.SIGKILL
        with workers(settings.data_dir, **where):
            await until(settled, 60)
    async with runtime.db.read() as conn:
        rows = (await conn.execute(select(messages).where(messages.c.kind == "outbound"))).all()
    came = _numbers(smtp_server)
    for row in rows:
        assert came[row.text] == 1 if row.state == "sent" else came[row.text] <= 1, row.text
    uncertain = [row for row in rows if row.state == "uncertain"]
    assert len(rows) == ROUNDS * MAILS
    if point in UNKNOWN:
        assert ROUNDS <= len(uncertain) <= ROUNDS * AT_MOST
    elif point in NEVER_OUT:
        assert uncertain == []
    else:  # the mail on the other line may have been at its point of no return
        assert len(uncertain) <= ROUNDS * (AT_MOST - 1)

"""Mail servers in all their moods: what we know of each recipient is right, none has it twice."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import select

from app.actions.retry_message import retry_message
from app.actions.send_message import Reply, send_message
from app.models.conversation import messages, recipients
from app.models.work import outbox
from app.workers import deliver
from tests.desk import Desk
from tests.fixtures.product import Ticking
from tests.fixtures.workers import Start, until
from tests.servers.smtp import SmtpServer, running_smtp

pytestmark = pytest.mark.engine


async def rows(desk: Desk, query: Any) -> Sequence[Any]:
    async with desk.runtime.db.read() as conn:
        return (await conn.execute(query)).all()


def hand_in_at(desk: Desk, server: SmtpServer) -> None:
    settings = desk.runtime.settings
    settings.smtp_host, settings.smtp_port = server.host, server.port
    settings.smtp_security = "none"


@pytest.fixture
def server(desk: Desk, smtp_server: SmtpServer) -> SmtpServer:
    """The catcher, set as the installation's mail server."""
    hand_in_at(desk, smtp_server)
    return smtp_server


async def answer(desk: Desk, text: str = "It is on its way.", **more: Any) -> int:
    """Ana answers a mail of Kim's; returns the message's id."""
    await desk.available("ana")
    received = await desk.mail(subject="My parcel")
    await desk.accept("ana")
    reply = Reply(text, f"key-{received.conversation_id:04}", **more)
    actor = await desk.actor("ana")
    sent = await desk.runtime.db.write(send_message, actor, received.conversation_id, reply)
    return sent.message_id


async def until_state(desk: Desk, message_id: int, state: str) -> Any:
    query = select(messages).where(messages.c.id == message_id)

    async def is_so() -> bool:
        return bool((await rows(desk, query))[0].state == state)

    await until(is_so)
    return (await rows(desk, query))[0]


async def until_put_off(desk: Desk, attempts: int = 1) -> None:
    async def put_off() -> bool:
        [row] = await rows(desk, select(outbox))
        return bool(row.state == "queued" and row.attempts == attempts)

    await until(put_off)


async def states(desk: Desk) -> dict[str, str]:
    return {row.email: row.state for row in await rows(desk, select(recipients))}


async def test_a_greylisted_recipient_gets_it_when_asked_again(
    desk: Desk, work: Start, server: SmtpServer, ticking: Ticking
) -> None:
    server.answer_recipient("kim@example.com", "450 4.2.0 greylisted, come back")
    message_id = await answer(desk)
    await work(deliver.WORKER)
    await until_put_off(desk)
    assert await states(desk) == {"kim@example.com": "delayed"}
    ticking.forward(s=61)
    await until_state(desk, message_id, "sent")
    assert len(server.mails) == 1
    assert server.refused == []  # the words were not sent before they were wanted


async def test_a_mail_that_is_too_big_is_refused_before_it_is_sent(desk: Desk, work: Start) -> None:
    with running_smtp(most_bytes=20_000) as small:
        hand_in_at(desk, small)
        message_id = await answer(desk, "tea " * 8_000)
        await work(deliver.WORKER)
        message = await until_state(desk, message_id, "failed")
        assert "552" in message.state_reason
        assert "size" in message.state_reason
        assert (small.mails, small.refused) == ([], [])


async def test_each_recipient_has_what_the_server_said_of_it(
    desk: Desk, work: Start, server: SmtpServer, ticking: Ticking
) -> None:
    server.answer_recipient("lee@example.com", "550 5.1.1 nobody of that name")
    server.answer_recipient("moe@example.com", "450 4.2.1 mailbox busy")
    message_id = await answer(desk, cc=("lee@example.com", "moe@example.com"))
    await work(deliver.WORKER)
    await until_put_off(desk)
    assert await states(desk) == {
        "kim@example.com": "sent", "lee@example.com": "failed", "moe@example.com": "delayed",
    }  # fmt: skip
    ticking.forward(s=61)
    message = await until_state(desk, message_id, "failed")
    assert "nobody of that name" in message.state_reason
    assert [mail.rcpt_tos for mail in server.mails] == [("kim@example.com",), ("moe@example.com",)]
    await desk.runtime.db.write(retry_message, await desk.actor("ana"), message_id)
    await until_state(desk, message_id, "sent")
    assert server.mails[-1].rcpt_tos == ("lee@example.com",)
    assert len({mail.message["Message-ID"] for mail in server.mails}) == 1
    assert set((await states(desk)).values()) == {"sent"}


async def test_a_server_that_hangs_keeps_no_other_mail_waiting(
    desk: Desk, work: Start, server: SmtpServer
) -> None:
    server.answer("hang", times=1)
    hanging = await answer(desk)
    await work(deliver.WORKER)
    await until_state(desk, hanging, "sending")
    await server_has_refused(server, 1)
    others = [await answer(desk, f"No. {n}") for n in range(3)]
    for other in others:
        await until_state(desk, other, "sent")
    assert (await until_state(desk, hanging, "sending")).state == "sending"
    server.let_go()
    await until_state(desk, hanging, "uncertain")
    assert len(server.mails) == len(others)


async def server_has_refused(server: SmtpServer, how_many: int) -> None:
    async def so() -> bool:
        return len(server.refused) >= how_many

    await until(so)


async def test_what_is_uncertain_is_a_persons_to_decide(
    desk: Desk, work: Start, server: SmtpServer
) -> None:
    server.answer("drop", times=1)
    message_id = await answer(desk, cc=("lee@example.com",))
    await work(deliver.WORKER)
    await until_state(desk, message_id, "uncertain")
    assert set((await states(desk)).values()) == {"uncertain"}
    lines = select(messages.c.text).where(messages.c.kind == "system")
    assert "delivery_uncertain" in [row.text for row in await rows(desk, lines)]
    server.let_go()
    await desk.runtime.db.write(retry_message, await desk.actor("ana"), message_id)
    await until_state(desk, message_id, "sent")
    first, again = server.mails
    assert first.message["Message-ID"] == again.message["Message-ID"]


async def test_the_mails_of_a_batch_share_their_connections(
    desk: Desk, work: Start, server: SmtpServer
) -> None:
    for number in range(6):
        await answer(desk, f"No. {number}")
    await work(deliver.WORKER)
    assert len(await server.received(6)) == 6
    assert server.connections <= 2

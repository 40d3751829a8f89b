"""The bytes of what the product sends by itself: marked, so that no other machine answers it."""

import re

import pytest

from app.actions.customer_mail import queue_customer_mail
from app.actions.send_message import Reply, send_message
from app.workers import deliver
from channels.email.parse import parse
from tests.desk import Desk
from tests.fixtures.workers import Start
from tests.servers.smtp import SmtpServer

MARKS = {
    "Auto-Submitted": "auto-replied",
    "X-Auto-Response-Suppress": "All",
    "Precedence": "bulk",
}


@pytest.fixture
def server(desk: Desk, smtp_server: SmtpServer) -> SmtpServer:
    """The catcher, set as the installation's mail server."""
    settings = desk.runtime.settings
    settings.smtp_host, settings.smtp_port = smtp_server.host, smtp_server.port
    settings.smtp_security = "none"
    return smtp_server


async def test_a_transcript_comes_from_nobody_and_carries_every_mark(
    desk: Desk, work: Start, server: SmtpServer
) -> None:
    await desk.runtime.db.write(
        queue_customer_mail,
        desk.brand,
        "kim@example.com",
        "Your chat with Tea & Things",
        "Kim: Hello?\n\nAna: 你好!",
        "en",
        about=7,
    )
    await work(deliver.WORKER)
    [mail] = await server.received(1)
    raw = mail.content
    assert mail.mail_from == "<>"
    assert {name: mail.message[name] for name in MARKS} == MARKS
    for name in (*MARKS, "Message-ID", "Date", "From", "To", "Subject"):
        assert len(re.findall(rb"(?im)^" + name.encode() + rb":", raw)) == 1
    assert "[#7]" in mail.message["Subject"]
    body = mail.message.get_body(("plain",))
    assert body is not None
    assert "Ana: 你好!" in body.get_content()
    assert parse(raw).automatic


async def test_what_a_person_writes_carries_none_of_them(
    desk: Desk, work: Start, server: SmtpServer
) -> None:
    await desk.available("ana")
    await desk.mail()
    await desk.accept("ana")
    actor = await desk.actor("ana")
    await desk.runtime.db.write(send_message, actor, 1, Reply("Hi.", "key-0001"))
    await work(deliver.WORKER)
    [mail] = await server.received(1)
    assert mail.mail_from == "help@tea.example"
    assert [mail.message[name] for name in MARKS] == [None, None, None]
    assert not parse(mail.content).automatic

"""A form's answer goes out by the brand's mailbox, and what the customer answers comes home."""

import pytest

from app.actions.receive_message import receive_message
from app.actions.send_message import Reply, send_message
from app.workers import deliver
from channels.email.parse import parse
from channels.email.threading import verify
from channels.values import Identity, Inbound
from tests.desk import Desk
from tests.fixtures.workers import Start
from tests.servers.smtp import SmtpServer

pytestmark = pytest.mark.engine


async def test_a_form_is_answered_from_the_brands_mailbox(
    desk: Desk, work: Start, smtp_server: SmtpServer
) -> None:
    settings = desk.runtime.settings
    settings.smtp_host, settings.smtp_port = smtp_server.host, smtp_server.port
    settings.smtp_security = "none"
    inbound = Inbound(
        channel="form",
        external_id="form-1",
        identities=(Identity("email", "kim@example.com"),),
        subject="A crack",
        text="The pot is broken",
    )
    received = await desk.runtime.db.write(receive_message, desk.inboxes["form"], inbound)
    await desk.available("ana")
    await desk.accept("ana")
    await desk.runtime.db.write(
        send_message,
        await desk.actor("ana"),
        received.conversation_id,
        Reply("A new one leaves today.", "key-0001"),
    )
    await work(deliver.WORKER)
    mail = (await smtp_server.received(1))[0]
    assert "help@tea.example" in str(mail.message["From"])
    secret = desk.runtime.secret
    answer = (
        b"From: kim@example.com\r\nTo: "
        + str(mail.message["Reply-To"]).encode()
        + b"\r\nSubject: Re: A crack\r\n\r\nThank you"
    )
    read = parse(answer, verify_token=lambda text: verify(text, secret))
    assert read.thread.token == received.conversation_id

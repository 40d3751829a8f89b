"""What stands under a mail: once, in whatever way the text ends."""

import pytest
from sqlalchemy import update

from app.actions.account import change_signature
from app.actions.send_message import Reply, send_message
from app.actions.start_conversation import forward_message
from app.db import Invalid
from app.models.organisation import brands
from app.workers import deliver
from tests.desk import Desk
from tests.fixtures.workers import Start
from tests.servers.smtp import SmtpServer

OWN = "{{agent.first_name}}, at your service"
BRAND = "{{brand.name}}, Tea Lane 1"


@pytest.fixture
async def server(desk: Desk, smtp_server: SmtpServer) -> SmtpServer:
    """The catcher, set as the mail server; Ana and the brand have signatures."""
    settings = desk.runtime.settings
    settings.smtp_host, settings.smtp_port = smtp_server.host, smtp_server.port
    settings.smtp_security = "none"
    await desk.runtime.db.write(change_signature, await desk.actor("ana"), OWN)
    await desk.runtime.db.write(lambda tx: tx.execute(update(brands).values(signature=BRAND)))
    await desk.available("ana")
    await desk.mail()
    await desk.accept("ana")
    return smtp_server


def words(mail: object) -> str:
    """The plain text of a mail that was caught."""
    body = mail.message.get_body(("plain",))  # type: ignore[attr-defined]
    return str(body.get_content()).replace("\r\n", "\n").strip()


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("Hi.", "Hi.\n\n-- \nAna, at your service\nTea & Things, Tea Lane 1"),
        (
            "Hi.\n\nAna, at your service",
            "Hi.\n\nAna, at your service\n\n-- \nTea & Things, Tea Lane 1",
        ),
        (
            "Hi.\n\nAna, at your service\nTea & Things, Tea Lane 1",
            "Hi.\n\nAna, at your service\nTea & Things, Tea Lane 1",
        ),
    ],
)
async def test_a_mail_is_signed_once(
    desk: Desk, work: Start, server: SmtpServer, text: str, whole: str
) -> None:
    actor = await desk.actor("ana")
    await desk.runtime.db.write(send_message, actor, 1, Reply(text, "key-0001"))
    await work(deliver.WORKER)
    [mail] = await server.received(1)
    assert words(mail) == whole


async def test_a_forward_is_signed_above_what_is_passed_on(
    desk: Desk, work: Start, server: SmtpServer
) -> None:
    actor = await desk.actor("ana")
    await desk.runtime.db.write(
        forward_message, actor, 1, ["lee@example.net"], "Please look.", "key-0001"
    )
    await work(deliver.WORKER)
    [mail] = await server.received(1)
    said = words(mail)
    assert said.index("Please look.") < said.index("at your service") < said.index("my parcel")
    assert "-- \n" not in said


@pytest.mark.parametrize("text", ["{{customer.name}}", "x" * 2_001])
async def test_a_signature_that_could_not_be_filled_is_refused(desk: Desk, text: str) -> None:
    with pytest.raises(Invalid):
        await desk.runtime.db.write(change_signature, await desk.actor("ana"), text)

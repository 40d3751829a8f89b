"""An email's whole way on real servers: a mailbox, our own listener, and a mail server that
catches what goes out; the customer's answers find home by both doors."""

import asyncio
import smtplib
from collections.abc import Sequence
from email.message import EmailMessage
from typing import Any

import pytest
from sqlalchemy import select, update

from app.actions.offer import accept_offer
from app.actions.send_message import Reply, send_message
from app.actions.set_status import resolve
from app.db import Tx
from app.models.conversation import conversations, messages
from app.models.organisation import inboxes
from app.workers.crew import everybody
from tests.desk import Desk
from tests.fixtures.mail import mail
from tests.fixtures.workers import Start, until
from tests.servers.dovecot import DovecotServer
from tests.servers.ports import free_port, wait_for_port
from tests.servers.smtp import SmtpServer

pytestmark = [pytest.mark.dovecot, pytest.mark.engine]


async def _rows(desk: Desk, query: Any) -> Sequence[Any]:
    async with desk.runtime.db.read() as conn:
        return (await conn.execute(query)).all()


async def _until_texts(desk: Desk, *texts: str) -> Sequence[Any]:
    query = select(messages).where(messages.c.kind == "inbound").order_by(messages.c.id)

    async def are_there() -> bool:
        return [row.text for row in await _rows(desk, query)] == list(texts)

    await until(are_there)
    return await _rows(desk, query)


def _connect(desk: Desk, mailbox: DovecotServer, smtp: SmtpServer) -> Any:
    def connect(tx: Tx) -> None:
        imap = {
            "host": mailbox.host,
            "port": mailbox.port,
            "user": mailbox.user,
            "password": mailbox.password,
            "security": "none",
        }
        out = {"host": smtp.host, "port": smtp.port, "security": "none"}
        tx.execute(
            update(inboxes)
            .where(inboxes.c.id == desk.inboxes["email"])
            .values(settings={"imap": imap, "smtp": out})
        )

    return connect


async def _reply(desk: Desk, conversation_id: int, text: str, key: str) -> None:
    ana = await desk.actor("ana")
    await desk.runtime.db.write(send_message, ana, conversation_id, Reply(text, key))


def _answer_to(found: EmailMessage, text: str, to: str) -> bytes:
    """What a customer's mail program sends when they press Reply."""
    return mail(
        text,
        to=to,
        subject=str(found["Subject"]),
        message_id=f"<{abs(hash(text))}@example.com>",
        In_Reply_To=str(found["Message-ID"]),
        References=f"{found['References']} {found['Message-ID']}",
    )


async def test_a_mail_is_fetched_offered_answered_and_its_answers_come_home(
    desk: Desk, mailbox: DovecotServer, smtp_server: SmtpServer, work: Start
) -> None:
    desk.runtime.settings.smtp_listen_port = port = free_port()
    await desk.runtime.db.write(_connect(desk, mailbox, smtp_server))
    await desk.available("ana")
    await work(*everybody())

    await asyncio.to_thread(mailbox.append, mail(message_id="<first@example.com>"))
    [first] = await _until_texts(desk, "Where is my parcel?")

    async def is_offered() -> bool:
        return await desk.pending_offer("ana") is not None

    await until(is_offered)
    ana = await desk.actor("ana")
    offer_id = await desk.pending_offer("ana")
    assert offer_id is not None
    conversation_id = await desk.runtime.db.write(accept_offer, ana, offer_id)
    assert conversation_id == first.conversation_id
    await _reply(desk, conversation_id, "It is on its way.", "key-0001")
    await desk.runtime.db.write(resolve, ana, conversation_id)

    [out] = await smtp_server.received(1)
    found = out.message
    [stored] = await _rows(desk, select(messages).where(messages.c.kind == "outbound"))
    assert out.rcpt_tos == ("kim@example.com",)
    assert found["Message-ID"] == stored.email_id
    assert found["In-Reply-To"] == "<first@example.com>"
    assert found["References"] == "<first@example.com>"

    def hand_in() -> None:
        with smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
            to = str(found["Reply-To"])
            client.sendmail("kim@example.com", to, _answer_to(found, "Thank you!", to))

    await asyncio.to_thread(wait_for_port, port)
    await asyncio.to_thread(hand_in)
    await _until_texts(desk, "Where is my parcel?", "Thank you!")
    # Another mail program keeps only the References, and writes to the plain address.
    by_imap = _answer_to(found, "It came.", "help@tea.example")
    await asyncio.to_thread(mailbox.append, by_imap)
    inbound = await _until_texts(desk, "Where is my parcel?", "Thank you!", "It came.")
    assert {row.conversation_id for row in inbound} == {conversation_id}
    [conversation] = await _rows(desk, select(conversations))
    assert conversation.status == "open"

    await until(is_offered)
    offer_id = await desk.pending_offer("ana")
    assert offer_id is not None
    await desk.runtime.db.write(accept_offer, ana, offer_id)
    await _reply(desk, conversation_id, "Glad to hear it.", "key-0002")
    second = (await smtp_server.received(2))[1].message
    assert second["Subject"] == found["Subject"]
    assert second["References"].split()[:2] == ["<first@example.com>", stored.email_id]
    assert second["In-Reply-To"] == inbound[-1].email_id

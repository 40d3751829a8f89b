"""Mail that goes out, to a real SMTP server: as it should look, and when things go wrong."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from app import clock
from app.actions.chat_by_mail import mail_unseen_replies
from app.actions.delivery_attempt import (
    claim_mails,
    content_goes_out,
    mails_arrived,
    recover_attempts,
    settle_attempt,
)
from app.actions.retry_message import retry_message
from app.actions.send_message import Reply, send_message
from app.actions.set_status import resolve
from app.actions.start_conversation import forward_message
from app.actions.system_mail import SystemMail, queue_system_mail
from app.db import Tx
from app.models.contact import contacts
from app.models.conversation import attachments, conversations, files, messages
from app.models.customer import customers
from app.models.organisation import brands
from app.models.work import outbox
from app.workers import deliver
from channels.email.smtp_send import DeliveryResult, RecipientResult
from channels.email.threading import verify
from tests.desk import Desk
from tests.fixtures.product import Ticking
from tests.fixtures.workers import Start, until
from tests.servers.smtp import SmtpServer

pytestmark = pytest.mark.engine


async def _rows(desk: Desk, query: Any) -> Sequence[Any]:
    async with desk.runtime.db.read() as conn:
        return (await conn.execute(query)).all()


@pytest.fixture
def server(desk: Desk, smtp_server: SmtpServer) -> SmtpServer:
    """The catcher, set as the installation's mail server."""
    settings = desk.runtime.settings
    settings.smtp_host, settings.smtp_port = smtp_server.host, smtp_server.port
    settings.smtp_security = "none"
    return smtp_server


async def _answer(desk: Desk, text: str = "It is on its way.", **more: Any) -> int:
    """Ana answers Kim's mail; returns the message's id."""
    await desk.available("ana")
    received = await desk.mail(subject="My parcel")
    await desk.accept("ana")
    sent = await desk.runtime.db.write(
        send_message,
        await desk.actor("ana"),
        received.conversation_id,
        Reply(text, "key-0001", **more),
    )
    return sent.message_id


async def _until_state(desk: Desk, message_id: int, state: str) -> Any:
    query = select(messages).where(messages.c.id == message_id)

    async def is_so() -> bool:
        return bool((await _rows(desk, query))[0].state == state)

    await until(is_so)
    return (await _rows(desk, query))[0]


async def test_a_reply_looks_as_it_should(desk: Desk, work: Start, server: SmtpServer) -> None:
    def sign(tx: Tx) -> None:
        tx.execute(update(brands).values(signature="{agent}\nTea & Things"))

    await desk.runtime.db.write(sign)
    message_id = await _answer(
        desk, "It is on its way.\n\nhttps://tea.example/track", cc=("lee@example.net",)
    )
    await work(deliver.WORKER)
    [mail] = await server.received(1)
    found = mail.message
    message = await _until_state(desk, message_id, "sent")
    assert mail.mail_from == "help@tea.example"
    assert mail.rcpt_tos == ("kim@example.com", "lee@example.net")
    assert found["From"] == "Ana from Tea & Things <help@tea.example>"
    assert found["Subject"] == f"Re: My parcel [#{message.conversation_id}]"
    assert found["Message-ID"] == message.email_id
    assert verify(found["Message-ID"], desk.runtime.secret) == message.conversation_id
    assert verify(found["Reply-To"], desk.runtime.secret) == message.conversation_id
    assert found["Auto-Submitted"] is None
    text, html = (found.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert text.replace("\r\n", "\n").strip().endswith("-- \nAna\nTea & Things")
    assert '<a href="https://tea.example/track"' in html


async def test_blind_copies_are_in_the_envelope_alone(
    desk: Desk, work: Start, server: SmtpServer
) -> None:
    await _answer(desk, also_to=("pal@example.net",), bcc=("boss@tea.example",))
    await work(deliver.WORKER)
    [mail] = await server.received(1)
    assert mail.rcpt_tos == ("kim@example.com", "pal@example.net", "boss@tea.example")
    assert "pal@example.net" in mail.message["To"]
    assert b"boss@tea.example" not in mail.message.as_bytes()


async def test_a_reply_names_the_mails_before_it(
    desk: Desk, work: Start, server: SmtpServer
) -> None:
    def name(tx: Tx) -> None:
        tx.execute(
            update(messages).where(messages.c.kind == "inbound").values(email_id="<m1@example.com>")
        )

    first = await _answer(desk)
    await desk.runtime.db.write(name)
    await work(deliver.WORKER)
    [mail] = await server.received(1)
    assert mail.message["In-Reply-To"] == "<m1@example.com>"
    sent = await _until_state(desk, first, "sent")
    await desk.runtime.db.write(
        send_message,
        await desk.actor("ana"),
        sent.conversation_id,
        Reply("One thing more.", "key-0002"),
    )
    second = (await server.received(2))[1].message
    assert second["References"].split() == ["<m1@example.com>", sent.email_id]


async def test_files_go_along_and_inline_images_are_shown(
    desk: Desk, work: Start, server: SmtpServer
) -> None:
    picture, paper = b"\x89PNG picture", b"%PDF paper"
    store = desk.runtime.files

    def upload(tx: Tx) -> None:
        for key, data, name, kind, cid in (
            ("up-1", picture, "cup.png", "image/png", "cup@tea"),
            ("up-2", paper, "bill.pdf", "application/pdf", None),
        ):
            file_id = tx.execute(
                insert(files)
                .values(hash=store.put(data), size=len(data), created_at=tx.now)
                .returning(files.c.id)
            ).scalar_one()
            tx.execute(
                insert(attachments).values(
                    file_id=file_id,
                    key=key,
                    owner=f"agent:{desk.agents['ana']}",
                    name=name,
                    content_type=kind,
                    size=len(data),
                    content_id=cid,
                    created_at=tx.now,
                )
            )

    await desk.runtime.db.write(upload)
    await _answer(desk, uploads=("up-1", "up-2"))
    await work(deliver.WORKER)
    [mail] = await server.received(1)
    parts = {part.get_filename(): part for part in mail.message.walk() if part.get_filename()}
    assert parts["bill.pdf"].get_content() == paper
    assert parts["cup.png"]["Content-ID"] == "<cup@tea>"
    assert 'src="cid:cup@tea"' in mail.message.get_body(("html",)).get_content()


async def test_a_picture_stands_at_its_place_in_the_text(
    desk: Desk, work: Start, server: SmtpServer
) -> None:
    picture = b"\x89PNG picture"

    def upload(tx: Tx) -> None:
        file_id = tx.execute(
            insert(files)
            .values(hash=desk.runtime.files.put(picture), size=len(picture), created_at=tx.now)
            .returning(files.c.id)
        ).scalar_one()
        tx.execute(
            insert(attachments).values(
                file_id=file_id, key="up-1", owner=f"agent:{desk.agents['ana']}", name="cup.png",
                content_type="image/png", size=len(picture), width=4, height=3, created_at=tx.now,
            )
        )  # fmt: skip

    await desk.runtime.db.write(upload)
    await _answer(desk, "See ![cup.png](cid:up-1) here: **new**", uploads=("up-1",))
    await work(deliver.WORKER)
    [mail] = await server.received(1)
    found = mail.message
    text, html = (found.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert text.strip() == "See [cup.png] here: **new**"
    assert html.count('<img src="cid:up-1@inline" alt="cup.png">') == html.count("<img") == 1
    assert "<strong>new</strong>" in html
    [part] = [part for part in found.walk() if part.get_content_type() == "image/png"]
    assert part["Content-ID"] == "<up-1@inline>"
    assert part.get_content() == picture


async def test_a_mail_that_is_refused_for_now_is_sent_again_later(
    desk: Desk, work: Start, server: SmtpServer, ticking: Ticking
) -> None:
    server.answer("451 4.3.0 later", times=1)
    message_id = await _answer(desk)
    await work(deliver.WORKER)

    async def put_off() -> bool:
        [row] = await _rows(desk, select(outbox))
        return bool(row.state == "queued" and row.attempts == 1)

    await until(put_off)
    [row] = await _rows(desk, select(outbox))
    assert row.next_at == clock.now() + 60_000
    assert "451 4.3.0 later" in row.error
    ticking.forward(s=61)
    await _until_state(desk, message_id, "sent")
    assert server.mails[0].message["Message-ID"] == server.refused[0].message["Message-ID"]


async def test_a_mail_that_is_refused_for_good_comes_back_to_a_person(
    desk: Desk, work: Start, server: SmtpServer
) -> None:
    server.answer("550 5.1.1 no such user")
    message_id = await _answer(desk)
    ana = await desk.actor("ana")
    [conversation] = await _rows(desk, select(conversations.c.id))
    await desk.runtime.db.write(resolve, ana, conversation.id)
    await work(deliver.WORKER)
    message = await _until_state(desk, message_id, "failed")
    assert "no such user" in message.state_reason
    [conversation] = await _rows(desk, select(conversations))
    assert conversation.status == "open"
    states = select(contacts.c.status).order_by(contacts.c.id)
    assert [row.status for row in await _rows(desk, states)] == ["ended", "waiting"]
    server.answer("250 OK")
    await desk.runtime.db.write(retry_message, ana, message_id)
    again = await _until_state(desk, message_id, "sent")
    assert again.email_id == message.email_id


async def test_a_line_that_dies_after_the_content_leaves_it_to_a_person(
    desk: Desk, work: Start, server: SmtpServer, ticking: Ticking
) -> None:
    server.answer("drop", times=1)
    message_id = await _answer(desk)
    await work(deliver.WORKER)
    message = await _until_state(desk, message_id, "uncertain")
    ticking.forward(s=3 * 24 * 3600)
    await desk.runtime.db.write(recover_attempts, lambda _: True)
    assert len(server.mails) == 1
    assert (await _rows(desk, select(outbox.c.state)))[0].state == "uncertain"
    await desk.runtime.db.write(mails_arrived, [message.email_id])
    await _until_state(desk, message_id, "delivered")


async def test_without_any_mail_server_the_message_says_so(desk: Desk, work: Start) -> None:
    message_id = await _answer(desk)
    await work(deliver.WORKER)
    message = await _until_state(desk, message_id, "failed")
    assert message.state_reason == "no_mail_server"


async def test_only_who_did_not_have_it_yet_gets_it_again(
    desk: Desk, server: SmtpServer, ticking: Ticking
) -> None:
    message_id = await _answer(desk, cc=("lee@example.net",))
    [claimed] = await desk.runtime.db.write(claim_mails, "me", 9, b"secret", "")
    result = DeliveryResult(
        (
            RecipientResult("kim@example.com", "accepted"),
            RecipientResult("lee@example.net", "temporary", "mailbox busy"),
        )
    )
    assert await desk.runtime.db.write(settle_attempt, claimed.id, "me", result) == "queued"
    ticking.forward(s=61)
    [again] = await desk.runtime.db.write(claim_mails, "me", 9, b"secret", "")
    assert again.done == ("kim@example.com",)
    assert again.email_id == claimed.email_id
    assert message_id == again.message_id


async def test_a_claimed_mail_is_nobody_elses(desk: Desk) -> None:
    await _answer(desk)
    assert len(await desk.runtime.db.write(claim_mails, "me", 9, b"secret", "")) == 1
    assert await desk.runtime.db.write(claim_mails, "you", 9, b"secret", "") == []


async def test_after_a_crash_what_did_not_go_out_waits_and_the_rest_is_uncertain(
    desk: Desk,
) -> None:
    db = desk.runtime.db
    first = await _answer(desk)
    ana = await desk.actor("ana")
    [conversation] = await _rows(desk, select(conversations.c.id))
    second = await db.write(send_message, ana, conversation.id, Reply("More.", "key-0002"))
    one, two = await db.write(claim_mails, "dead", 9, b"secret", "")
    await db.write(content_goes_out, two.id, "dead")
    assert await db.write(recover_attempts, lambda lease: lease == "dead") == 2
    states = dict(await _rows(desk, select(messages.c.id, messages.c.state)))
    assert states[first] == "queued"
    assert states[second.message_id] == "uncertain"
    late = DeliveryResult((RecipientResult("kim@example.com", "accepted"),))
    assert await db.write(settle_attempt, one.id, "dead", late) == ""


async def test_a_forward_goes_to_whom_the_agent_named(
    desk: Desk, work: Start, server: SmtpServer
) -> None:
    await desk.available("ana")
    received = await desk.mail("The cup came broken.", subject="Broken cup")
    await desk.accept("ana")
    await desk.runtime.db.write(
        forward_message,
        await desk.actor("ana"),
        received.message_id,
        ["maker@cups.example"],
        "Please replace it.",
        "key-0009",
    )
    await work(deliver.WORKER)
    [mail] = await server.received(1)
    assert mail.rcpt_tos == ("maker@cups.example",)
    assert mail.message["References"] is None
    text = mail.message.get_body(("plain",)).get_content()
    assert "Forwarded message" in text
    assert "From: kim@example.com" in text
    assert "The cup came broken." in text


async def test_chat_replies_nobody_saw_travel_in_one_mail(
    desk: Desk, work: Start, server: SmtpServer, ticking: Ticking
) -> None:
    await desk.available("ana")
    received = await desk.chat()
    await desk.accept("ana")

    def give_address(tx: Tx) -> None:
        tx.execute(update(customers).values(email="kim@example.com"))

    await desk.runtime.db.write(give_address)
    ana = await desk.actor("ana")
    for number, text in enumerate(("It is here.", "And a link.")):
        reply = Reply(text, f"key-000{number}")
        await desk.runtime.db.write(send_message, ana, received.conversation_id, reply)
    ticking.forward(s=200)
    await desk.runtime.db.write(mail_unseen_replies, 180_000)
    await work(deliver.WORKER)
    [mail] = await server.received(1)
    assert mail.message["Subject"].startswith("Your chat with Tea & Things [#")
    text = mail.message.get_body(("plain",)).get_content()
    assert text.index("It is here.") < text.index("And a link.") < text.index("answer this mail")
    assert verify(mail.message["Reply-To"], desk.runtime.secret) == received.conversation_id


async def test_mails_of_the_installation_leave_from_its_address(
    desk: Desk, work: Start, server: SmtpServer
) -> None:
    desk.runtime.settings.mail_from = "noreply@tea.example"
    mail = SystemMail("new@tea.example", "Welcome", "Sign in here: https://tea.example/x")
    await desk.runtime.db.write(queue_system_mail, mail)
    await work(deliver.WORKER)
    [mail_out] = await server.received(1)
    assert mail_out.message["From"] == "noreply@tea.example"
    assert mail_out.message["To"] == "new@tea.example"

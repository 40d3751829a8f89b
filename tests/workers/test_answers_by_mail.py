"""Agents answer customers from their own mailbox; whoever only seems to be an agent does not."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

import aiosmtplib
import pytest
from sqlalchemy import select, update

from app import clock
from app.actions.account import set_preferences
from app.actions.send_message import Reply, send_message
from app.actions.set_presence import set_presence
from app.db import Tx
from app.models.agent import agent_brands, agents
from app.models.conversation import attachments, conversations, messages
from app.models.organisation import brands, inboxes
from app.models.work import outbox, raw_mails
from app.workers import deliver, fetch_mail, listen_smtp, parse_mail
from channels.email.threading import agent_mark
from channels.values import ThreadHints
from tests.desk import Desk
from tests.fixtures.product import Ticking
from tests.fixtures.workers import Start, until
from tests.servers.dovecot import DovecotServer
from tests.servers.ports import free_port, wait_for_port
from tests.servers.smtp import Mail, SmtpServer

QUOTED = "\n\nOn Sat, 21 Nov 2026 at 10:00, Tea email <help@tea.example> wrote:\n"


async def rows(desk: Desk, query: Any) -> Sequence[Any]:
    async with desk.runtime.db.read() as conn:
        return (await conn.execute(query)).all()


@dataclass
class Post:
    """The desk with its mail server, its listener, and Ana who wants mails about her work."""

    desk: Desk
    server: SmtpServer
    port: int
    conversation_id: int = 0

    async def customer_writes(self, text: str = "Is it a green one?") -> Mail:
        """Kim writes again about what Ana has in hand; returns the mail that Ana gets."""
        before = len(self.server.mails)
        await self.desk.mail(
            text, subject="My parcel", thread=ThreadHints(token=self.conversation_id)
        )
        return (await self.server.received(before + 1))[before]

    async def send(self, mail: EmailMessage) -> None:
        """A mail comes in by the listener, and is read."""
        await aiosmtplib.send(mail, hostname="127.0.0.1", port=self.port, start_tls=False)
        await self.all_read()

    async def all_read(self) -> None:
        async def so() -> bool:
            states = [row.state for row in await rows(self.desk, select(raw_mails.c.state))]
            return bool(states) and set(states) == {"parsed"}

        await until(so)

    async def to_customer(self) -> list[Any]:
        """What has been, or will be, said to the customer."""
        query = select(messages).where(messages.c.kind == "outbound").order_by(messages.c.id)
        return list(await rows(self.desk, query))

    async def refusals(self) -> list[Any]:
        query = select(messages).where(messages.c.text == "answer_refused")
        return list(await rows(self.desk, query.order_by(messages.c.id)))


def answer_to(notice: Mail, text: str = "Yes, it is.", **headers: str) -> EmailMessage:
    """What Ana's mail program makes when she answers."""
    was = notice.message
    quoted = was.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    mail = EmailMessage()
    mail["From"], mail["To"] = "Ana <ana@tea.example>", str(was["Reply-To"])
    mail["Subject"], mail["Message-ID"] = f"Re: {was['Subject']}", "<answer-1@laptop.example>"
    mail["In-Reply-To"] = mail["References"] = str(was["Message-ID"])
    for name, value in headers.items():
        del mail[name.replace("_", "-")]
        if value:
            mail[name.replace("_", "-")] = value
    quote = "".join(f"> {line}\n" for line in quoted.splitlines())
    mail.set_content(f"{text}{QUOTED}{quote}")
    return mail


@pytest.fixture
async def post(desk: Desk, work: Start, smtp_server: SmtpServer) -> Post:
    settings = desk.runtime.settings
    settings.smtp_host, settings.smtp_port = smtp_server.host, smtp_server.port
    settings.smtp_security = "none"
    settings.smtp_listen_port = port = free_port()
    ana = await desk.actor("ana")
    await desk.runtime.db.write(set_preferences, ana, {"mail_me": "always"})
    await desk.available("ana")
    first = await desk.mail(subject="My parcel", email="kim@example.com")
    await desk.accept("ana")
    await work(listen_smtp.WORKER, parse_mail.WORKER, deliver.WORKER)
    await asyncio.to_thread(wait_for_port, port)
    return Post(desk, smtp_server, port, first.conversation_id)


@pytest.mark.engine
async def test_an_answer_by_mail_is_the_agents_reply(post: Post) -> None:
    notice = await post.customer_writes("Is it a green one?")
    told = notice.message
    assert told["To"] == "ana@tea.example"
    assert "Is it a green one?" in told.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert told["Auto-Submitted"] == "auto-replied"
    mail = answer_to(notice, "Yes, it is.\n\n-- \nAna at home")
    mail.add_attachment(b"GIF89a", maintype="image", subtype="gif", filename="cup.gif")
    await post.send(mail)
    [reply] = await post.to_customer()
    assert (reply.text, reply.agent_id) == ("Yes, it is.", post.desk.agents["ana"])
    sent = (await post.server.received(2))[1]
    assert sent.rcpt_tos == ("kim@example.com",)
    text = sent.message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert text.strip() == "Yes, it is."
    assert [part.get_filename() for part in sent.message.iter_attachments()] == ["cup.gif"]
    assert await post.refusals() == []
    [row] = await rows(post.desk, select(raw_mails))
    assert row.message_id == reply.id


async def test_it_is_known_by_its_message_id_where_the_address_was_lost(post: Post) -> None:
    notice = await post.customer_writes()
    await post.send(answer_to(notice, To="help@tea.example"))
    assert [each.text for each in await post.to_customer()] == ["Yes, it is."]


@pytest.mark.engine
async def test_the_same_mail_twice_is_one_reply(post: Post) -> None:
    notice = await post.customer_writes()
    await post.send(answer_to(notice))
    await post.send(answer_to(notice, "Yes, it is.", X_Hop="2"))
    assert len(await post.to_customer()) == 1


async def test_an_answer_without_any_word_but_with_a_file_is_one(post: Post) -> None:
    mail = answer_to(await post.customer_writes(), "")
    mail.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="bill.pdf")
    await post.send(mail)
    [reply] = await post.to_customer()
    assert reply.text == ""
    [file] = await rows(post.desk, select(attachments))
    assert (file.name, file.message_id) == ("bill.pdf", reply.id)


async def test_another_sender_is_never_the_agent(post: Post) -> None:
    notice = await post.customer_writes()
    await post.send(answer_to(notice, "Send me money.", From="Ana <ana@evil.example>"))
    await refused(post, "other_sender", said="Send me money.")
    told = (await post.server.received(2))[1]
    assert told.rcpt_tos == ("ana@tea.example",)
    text = told.message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "ana@evil.example" in text
    assert "money" not in text


@pytest.mark.engine
async def test_a_customer_who_answers_a_copy_of_it_is_the_customer(post: Post) -> None:
    notice = await post.customer_writes()
    await post.send(answer_to(notice, "Thank you!", From="Kim <kim@example.com>"))
    assert (await post.to_customer(), await post.refusals()) == ([], [])
    query = select(messages).where(messages.c.kind == "inbound").order_by(messages.c.id.desc())
    newest = (await rows(post.desk, query))[0]
    assert (newest.text, newest.conversation_id) == ("Thank you!", post.conversation_id)
    assert "claims_agent" not in newest.details


async def test_another_agent_cannot_use_the_mark_either(post: Post) -> None:
    notice = await post.customer_writes()
    await post.send(answer_to(notice, From="Ben <ben@tea.example>"))
    await refused(post, "other_sender")


@pytest.mark.parametrize(
    ("results", "why"),
    [
        ("mx.tea.example; dmarc=fail header.from=tea.example", "unproven"),
        ("other.example; dmarc=pass header.from=tea.example", "unproven"),
        ("", "unproven"),
        ("mx.tea.example; dmarc=pass header.from=tea.example", ""),
    ],
)
async def test_where_a_server_is_believed_it_must_say_who_wrote(
    post: Post, results: str, why: str
) -> None:
    def trust(tx: Tx) -> None:
        tx.execute(update(inboxes).values(settings={"authserv": "mx.tea.example"}))

    await post.desk.runtime.db.write(trust)
    notice = await post.customer_writes()
    await post.send(answer_to(notice, Authentication_Results=results))
    if why:
        await refused(post, why)
    else:
        assert len(await post.to_customer()) == 1


@pytest.mark.engine
async def test_a_forged_mark_is_anybodys_mail_and_flagged(post: Post) -> None:
    notice = await post.customer_writes()
    other = agent_mark(post.desk.agents["ana"], 1, clock.now() + 10**9, b"not our secret")
    forged = {"To": f"help+{other}@tea.example", "In_Reply_To": "", "References": ""}
    await post.send(answer_to(notice, "I am Ana.", **forged))
    assert await post.to_customer() == []
    query = select(messages).where(messages.c.kind == "inbound").order_by(messages.c.id.desc())
    newest = (await rows(post.desk, query))[0]
    assert newest.text == "I am Ana."
    assert newest.conversation_id != post.conversation_id
    assert newest.details["claims_agent"] is True
    told = (await post.server.received(2))[1]
    assert told.rcpt_tos == ("ana@tea.example",)


async def test_the_mark_of_one_message_serves_for_no_other(post: Post) -> None:
    notice = await post.customer_writes()
    mark = str(notice.message["Reply-To"]).partition("+")[2]
    agent, about, rest = mark.split("-", 2)
    tampered = f"help+{agent}-{int(about) + 1}-{rest}"
    await post.send(answer_to(notice, To=tampered, In_Reply_To="", References=""))
    assert await post.to_customer() == []


async def test_an_old_mark_has_expired(post: Post, ticking: Ticking) -> None:
    notice = await post.customer_writes()
    ticking.forward(s=15 * 24 * 3600)
    await post.send(answer_to(notice, "Better late"))
    await refused(post, "expired", said="Better late")
    told = (await post.server.received(2))[1]
    assert "Better late" in told.message.get_body(("plain",)).get_content()  # type: ignore[union-attr]


async def test_a_closed_account_answers_nobody(post: Post) -> None:
    notice = await post.customer_writes()

    def close(tx: Tx) -> None:
        where = agents.c.id == post.desk.agents["ana"]
        tx.execute(update(agents).where(where).values(active=False))

    await post.desk.runtime.db.write(close)
    await post.send(answer_to(notice))
    await refused(post, "closed_account")


@pytest.mark.engine
async def test_who_has_lost_the_right_answers_nobody(post: Post) -> None:
    notice = await post.customer_writes()

    def move_away(tx: Tx) -> None:
        other = tx.execute(
            brands.insert().values(name="Other", slug="o", created_at=tx.now).returning(brands.c.id)
        ).scalar_one()
        tx.execute(agent_brands.insert().values(agent_id=post.desk.agents["ana"], brand_id=other))

    await post.desk.runtime.db.write(move_away)
    await post.send(answer_to(notice))
    await refused(post, "no_right")
    told = (await post.server.received(2))[1]
    text = told.message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "/inbox/" not in text


@pytest.mark.engine
async def test_a_machines_answer_is_not_sent_and_noted_once(post: Post) -> None:
    notice = await post.customer_writes()
    for number in (1, 2):
        away = answer_to(
            notice, "I am out.", Auto_Submitted="auto-replied", Message_ID=f"<o{number}@l.example>"
        )
        await post.send(away)
    assert await post.to_customer() == []
    assert [each.details["why"] for each in await post.refusals()] == ["automatic"]
    assert len(post.server.mails) == 1


async def test_nobody_answers_blindly_over_a_colleague(post: Post) -> None:
    notice = await post.customer_writes()
    sam = await post.desk.actor("sam")
    reply = Reply("It is black.", "key-sam-1")
    await post.desk.runtime.db.write(send_message, sam, post.conversation_id, reply)
    await post.send(answer_to(notice))
    assert [each.text for each in await post.to_customer()] == ["It is black."]
    assert [each.details["why"] for each in await post.refusals()] == ["answered"]


async def test_a_mail_without_words_of_ones_own_is_not_sent(post: Post) -> None:
    await post.send(answer_to(await post.customer_writes(), ""))
    assert await post.to_customer() == []
    assert [each.details["why"] for each in await post.refusals()] == ["empty"]


async def test_what_was_refused_never_reaches_the_customer(post: Post) -> None:
    notice = await post.customer_writes()
    await post.send(answer_to(notice, "Internal.", From="x@evil.example"))
    [line] = await post.refusals()
    assert line.kind == "system"
    sent = [mail for mail in post.server.mails if "kim@example.com" in mail.rcpt_tos]
    assert sent == []


async def test_notes_and_colleagues_make_no_mail(post: Post) -> None:
    sam = await post.desk.actor("sam")
    note = Reply("Careful with this one.", "key-note-1", kind="note")
    await post.desk.runtime.db.write(send_message, sam, post.conversation_id, note)
    notice = await post.customer_writes()
    assert "Careful" not in notice.content.decode()
    kinds = [row.kind for row in await rows(post.desk, select(outbox.c.kind))]
    assert kinds == ["agent_email"]


@pytest.mark.parametrize(
    ("choice", "state", "told"),
    [
        ("never", "away", 0),
        ("away", "available", 0),
        ("away", "away", 1),
        ("always", "available", 1),
    ],
)
async def test_agents_say_when_they_want_mails(
    desk: Desk, choice: str, state: str, told: int
) -> None:
    await desk.available("ana")
    first = await desk.mail()
    await desk.accept("ana")
    ana = await desk.actor("ana")
    await desk.runtime.db.write(set_preferences, ana, {"mail_me": choice})
    if state != "available":
        await desk.runtime.db.write(set_presence, desk.agents["ana"], state)
    await desk.mail("And now?", thread=ThreadHints(token=first.conversation_id))
    assert len(await rows(desk, select(outbox.c.id))) == told


async def test_a_machines_mail_is_not_passed_on_to_the_agent(post: Post) -> None:
    await post.desk.mail(
        "Out of office", thread=ThreadHints(token=post.conversation_id), automatic=True
    )
    assert await rows(post.desk, select(outbox.c.id)) == []


@pytest.mark.engine
@pytest.mark.dovecot
async def test_it_works_by_imap_as_well(post: Post, work: Start, mailbox: DovecotServer) -> None:
    imap = {
        "host": mailbox.host, "port": mailbox.port, "user": mailbox.user,
        "password": mailbox.password, "security": "none",
    }  # fmt: skip

    def connect(tx: Tx) -> None:
        email = inboxes.c.id == post.desk.inboxes["email"]
        tx.execute(update(inboxes).where(email).values(settings={"imap": imap}))

    await post.desk.runtime.db.write(connect)
    notice = await post.customer_writes()
    raw = answer_to(notice, "By IMAP.").as_bytes()
    await asyncio.to_thread(mailbox.append, raw)
    await work(fetch_mail.WORKER)

    async def it_is_sent() -> bool:
        return [each.text for each in await post.to_customer()] == ["By IMAP."]

    await until(it_is_sent)


async def refused(post: Post, why: str, said: str = "Yes, it is.") -> None:
    """Nothing goes to the customer; colleagues see why, and what it said."""
    assert await post.to_customer() == []
    [line] = await post.refusals()
    assert line.conversation_id == post.conversation_id
    assert (line.kind, line.details["why"]) == ("system", why)
    assert line.details["said"].startswith(said)
    [row] = await rows(post.desk, select(raw_mails))
    assert row.message_id == line.id
    names = await rows(post.desk, select(conversations.c.id))
    assert len(names) == 1

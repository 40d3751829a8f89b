"""Mail that was kept becomes messages: each once, in order, and none is lost for being odd."""

import asyncio
from collections.abc import Sequence
from email.message import EmailMessage
from typing import Any

import pytest
from sqlalchemy import func, select, update

from app import clock
from app.actions.customer_mail import queue_customer_mail
from app.actions.keep_mail import KeptMail, keep_mails, mail_unread
from app.actions.send_message import Reply, send_message
from app.actions.setup.retry_mail import read_again
from app.db import Tx
from app.models.conversation import attachments, conversations, messages
from app.models.customer import identities
from app.models.work import raw_mails
from app.queries.mail_addresses import bad_addresses
from app.workers import parse_mail
from app.workers.keep import keep_delivered
from channels.email.threading import make_message_id, reply_address
from tests.desk import Desk
from tests.fixtures.mail import mail
from tests.fixtures.workers import Start, until

pytestmark = pytest.mark.engine


async def _rows(desk: Desk, query: Any) -> Sequence[Any]:
    async with desk.runtime.db.read() as conn:
        return (await conn.execute(query)).all()


async def _deliver(desk: Desk, *raws: bytes, rcpt_to: str = "help@tea.example") -> None:
    for raw in raws:
        inbox_ids = [desk.inboxes["email"]]
        await keep_delivered(desk.runtime, inbox_ids, raw, "kim@example.com", [rcpt_to])


async def _read_all(desk: Desk, work: Start) -> None:
    await work(parse_mail.WORKER)

    async def nothing_waits() -> bool:
        waiting = select(func.count()).where(
            raw_mails.c.state == "stored", raw_mails.c.next_at <= clock.now()
        )
        return bool((await _rows(desk, waiting))[0][0] == 0)

    await until(nothing_waits)


async def test_a_mail_that_comes_twice_is_kept_once_and_becomes_one_message(
    desk: Desk, work: Start
) -> None:
    await _deliver(desk, mail(), mail())
    await _read_all(desk, work)
    [raw] = await _rows(desk, select(raw_mails.c.state, raw_mails.c.message_id))
    [message] = await _rows(desk, select(messages.c.id, messages.c.email_id))
    assert (raw.state, raw.message_id) == ("parsed", message.id)
    assert message.email_id == "<m1@example.com>"


async def test_mails_become_messages_in_the_order_they_came(desk: Desk, work: Start) -> None:
    first = mail("One", message_id="<m0@example.com>")
    answers = [
        mail(f"More {n}", message_id=f"<m{n}@example.com>", In_Reply_To=f"<m{n - 1}@example.com>")
        for n in range(1, 20)
    ]
    await _deliver(desk, first, *answers)
    await _read_all(desk, work)
    texts = [row.text for row in await _rows(desk, select(messages.c.text).order_by(messages.c.id))]
    assert texts == ["One", *(f"More {n}" for n in range(1, 20))]
    assert len(await _rows(desk, select(conversations.c.id))) == 1


async def test_the_backlog_of_one_inbox_does_not_keep_the_others_waiting(desk: Desk) -> None:
    backlog = [KeptMail(f"{n:064d}", 10) for n in range(400)]
    await desk.runtime.db.write(keep_mails, desk.inboxes["email"], "imap", backlog)
    other = [KeptMail("a" * 64, 10), KeptMail("b" * 64, 10)]
    await desk.runtime.db.write(keep_mails, desk.inboxes["form"], "imap", other)
    rows, _ = await desk.runtime.db.query(parse_mail.waiting_mails, clock.now())
    assert [row.hash for row in rows if row.inbox_id == desk.inboxes["form"]] == [
        "a" * 64,
        "b" * 64,
    ]
    first = [row.hash for row in rows if row.inbox_id == desk.inboxes["email"]]
    assert first == [f"{n:064d}" for n in range(parse_mail.BATCH - 2)]


async def test_a_mail_that_cannot_be_read_waits_and_does_not_stop_the_rest(
    desk: Desk, work: Start
) -> None:
    no_file = [KeptMail("f" * 64, 10)]
    await desk.runtime.db.write(keep_mails, desk.inboxes["email"], "api", no_file)
    await _deliver(desk, mail())
    await _read_all(desk, work)
    bad, good = await _rows(desk, select(raw_mails).order_by(raw_mails.c.id))
    assert (bad.state, bad.attempts, good.state) == ("stored", 1, "parsed")
    assert "FileNotFoundError" in bad.error
    assert bad.next_at > bad.received_at


async def test_a_mail_that_cannot_be_filed_waits_and_takes_no_other_with_it(
    desk: Desk, work: Start
) -> None:
    def refuse_the_second(tx: Tx) -> None:
        tx.conn.exec_driver_sql("CREATE UNIQUE INDEX t ON messages (text) WHERE text = 'Twice'")

    await desk.runtime.db.write(refuse_the_second)
    texts = ["Before", "Twice", "Between", "Twice", "After"]
    raws = [mail(text, message_id=f"<m{n}@example.com>") for n, text in enumerate(texts)]
    await _deliver(desk, *raws)
    await _read_all(desk, work)
    found = await _rows(desk, select(messages.c.text).order_by(messages.c.id))
    assert [row.text for row in found] == ["Before", "Twice", "Between", "After"]
    kept = await _rows(desk, select(raw_mails).order_by(raw_mails.c.id))
    assert [raw.state for raw in kept] == ["parsed", "parsed", "parsed", "stored", "parsed"]
    assert "IntegrityError" in kept[3].error


async def test_after_five_attempts_a_mail_is_failed_until_somebody_asks_again(desk: Desk) -> None:
    no_file = [KeptMail("f" * 64, 10)]
    await desk.runtime.db.write(keep_mails, desk.inboxes["email"], "api", no_file)
    raw_id = (await _rows(desk, select(raw_mails.c.id)))[0].id
    states = [await desk.runtime.db.write(mail_unread, raw_id, "broken") for _ in range(5)]
    assert states == ["stored"] * 4 + ["failed"]
    await desk.runtime.db.write(read_again, await desk.actor("ada"), raw_id)
    [row] = await _rows(desk, select(raw_mails.c.state, raw_mails.c.attempts))
    assert row == ("stored", 0)


async def test_a_mail_without_any_sender_is_taken_in(desk: Desk, work: Start) -> None:
    raw = b"Subject: no sender\r\n\r\nHello\0 there\r\n"
    await keep_delivered(desk.runtime, [desk.inboxes["email"]], raw, "", ["help@tea.example"])
    await _read_all(desk, work)
    assert [r.value for r in await _rows(desk, select(identities.c.value))] == [
        "unknown-sender@mail.invalid"
    ]
    [message] = await _rows(desk, select(messages.c.text, messages.c.details))
    assert message.text.startswith("Hello")
    assert message.details["defects"]


async def test_a_mail_of_which_only_the_header_was_kept_says_so(desk: Desk, work: Start) -> None:
    raw = mail()
    digest = await asyncio.to_thread(desk.runtime.files.put, raw)
    cut = [KeptMail(digest, len(raw), size=80_000_000)]
    await desk.runtime.db.write(keep_mails, desk.inboxes["email"], "imap", cut)
    await _read_all(desk, work)
    [message] = await _rows(desk, select(messages.c.details))
    assert any("80000000" in words for words in message.details["defects"])


async def test_another_mail_with_a_known_message_id_is_kept_and_flagged(
    desk: Desk, work: Start
) -> None:
    await _deliver(desk, mail("One"), mail("Two"))
    await _read_all(desk, work)
    first, second = await _rows(desk, select(messages).order_by(messages.c.id))
    assert (first.text, second.text) == ("One", "Two")
    assert "defects" not in first.details
    assert any("same Message-ID" in words for words in second.details["defects"])


async def test_the_signed_address_leads_home_even_when_only_the_envelope_has_it(
    desk: Desk, work: Start
) -> None:
    received = await desk.mail()
    home = reply_address("help@tea.example", received.conversation_id, desk.runtime.secret)
    await _deliver(desk, mail(sender="Lee <lee@example.net>"), rcpt_to=home)
    await _read_all(desk, work)
    assert len(await _rows(desk, select(conversations.c.id))) == 1


async def _answered(desk: Desk) -> tuple[int, str]:
    """A conversation with an answer that went out under a Message-ID."""
    await desk.available("ana")
    received = await desk.mail()
    await desk.accept("ana")
    sent = await desk.runtime.db.write(
        send_message,
        await desk.actor("ana"),
        received.conversation_id,
        Reply("It is on its way.", "key-0001"),
    )
    email_id = make_message_id(received.conversation_id, "abc", desk.runtime.secret, "tea.example")

    def went_out(tx) -> None:  # type: ignore[no-untyped-def]
        tx.execute(
            update(messages)
            .where(messages.c.id == sent.message_id)
            .values(email_id=email_id, state="sent")
        )

    await desk.runtime.db.write(went_out)
    return received.conversation_id, email_id


async def test_our_own_mail_that_comes_back_makes_no_message(desk: Desk, work: Start) -> None:
    _, email_id = await _answered(desk)
    before = len(await _rows(desk, select(messages.c.id)))
    await _deliver(desk, mail(sender="help@tea.example", message_id=email_id, X_Switchroom="1"))
    await _read_all(desk, work)
    assert len(await _rows(desk, select(messages.c.id))) == before
    [raw] = await _rows(desk, select(raw_mails.c.state, raw_mails.c.error))
    assert raw.state == "parsed"
    assert "own mail" in raw.error


async def test_our_own_mail_is_known_by_its_mark_when_its_message_id_was_changed(
    desk: Desk, work: Start
) -> None:
    mine = mail(sender="Tea <help@tea.example>", message_id="<other@relay>", X_Switchroom="1")
    theirs = mail(sender="Kim <kim@example.com>", message_id="<m2@example.com>", X_Switchroom="1")
    await _deliver(desk, mine, theirs)
    await _read_all(desk, work)
    assert [row.email_id for row in await _rows(desk, select(messages.c.email_id))] == [
        "<m2@example.com>"
    ]


def _report(email_id: str, action: str, status: str) -> bytes:
    """A delivery status notification (RFC 3464) about one of our mails."""
    return f"""From: MAILER-DAEMON@mx.example.net
To: help@tea.example
Subject: Undelivered Mail Returned to Sender
Message-ID: <dsn-{action}@mx.example.net>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

This is the mail system at mx.example.net.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; kim@example.com
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} User unknown

--b
Content-Type: message/rfc822

From: help@tea.example
To: kim@example.com
Message-ID: {email_id}

It is on its way.
--b--
""".replace("\n", "\r\n").encode()


async def test_a_bounce_marks_the_message_failed_and_stays_in_its_conversation(
    desk: Desk, work: Start
) -> None:
    conversation_id, email_id = await _answered(desk)
    await _deliver(desk, _report(email_id, "failed", "5.1.1"))
    await _read_all(desk, work)
    [message] = await _rows(desk, select(messages).where(messages.c.kind == "outbound"))
    assert message.state == "failed"
    assert "kim@example.com: 5.1.1" in message.state_reason
    assert [r.id for r in await _rows(desk, select(conversations.c.id))] == [conversation_id]
    lines = select(messages.c.text).where(messages.c.kind == "system")
    assert "delivery_failed" in [row.text for row in await _rows(desk, lines)]


async def test_a_report_marks_no_address_that_the_message_never_went_to(
    desk: Desk, work: Start
) -> None:
    _, email_id = await _answered(desk)
    report = _report(email_id, "failed", "5.1.1").replace(
        b"rfc822; kim@example.com", b"rfc822; rival@example.com"
    )
    complaint = _notice("feedback-report", "Feedback-Type: abuse", email_id).replace(
        b"To: kim@example.com", b"To: rival@example.com"
    )
    await _deliver(desk, report, complaint)
    await _read_all(desk, work)
    assert await desk.runtime.db.query(bad_addresses, ["rival@example.com"]) == {}


async def test_a_warning_about_a_delay_leaves_the_message_sent(desk: Desk, work: Start) -> None:
    _, email_id = await _answered(desk)
    await _deliver(desk, _report(email_id, "delayed", "4.4.1"))
    await _read_all(desk, work)
    [message] = await _rows(desk, select(messages).where(messages.c.kind == "outbound"))
    assert message.state == "sent"
    assert "4.4.1" in message.state_reason


async def test_an_address_that_bounced_gets_no_mail_by_itself_until_it_works_again(
    desk: Desk, work: Start
) -> None:
    _, email_id = await _answered(desk)
    await _deliver(desk, _report(email_id, "failed", "5.1.1"))
    await _read_all(desk, work)
    asked = ["Kim@example.com", "lee@example.com"]
    assert await desk.runtime.db.query(bad_addresses, asked) == {"Kim@example.com": "bounced"}
    mail_by_itself = (desk.brand, "kim@example.com", "Received", "Thank you", "en")
    assert await desk.runtime.db.write(queue_customer_mail, *mail_by_itself, about=1) is None
    await _deliver(desk, mail("I am back", message_id="<back@example.com>"))
    await _read_all(desk, work)
    assert await desk.runtime.db.query(bad_addresses, asked) == {}
    assert await desk.runtime.db.write(queue_customer_mail, *mail_by_itself, about=1) is not None


def _notice(kind: str, fields: str, email_id: str) -> bytes:
    return f"""From: reports@provider.example
To: help@tea.example
Subject: report
MIME-Version: 1.0
Content-Type: multipart/report; boundary=b

--b
Content-Type: text/plain

A report.
--b
Content-Type: message/{kind}

{fields}

--b
Content-Type: message/rfc822

From: help@tea.example
To: kim@example.com
Message-ID: {email_id}

It is on its way.
--b--
""".replace("\n", "\r\n").encode()


async def test_a_receipt_shows_at_the_message_and_makes_no_noise(desk: Desk, work: Start) -> None:
    conversation_id, email_id = await _answered(desk)
    fields = f"Original-Message-ID: {email_id}\nDisposition: manual-action/x; displayed"
    await _deliver(desk, _notice("disposition-notification", fields, email_id))
    await _read_all(desk, work)
    [message] = await _rows(desk, select(messages).where(messages.c.kind == "outbound"))
    assert message.state == "read"
    assert [r.id for r in await _rows(desk, select(conversations.c.id))] == [conversation_id]
    assert len(await _rows(desk, select(messages.c.id).where(messages.c.kind == "inbound"))) == 1


async def test_a_complaint_is_said_in_its_conversation_and_the_address_is_left_alone(
    desk: Desk, work: Start
) -> None:
    conversation_id, email_id = await _answered(desk)
    await _deliver(desk, _notice("feedback-report", "Feedback-Type: abuse", email_id))
    await _read_all(desk, work)
    lines = select(messages.c.text).where(messages.c.kind == "system")
    assert "complaint" in [row.text for row in await _rows(desk, lines)]
    assert [r.id for r in await _rows(desk, select(conversations.c.id))] == [conversation_id]
    asked = ["kim@example.com"]
    assert await desk.runtime.db.query(bad_addresses, asked) == {asked[0]: "complained"}
    await _deliver(desk, mail("I am back", message_id="<back@example.com>"))
    await _read_all(desk, work)
    assert await desk.runtime.db.query(bad_addresses, asked) == {asked[0]: "complained"}


async def test_files_of_a_mail_are_kept_and_hang_on_its_message(desk: Desk, work: Start) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "kim@example.com", "help@tea.example", "A"
    message.set_content("See the picture.")
    message.add_attachment(b"\x89PNG not really", "image", "png", filename="cup.png")
    await _deliver(desk, message.as_bytes())
    await _read_all(desk, work)
    [found] = await _rows(desk, select(attachments.c.name, attachments.c.message_id))
    assert found.name == "cup.png"
    assert found.message_id is not None

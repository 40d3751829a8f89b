"""The two doors of mail, on real servers: an IMAP mailbox and the SMTP listener."""

import asyncio
import smtplib
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import func, select, update

from app.db import Tx
from app.events import SetupChanged
from app.models.conversation import conversations, messages
from app.models.organisation import inboxes
from app.models.work import raw_mails
from app.queries.setup_mail import mailboxes
from app.workers import fetch_mail, listen_smtp, parse_mail
from tests.desk import Desk
from tests.fixtures.mail import mail
from tests.fixtures.workers import Start, until
from tests.servers.dovecot import DovecotServer
from tests.servers.ports import free_port, wait_for_port


async def _rows(desk: Desk, query: Any) -> Sequence[Any]:
    async with desk.runtime.db.read() as conn:
        return (await conn.execute(query)).all()


async def _set_mailbox(desk: Desk, mailbox: DovecotServer, password: str = "") -> None:
    imap = {
        "host": mailbox.host,
        "port": mailbox.port,
        "user": mailbox.user,
        "password": password or mailbox.password,
        "security": "none",
    }

    def change(tx: Tx) -> None:
        tx.execute(
            update(inboxes)
            .where(inboxes.c.id == desk.inboxes["email"])
            .values(settings={"imap": imap})
        )
        tx.emit(SetupChanged("inbox", desk.inboxes["email"]))

    await desk.runtime.db.write(change)


async def _until_messages(desk: Desk, how_many: int) -> None:
    async def all_there() -> bool:
        return bool((await _rows(desk, select(func.count(messages.c.id))))[0][0] == how_many)

    await until(all_there)


@pytest.mark.dovecot
async def test_mail_in_a_mailbox_becomes_messages_each_once(
    desk: Desk, mailbox: DovecotServer, work: Start
) -> None:
    for n in range(5):
        await asyncio.to_thread(mailbox.append, mail(f"No. {n}", message_id=f"<m{n}@e.com>"))
    await _set_mailbox(desk, mailbox)
    crew = await work(fetch_mail.WORKER, parse_mail.WORKER)
    await _until_messages(desk, 5)
    await asyncio.to_thread(mailbox.append, mail("No. 5", message_id="<m5@e.com>"))
    await _until_messages(desk, 6)
    await crew.stop()
    [inbox] = await _rows(desk, select(inboxes).where(inboxes.c.id == desk.inboxes["email"]))
    assert inbox.uid == 6
    assert inbox.last_success_at is not None
    await work(fetch_mail.WORKER, parse_mail.WORKER)
    await asyncio.to_thread(mailbox.append, mail("No. 6", message_id="<m6@e.com>"))
    await _until_messages(desk, 7)


@pytest.mark.dovecot
async def test_a_mailbox_that_is_numbered_anew_is_not_imported_twice(
    desk: Desk, mailbox: DovecotServer, work: Start
) -> None:
    await asyncio.to_thread(mailbox.append, mail())
    await _set_mailbox(desk, mailbox)
    crew = await work(fetch_mail.WORKER, parse_mail.WORKER)
    await _until_messages(desk, 1)
    await crew.stop()
    await asyncio.to_thread(mailbox.forget_uids)
    await asyncio.to_thread(mailbox.append, mail("Later", message_id="<m2@example.com>"))
    await work(fetch_mail.WORKER, parse_mail.WORKER)
    await _until_messages(desk, 2)
    assert len(await _rows(desk, select(raw_mails.c.id))) == 2


@pytest.mark.dovecot
async def test_a_refused_login_is_written_at_the_inbox_and_mended_by_new_settings(
    desk: Desk, mailbox: DovecotServer, work: Start
) -> None:
    await asyncio.to_thread(mailbox.append, mail())
    await _set_mailbox(desk, mailbox, password="wrong")
    await work(fetch_mail.WORKER, parse_mail.WORKER)
    health = select(inboxes.c.last_error).where(inboxes.c.id == desk.inboxes["email"])

    async def refused() -> bool:
        return "refused the login" in (await _rows(desk, health))[0].last_error

    await until(refused)
    await _set_mailbox(desk, mailbox)
    await _until_messages(desk, 1)
    assert (await _rows(desk, health))[0].last_error == ""


async def test_a_mail_handed_in_by_smtp_is_stored_before_it_is_accepted(
    desk: Desk, work: Start
) -> None:
    desk.runtime.settings.smtp_listen_port = port = free_port()
    await work(listen_smtp.WORKER)
    await asyncio.to_thread(wait_for_port, port)

    def hand_in() -> dict[str, tuple[int, bytes]]:
        with smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
            to = ["Help+anything@Tea.example", "nobody@tea.example"]
            return client.sendmail("kim@example.com", to, mail())

    refused = await asyncio.to_thread(hand_in)
    assert list(refused) == ["nobody@tea.example"]
    [raw] = await _rows(desk, select(raw_mails))
    assert (raw.state, raw.source, raw.mail_from) == ("stored", "smtp", "kim@example.com")
    assert desk.runtime.files.read(raw.hash).replace(b"\r\n", b"\n").rstrip() == mail().rstrip()
    await work(parse_mail.WORKER)
    await _until_messages(desk, 1)
    assert len(await _rows(desk, select(conversations.c.id))) == 1


@pytest.mark.dovecot
async def test_a_mail_that_the_server_does_not_give_is_named_and_comes_when_it_is_mended(
    desk: Desk, mailbox: DovecotServer, work: Start
) -> None:
    for n in range(4):
        await asyncio.to_thread(mailbox.append, mail(f"No. {n}", message_id=f"<m{n}@e.com>"))
    name = mailbox.maildir.joinpath("dovecot-uidlist").read_text().splitlines()[2].split(":")[1]
    damaged = f"*/{name.split(',')[0]}*"
    next(mailbox.maildir.glob(damaged)).chmod(0)
    await _set_mailbox(desk, mailbox)
    await work(fetch_mail.WORKER, parse_mail.WORKER)
    await _until_messages(desk, 3)
    state = select(inboxes.c.uid, inboxes.c.last_error).where(inboxes.c.id == desk.inboxes["email"])

    async def named() -> bool:
        return "does not give mail UID 2" in (await _rows(desk, state))[0].last_error

    await until(named)
    assert (await _rows(desk, state))[0].uid == 1
    next(mailbox.maildir.glob(damaged)).chmod(0o644)
    await _until_messages(desk, 4)

    async def well_again() -> bool:
        return tuple((await _rows(desk, state))[0]) == (4, "")

    await until(well_again)


@pytest.mark.dovecot
async def test_a_backlog_is_fetched_with_its_progress_shown_and_a_stop_loses_nothing(
    desk: Desk, mailbox: DovecotServer, work: Start
) -> None:
    backlog = [mail(f"No. {n}", message_id=f"<old-{n}@example.com>") for n in range(1_200)]
    await asyncio.to_thread(mailbox.pile_up, backlog)
    await _set_mailbox(desk, mailbox)
    crew = await work(fetch_mail.WORKER)
    progress = select(inboxes.c.left_to_fetch).where(inboxes.c.id == desk.inboxes["email"])

    async def has_begun() -> bool:
        return bool(0 < (await _rows(desk, progress))[0].left_to_fetch < 1_200)

    await until(has_begun)
    [box] = [b for b in await desk.runtime.db.query(mailboxes) if b.id == desk.inboxes["email"]]
    assert (box.failing, box.left + box.fetched_mails >= 1_200) == (False, True)
    await crew.stop()
    left = (await _rows(desk, progress))[0].left_to_fetch
    kept = (await _rows(desk, select(func.count(raw_mails.c.id))))[0][0]
    assert left > 0
    assert 1_200 - left <= kept < 1_200
    await work(fetch_mail.WORKER)

    async def all_kept() -> bool:
        return bool((await _rows(desk, select(func.count(raw_mails.c.id))))[0][0] == 1_200)

    await until(all_kept, 120)

    async def nothing_left() -> bool:
        return bool((await _rows(desk, progress))[0].left_to_fetch == 0)

    await until(nothing_left)
    hashes = [row.hash for row in await _rows(desk, select(raw_mails.c.hash))]
    assert len(set(hashes)) == 1_200

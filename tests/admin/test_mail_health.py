"""Mailbox health: what an administrator sees of each mailbox, whatever state it is in."""

from typing import Any

from sqlalchemy import insert, update

from app.actions.keep_mail import (
    KeptMail,
    keep_mails,
    mail_unread,
    mailbox_failed,
    mailbox_left,
    mailbox_read,
)
from app.commands.mail_checks import incoming
from app.db import Tx
from app.models.organisation import inboxes, mail_logins
from tests.desk import Desk
from tests.fixtures.people import SignIn

IMAP = {"host": "imap.tea.example", "user": "help@tea.example", "password": "x"}


async def _health(desk: Desk, browser_of: SignIn) -> str:
    ada = await browser_of("ada")
    answer = await ada.get("/admin/mail")
    assert answer.status_code == 200
    return str(answer.text)


async def _set(desk: Desk, settings: dict[str, Any], sign_in: str = "") -> None:
    inbox_id = desk.inboxes["email"]

    def change(tx: Tx) -> None:
        tx.execute(update(inboxes).where(inboxes.c.id == inbox_id).values(settings=settings))
        if sign_in:
            tx.execute(insert(mail_logins).values(inbox_id=inbox_id, state=sign_in))

    await desk.runtime.db.write(change)


async def test_a_backlog_shows_how_much_is_left(desk: Desk, browser_of: SignIn) -> None:
    inbox_id = desk.inboxes["email"]
    await _set(desk, {"imap": IMAP})
    kept = [KeptMail(f"{n:064d}", 10) for n in range(30)]
    await desk.runtime.db.write(keep_mails, inbox_id, "imap", kept)
    await desk.runtime.db.write(mailbox_left, inbox_id, 1_170)
    page = await _health(desk, browser_of)
    assert "Catching up" in page
    assert "1,170 of 1,200 mails left to fetch" in page
    ada = await browser_of("ada")
    inbox = await ada.get(f"/admin/email-inboxes/{inbox_id}")
    assert "1,170 mails are left" in inbox.text
    await desk.runtime.db.write(mailbox_read, inbox_id, 1, 1_200)
    page = await _health(desk, browser_of)
    assert "left to fetch" not in page
    assert "Works" in page


async def test_a_failure_shows_its_words_and_that_it_is_tried_again(
    desk: Desk, browser_of: SignIn
) -> None:
    await _set(desk, {"imap": IMAP})
    await desk.runtime.db.write(mailbox_failed, desk.inboxes["email"], "It hung up on us.")
    page = await _health(desk, browser_of)
    assert "Failing" in page
    assert "It hung up on us." in page
    assert "tried again by itself" in page


async def test_a_mailbox_that_nobody_has_signed_in_to_says_so(
    desk: Desk, browser_of: SignIn
) -> None:
    oauth = {"provider": "google", "client_id": "id", "client_secret": "s"}
    await _set(desk, {"imap": IMAP, "oauth": oauth})
    assert "Sign in to this mailbox" in await _health(desk, browser_of)
    await _set(desk, {"imap": IMAP, "oauth": oauth}, "agreed")
    assert "Sign in to this mailbox" not in await _health(desk, browser_of)


async def test_the_doctor_says_how_it_went_lately(desk: Desk) -> None:
    await desk.runtime.db.write(mailbox_failed, desk.inboxes["email"], "It hung up on us.")
    await desk.runtime.db.write(keep_mails, desk.inboxes["email"], "imap", [KeptMail("f" * 64, 1)])
    for _ in range(5):
        await desk.runtime.db.write(mail_unread, 1, "broken")
    words = [f"{each.verdict}: {each.words}" for each in await incoming(desk.runtime.settings)]
    assert "warn: help@tea.example: the last try failed: It hung up on us." in words
    assert any("1 mails could not be read" in each for each in words)

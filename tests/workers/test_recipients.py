"""What became of a mail for each of those it went to, and what Retry does about it."""

from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select

from app.actions.delivery_attempt import Claimed, claim_mails, settle_attempt
from app.actions.file_mail import take_report
from app.actions.recipients import told_of
from app.actions.retry_message import retry_message
from app.actions.send_message import Reply, send_message
from app.models.conversation import messages, recipients
from app.queries.thread import message_items
from channels.email.smtp_send import DeliveryResult, RecipientResult
from channels.values import DeliveryReport
from tests.desk import Desk
from tests.fixtures.people import SignIn

pytestmark = pytest.mark.engine
KIM, LEE, BOSS = "kim@example.com", "lee@example.net", "boss@tea.example"


@dataclass
class Letter:
    """A mail of Ana's to Kim, copied to two more."""

    desk: Desk
    id: int

    async def claim(self) -> Claimed:
        """Take it out of the outbox."""
        found = await self.desk.runtime.db.write(claim_mails, "w", 9, b"secret", "")
        return found[0]

    async def settle(self, row: Claimed, **outcomes: str) -> str:
        """The mail server says this of kim, lee and boss."""
        names = {"kim": KIM, "lee": LEE, "boss": BOSS}
        result = DeliveryResult(
            tuple(
                RecipientResult(names[name], outcome, f"{outcome} words")  # type: ignore[arg-type]
                for name, outcome in outcomes.items()
            )
        )
        return await self.desk.runtime.db.write(settle_attempt, row.id, "w", result)

    async def states(self) -> dict[str, str]:
        """The state of each, by address."""
        async with self.desk.runtime.db.read() as conn:
            found = await conn.execute(select(recipients.c.email, recipients.c.state))
            return {row.email: row.state for row in found}

    async def row(self) -> Any:
        """The message as it is stored."""
        async with self.desk.runtime.db.read() as conn:
            return (await conn.execute(select(messages).where(messages.c.id == self.id))).one()

    async def report(self, recipient: str, status: str) -> None:
        """A report of the recipient's mail server has come."""
        told = DeliveryReport(recipient, status, hard=True, reason="no such user")
        await self.desk.runtime.db.write(take_report, await self.row(), told)


@pytest.fixture
async def letter(desk: Desk) -> Letter:
    """The mail, in the outbox."""
    await desk.available("ana")
    mail = await desk.mail()
    await desk.accept("ana")
    reply = Reply("It comes.", "key-0001", cc=(LEE,), bcc=(BOSS,))
    sent = await desk.runtime.db.write(
        send_message, await desk.actor("ana"), mail.conversation_id, reply
    )
    return Letter(desk, sent.message_id)


async def test_each_recipient_has_a_state_and_a_part(letter: Letter) -> None:
    row = await letter.claim()
    assert await letter.settle(row, kim="accepted", lee="temporary", boss="permanent") == "queued"
    assert await letter.states() == {KIM: "sent", LEE: "delayed", BOSS: "failed"}
    items = await letter.desk.runtime.db.query(message_items, [letter.id])
    assert [one.role for one in items[letter.id].recipients] == ["to", "cc", "bcc"]


async def test_where_all_stand_the_same_one_line_says_it(letter: Letter) -> None:
    row = await letter.claim()
    await letter.settle(row, kim="accepted", lee="accepted", boss="accepted")
    items = await letter.desk.runtime.db.query(message_items, [letter.id])
    assert items[letter.id].recipients == ()


async def test_retry_asks_only_those_that_failed(letter: Letter, browser_of: SignIn) -> None:
    row = await letter.claim()
    await letter.settle(row, kim="accepted", lee="permanent", boss="accepted")
    assert (await letter.row()).state == "failed"
    page = (await (await browser_of("ana")).get("/inbox/1")).text
    assert "Not delivered to everybody" in page
    assert f"{LEE}</span>" in page
    await letter.desk.runtime.db.write(retry_message, await letter.desk.actor("ana"), letter.id)
    assert (await letter.states())[LEE] == "queued"
    assert set((await letter.claim()).done) == {KIM, BOSS}


async def test_after_a_bounce_only_the_bounced_one_is_sent_it_again(letter: Letter) -> None:
    row = await letter.claim()
    await letter.settle(row, kim="accepted", lee="accepted", boss="accepted")
    await letter.report(LEE, "5.1.1")
    assert await letter.states() == {KIM: "sent", LEE: "failed", BOSS: "sent"}
    await letter.desk.runtime.db.write(retry_message, await letter.desk.actor("ana"), letter.id)
    assert set((await letter.claim()).done) == {KIM, BOSS}


async def test_it_is_delivered_when_the_last_one_has_it(letter: Letter) -> None:
    row = await letter.claim()
    await letter.settle(row, kim="accepted", lee="accepted", boss="accepted")
    for recipient, state in ((KIM, "sent"), (LEE, "sent"), (BOSS, "delivered")):
        await letter.report(recipient, "2.0.0")
        assert (await letter.row()).state == state
    assert await letter.desk.runtime.db.write(told_of, letter.id, KIM, "read") is True

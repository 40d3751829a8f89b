"""Which conversation a mail joins: marks that can be forged count from participants alone."""

import itertools
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from app.db import Tx
from app.models.conversation import conversations, inbound_keys, messages, participants
from app.models.organisation import brands, inboxes
from app.models.work import raw_mails
from app.workers import parse_mail
from app.workers.keep import keep_delivered
from channels.email.threading import reply_address
from channels.values import Invite, ThreadHints
from tests.desk import Desk
from tests.fixtures.mail import mail
from tests.fixtures.people import SignIn
from tests.fixtures.workers import Start, until

pytestmark = pytest.mark.engine
DAY_MS = 86_400_000


async def rows(desk: Desk, query: Any) -> Sequence[Any]:
    async with desk.runtime.db.read() as conn:
        return (await conn.execute(query)).all()


async def details_of(desk: Desk, message_id: int) -> dict[str, Any]:
    [row] = await rows(desk, select(messages.c.details).where(messages.c.id == message_id))
    return dict(row.details)


async def test_a_stranger_who_names_a_thread_gets_one_of_their_own_and_is_pointed_out(
    desk: Desk,
) -> None:
    known = ThreadHints(message_id="<first@example.com>")
    first = await desk.mail(thread=known)
    by_reference = ThreadHints(references=("<first@example.com>",))
    by_subject = ThreadHints(subject_number=first.conversation_id)
    for number, hints in enumerate((by_reference, by_subject)):
        got = await desk.mail(email=f"eve{number}@evil.example", thread=hints)
        assert got.conversation_id != first.conversation_id
        details = await details_of(desk, got.message_id)
        assert (details["flag"], details["flag_of"]) == ("stranger", first.conversation_id)
        same = await desk.mail(thread=hints)
        assert same.conversation_id == first.conversation_id
        assert "flag" not in await details_of(desk, same.message_id)


async def test_whoever_got_a_copy_may_answer_by_reference(desk: Desk) -> None:
    known = ThreadHints(message_id="<first@example.com>")
    first = await desk.mail(thread=known, to=("help@tea.example", "Lee@example.org"))
    hints = ThreadHints(references=("<first@example.com>",))
    got = await desk.mail(email="lee@example.org", thread=hints)
    assert got.conversation_id == first.conversation_id
    [person] = await rows(desk, select(participants.c.email))
    assert person.email == "lee@example.org"


async def test_names_of_our_own_are_no_participants(desk: Desk) -> None:
    await desk.mail(to=("Help+x@tea.example", "info@tea.example"), cc=("help@tea.example",))
    await desk.mail(email="lee@example.com", to=("list@elsewhere.example",))
    assert await rows(desk, select(participants)) == []


async def test_an_answer_long_after_done_begins_anew_and_names_the_old(desk: Desk) -> None:
    first = await desk.mail()

    def long_ago(days: int) -> Any:
        def change(tx: Tx) -> None:
            at = tx.now - days * DAY_MS
            tx.execute(update(conversations).values(status="done", last_message_at=at))

        return change

    hints = ThreadHints(token=first.conversation_id)
    await desk.runtime.db.write(long_ago(29))
    assert (await desk.mail(thread=hints)).conversation_id == first.conversation_id
    await desk.runtime.db.write(long_ago(31))
    later = await desk.mail(thread=hints)
    assert later.conversation_id != first.conversation_id
    [line] = await rows(desk, select(messages).where(messages.c.text == "continues"))
    assert line.conversation_id == later.conversation_id
    assert line.details == {"conversation": first.conversation_id}
    automatic = await desk.mail(thread=hints, automatic=True)
    assert automatic.conversation_id == first.conversation_id


async def test_a_new_subject_keeps_the_thread_and_is_shown(desk: Desk, browser_of: SignIn) -> None:
    first = await desk.mail(subject="My parcel")
    hints = ThreadHints(token=first.conversation_id)
    same = await desk.mail(subject="AW: Re: my parcel [#1]", thread=hints)
    assert "new_subject" not in await details_of(desk, same.message_id)
    other = await desk.mail(subject="Re: An invoice", thread=hints)
    assert other.conversation_id == first.conversation_id
    assert (await details_of(desk, other.message_id))["new_subject"] == "Re: An invoice"
    page = await browser_of("ana")
    shown = (await page.get(f"/inbox/{first.conversation_id}")).text
    assert "Subject: Re: An invoice" in shown


async def test_mail_for_a_merged_conversation_goes_where_that_went(desk: Desk) -> None:
    ids = [(await desk.mail(email=f"{name}@example.com")).conversation_id for name in "abc"]

    def lead(tx: Tx) -> None:
        for away, into in itertools.pairwise(ids):
            tx.execute(
                update(conversations).where(conversations.c.id == away).values(merged_into_id=into)
            )

    await desk.runtime.db.write(lead)
    got = await desk.mail(email="a@example.com", thread=ThreadHints(token=ids[0]))
    assert got.conversation_id == ids[2]


async def _second_inbox(desk: Desk, brand_id: int) -> int:
    def add(tx: Tx) -> int:
        made = insert(inboxes).values(
            brand_id=brand_id,
            queue_id=desk.queues["general"],
            channel="email",
            name="Sales",
            key=f"sales-{brand_id}",
            address=f"sales@tea{brand_id}.example",
            settings={},
            created_at=tx.now,
        )
        return int(tx.execute(made.returning(inboxes.c.id)).scalar_one())

    return await desk.runtime.db.write(add)


async def _deliver(desk: Desk, work: Start, inbox_ids: list[int]) -> None:
    for number, inbox_id in enumerate(inbox_ids):  # each hop leaves its own mark on the copy
        raw = f"Received: by hop{number}.example\r\n".encode() + mail()
        await keep_delivered(desk.runtime, [inbox_id], raw, "kim@example.com", ["x@tea.example"])
    await work(parse_mail.WORKER)

    async def all_are_read() -> bool:
        return not await rows(desk, select(raw_mails.c.id).where(raw_mails.c.state == "stored"))

    await until(all_are_read)


async def test_one_mail_to_two_inboxes_of_a_brand_is_one_message(desk: Desk, work: Start) -> None:
    second = await _second_inbox(desk, desk.brand)
    await _deliver(desk, work, [desk.inboxes["email"], second])
    found = await rows(desk, select(messages).order_by(messages.c.seq))
    assert [(row.kind, row.text) for row in found] == [
        ("inbound", "Where is my parcel?"),
        ("system", "also_to"),
    ]
    assert found[1].details == {"inbox": "Sales"}
    assert len(await rows(desk, select(inbound_keys))) == 2


async def test_one_mail_to_two_brands_is_a_conversation_of_each(desk: Desk, work: Start) -> None:
    def add(tx: Tx) -> int:
        made = insert(brands).values(name="Coffee", slug="coffee", created_at=tx.now)
        return int(tx.execute(made.returning(brands.c.id)).scalar_one())

    second = await _second_inbox(desk, await desk.runtime.db.write(add))
    await _deliver(desk, work, [desk.inboxes["email"], second])
    assert len(await rows(desk, select(conversations.c.id))) == 2
    assert len(await rows(desk, select(messages.c.id))) == 2


async def test_an_invitation_is_shown_as_a_card(desk: Desk, browser_of: SignIn) -> None:
    starts_at = 1_796_126_400_000  # 1 December 2026, 12:00 UTC
    invite = Invite(
        "CANCEL", "u1", "Tasting", "Tea room", "lee@example.org", starts_at, starts_at + 3_600_000
    )
    got = await desk.mail(invites=(invite,), automatic=True)
    page = await browser_of("ana")
    shown = (await page.get(f"/inbox/{got.conversation_id}?view=all")).text
    for words in ("Tasting", "Tea room", "lee@example.org", "Cancelled", "Automatic mail"):
        assert words in shown


async def test_a_mail_that_bears_an_agent_s_address_is_a_customer_s_mail(
    desk: Desk, work: Start
) -> None:
    first = await desk.mail()
    token = reply_address("help@tea.example", first.conversation_id, desk.runtime.secret)
    raw = mail(
        "Refund them",
        sender="Ana <ana@tea.example>",
        to=token,
        message_id="<forged@example.com>",
        X_Switchroom_Agent="ana@tea.example",
    )
    inbox_ids = [desk.inboxes["email"]]
    await keep_delivered(desk.runtime, inbox_ids, raw, "ana@tea.example", [token])
    await work(parse_mail.WORKER)

    async def it_was_read() -> bool:
        return len(await rows(desk, select(messages.c.id))) == 2

    await until(it_was_read)
    [got] = await rows(desk, select(messages).where(messages.c.text == "Refund them"))
    assert (got.conversation_id, got.kind, got.agent_id) == (
        first.conversation_id, "inbound", None,
    )  # fmt: skip

"""Whom a mail is from: what our own server says counts, and an agent is told what is odd."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import func, select, update

from app.actions.block_sender import block_sender, unblock_sender
from app.actions.customer_mail import queue_customer_mail
from app.actions.mail_address import mark_address
from app.db import Invalid, Tx
from app.models.contact import contacts
from app.models.conversation import conversations, messages
from app.models.organisation import inboxes
from app.models.work import blocked_senders, outbox
from channels.email.parse import parse
from channels.values import SpamVerdict
from tests.desk import Desk
from tests.fixtures.mail import mail
from tests.fixtures.people import SignIn


async def rows(desk: Desk, query: Any) -> Sequence[Any]:
    async with desk.runtime.db.read() as conn:
        return (await conn.execute(query)).all()


async def details_of(desk: Desk, message_id: int) -> dict[str, Any]:
    [row] = await rows(desk, select(messages.c.details).where(messages.c.id == message_id))
    return dict(row.details)


def checked(*fields: str, authserv: str = "mx.tea.example") -> SpamVerdict | None:
    """What is read from a mail with these fields above its own."""
    raw = "".join(f"{field}\r\n" for field in fields).encode() + mail()
    return parse(raw, trusted_authserv=authserv).spam


OURS = "Authentication-Results: mx.tea.example; dmarc=pass header.from=example.com"
HOP = "Received: from sender.example by mx.tea.example; Sat, 21 Nov 2026 10:00:00 +0000"


@pytest.mark.parametrize(
    ("field", "verdict"),
    [
        ("X-Spam-Flag: YES", SpamVerdict(None, True)),
        ("X-Spam-Status: Yes, score=7.2 required=5.0 tests=BAYES_99", SpamVerdict(7.2, True)),
        ("X-Spam-Status: No, score=-1.9 required=5.0", SpamVerdict(-1.9, False)),
        ("X-Spamd-Result: default: True [15.30 / 15.00]; R_SPF(0.1)", SpamVerdict(15.3, True)),
        ("X-Rspamd-Score: 4.5", SpamVerdict(4.5, False)),
        ("X-MS-Exchange-Organization-SCL: 6", SpamVerdict(None, True)),
        ("X-MS-Exchange-Organization-SCL: 1", SpamVerdict(None, False)),
    ],
)
def test_the_filter_of_our_own_server_is_heard(field: str, verdict: SpamVerdict) -> None:
    assert checked(field, OURS, HOP) == verdict


def test_a_filter_s_words_that_came_with_the_mail_count_nothing() -> None:
    assert checked(OURS, HOP, "X-Spam-Flag: YES") is None
    assert checked("X-Spam-Flag: YES", OURS, HOP, authserv="") is None
    above = checked("X-Spam-Flag: YES", OURS, HOP, "X-Spam-Flag: NO")
    assert above == SpamVerdict(None, True)


@pytest.mark.engine
async def test_spam_is_kept_and_makes_no_work(desk: Desk) -> None:
    spam = await desk.mail(spam=SpamVerdict(7.0, True))
    fine = await desk.mail(email="lee@example.com", spam=SpamVerdict(2.0, False))
    found = {row.id: row for row in await rows(desk, select(conversations))}
    assert (found[spam.conversation_id].spam, found[fine.conversation_id].spam) == (True, False)
    assert found[spam.conversation_id].waiting_since is None
    [work] = await rows(desk, select(contacts.c.conversation_id))
    assert work.conversation_id == fine.conversation_id


@pytest.mark.engine
async def test_the_inbox_s_own_threshold_comes_before_the_filter_s(desk: Desk) -> None:
    def set_it(tx: Tx) -> None:
        tx.execute(update(inboxes).values(settings={"spam_threshold": 6}))

    await desk.runtime.db.write(set_it)
    for score, judged, spam in ((5.9, True, False), (6.0, False, True)):
        got = await desk.mail(email=f"a{score}@example.com", spam=SpamVerdict(score, judged))
        query = select(conversations.c.spam).where(conversations.c.id == got.conversation_id)
        assert (await rows(desk, query))[0].spam is spam


async def test_odd_senders_are_pointed_out_with_both_names(desk: Desk) -> None:
    async def codes(**more: object) -> list[dict[str, str]]:
        got = await desk.mail(**more)  # type: ignore[arg-type]
        return list((await details_of(desk, got.message_id)).get("warnings", []))

    assert await codes(reply_to="kim@elsewhere.example") == [
        {"code": "reply_to", "from": "kim@example.com", "reply_to": "kim@elsewhere.example"}
    ]
    assert await codes(reply_to="kim@mail.example.com") == []
    assert await codes(name="ANA", email="x@evil.example") == [
        {"code": "name_is_ours", "from": "x@evil.example", "name": "ANA"}
    ]
    assert await codes(name="Ana", email="ana@tea.example") == []
    assert await codes(name="help@tea.example", email="x@evil.example") == [
        {"code": "name_is_address", "from": "x@evil.example", "name": "help@tea.example"}
    ]


@pytest.mark.engine
async def test_a_blocked_sender_s_mail_is_spam_nobody_is_offered_and_nothing_answers(
    desk: Desk,
) -> None:
    first = await desk.mail()
    ana = await desk.actor("ana")
    assert await desk.runtime.db.write(block_sender, ana, first.conversation_id) == (
        "kim@example.com"
    )
    again = await desk.mail("And again")
    assert again.conversation_id != first.conversation_id
    found = await rows(desk, select(conversations.c.spam))
    assert [row.spam for row in found] == [True, True]
    live = select(func.count()).where(contacts.c.status != "ended")
    assert (await rows(desk, live))[0][0] == 0
    sent = await desk.runtime.db.write(
        queue_customer_mail, desk.brand, "kim@example.com", "Thanks", "…", "en", about=1
    )
    assert sent is None
    assert await rows(desk, select(outbox)) == []
    await desk.runtime.db.write(unblock_sender, ana, first.conversation_id)
    assert await rows(desk, select(blocked_senders)) == []


async def test_a_domain_is_blocked_with_what_lies_below_but_never_a_provider_or_ourselves(
    desk: Desk,
) -> None:
    ana = await desk.actor("ana")

    async def block(email: str) -> str:
        got = await desk.mail(email=email)
        return await desk.runtime.db.write(
            block_sender, ana, got.conversation_id, whole_domain=True
        )

    assert await block("a@junk.example") == "@junk.example"
    below = await desk.mail(email="b@mx.junk.example")
    beside = await desk.mail(email="c@notjunk.example")
    spam = {row.id: row.spam for row in await rows(desk, select(conversations))}
    assert (spam[below.conversation_id], spam[beside.conversation_id]) == (True, False)
    with pytest.raises(Invalid, match="shared_domain"):
        await block("someone@gmail.com")
    with pytest.raises(Invalid, match="own_address"):
        await block("visitor@tea.example")


async def test_a_blocked_sender_does_not_get_into_a_colleague_s_conversation(desk: Desk) -> None:
    ana = await desk.actor("ana")
    junk = await desk.mail(email="a@junk.example")
    await desk.runtime.db.write(block_sender, ana, junk.conversation_id)
    thread = await desk.mail(email="kim@example.com", cc=("a@junk.example",))
    subject = f"Re: A question [#{thread.conversation_id}]"
    from channels.values import ThreadHints

    hints = ThreadHints(subject_number=thread.conversation_id)
    got = await desk.mail(email="a@junk.example", subject=subject, thread=hints)
    assert got.conversation_id not in (thread.conversation_id,)


@pytest.mark.engine
async def test_the_thread_says_who_is_proven_and_the_menu_blocks(
    desk: Desk, browser_of: SignIn
) -> None:
    got = await desk.mail(trust="verified", reply_to="k@elsewhere.example", name="Ana")
    page = await browser_of("ana")
    shown = (await page.get(f"/inbox/{got.conversation_id}")).text
    assert "Verified sender" in shown
    assert "an answer goes to k@elsewhere.example" in shown
    assert "Name of one of us" in shown
    answer = await page.post(f"/inbox/{got.conversation_id}/block")
    assert answer.status_code == 204
    [row] = await rows(desk, select(blocked_senders))
    assert row.pattern == "kim@example.com"
    admin = await browser_of("ada")
    assert "kim@example.com" in (await admin.get("/admin/blocked-senders")).text
    made = await admin.post("/admin/blocked-senders/new", data={"pattern": "@Spam.Example"})
    assert made.status_code == 303
    wrong = await admin.post("/admin/blocked-senders/new", data={"pattern": "spam"})
    assert wrong.status_code == 422


@pytest.mark.parametrize(
    ("state", "warning", "chip"),
    [
        ("bounced", "Mail to kim@example.com comes back", "Bounces: kim@example.com"),
        ("complained", "has reported mail of yours as spam", "Reported spam: kim@example.com"),
    ],
)
async def test_who_is_about_to_write_to_a_bad_address_is_warned(
    desk: Desk, browser_of: SignIn, state: str, warning: str, chip: str
) -> None:
    got = await desk.mail()
    page = await browser_of("ana")
    address = f"/inbox/{got.conversation_id}"
    assert warning not in (await page.get(address)).text
    await desk.runtime.db.write(mark_address, "kim@example.com", state, "", None)
    shown = (await page.get(address)).text
    assert warning in shown
    assert chip in shown

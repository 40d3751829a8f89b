"""What an agent can do with a conversation, and what is refused, over HTTP."""

import json
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from app.actions.delivery import set_delivery
from app.actions.offer import accept_offer
from app.db import Tx
from app.models.contact import contacts
from app.models.conversation import conversations, drafts, messages, reads
from app.models.organisation import macros, queues
from app.models.work import outbox
from tests.console.test_inbox_pages import hide_from
from tests.desk import Desk
from tests.fixtures.people import SignIn

KEY = "0123456789abcdef"


async def row(desk: Desk, conversation_id: int) -> Any:
    """The conversation as it is stored."""
    async with desk.runtime.db.read() as conn:
        found = await conn.execute(
            select(conversations).where(conversations.c.id == conversation_id)
        )
        return found.one()


async def texts(desk: Desk, conversation_id: int, kind: str) -> list[str]:
    """The texts of one kind of message."""
    async with desk.runtime.db.read() as conn:
        found = await conn.execute(
            select(messages.c.text)
            .where(messages.c.conversation_id == conversation_id, messages.c.kind == kind)
            .order_by(messages.c.seq)
        )
        return list(found.scalars())


def events(answer: Any) -> dict[str, Any]:
    """What the answer tells the page."""
    return dict(json.loads(answer.headers["hx-trigger"]))


ACTIONS = [
    ("done", {}),
    ("reopen", {}),
    ("snooze", {"until": "soon"}),
    ("spam", {}),
    ("claim", {}),
    ("release", {}),
    ("transfer", {"to": "queue-2"}),
    ("tags", {"tags": "a"}),
    ("subject", {"subject": "New"}),
    ("messages", {"text": "Hi", "key": KEY}),
    ("draft", {"text": "Hi"}),
    ("read", {"seq": "1"}),
]


@pytest.mark.parametrize(("action", "data"), ACTIONS)
async def test_nothing_can_be_done_to_a_foreign_brands_conversation(
    desk: Desk, browser_of: SignIn, action: str, data: dict[str, str]
) -> None:
    mail = await desk.mail()
    await hide_from(desk, "ana", mail.conversation_id)
    ana = await browser_of("ana")
    answer = await ana.post(f"/inbox/{mail.conversation_id}/{action}", data=data)
    assert answer.status_code == 404


@pytest.mark.parametrize(("action", "data"), ACTIONS)
async def test_nothing_is_done_without_the_sessions_token(
    desk: Desk, browser_of: SignIn, action: str, data: dict[str, str]
) -> None:
    mail = await desk.mail()
    ana = await browser_of("ana")
    del ana.headers["X-CSRF-Token"]
    answer = await ana.post(f"/inbox/{mail.conversation_id}/{action}", data=data)
    assert answer.status_code == 403


async def test_done_offers_undo_and_undo_reopens(desk: Desk, browser_of: SignIn) -> None:
    mail = await desk.mail()
    ana = await browser_of("ana")
    answer = await ana.post(f"/inbox/{mail.conversation_id}/done")
    assert answer.status_code == 204
    told = events(answer)
    assert told["conversation:left"]["id"] == mail.conversation_id
    assert (await row(desk, mail.conversation_id)).status == "done"
    await ana.post(told["toast"]["undo"])
    assert (await row(desk, mail.conversation_id)).status == "open"


@pytest.mark.parametrize("until", ["soon", "tomorrow", "monday", "2099-01-01T09:00"])
async def test_snooze_until(desk: Desk, browser_of: SignIn, until: str) -> None:
    mail = await desk.mail()
    ana = await browser_of("ana")
    await ana.post(f"/inbox/{mail.conversation_id}/snooze", data={"until": until})
    found = await row(desk, mail.conversation_id)
    assert found.status == "snoozed"
    assert found.snoozed_until > found.created_at


@pytest.mark.parametrize(
    ("until", "words"), [("1999-01-01T09:00", "still to come"), ("whenever", "date and a time")]
)
async def test_a_snooze_that_cannot_be_is_refused_in_words(
    desk: Desk, browser_of: SignIn, until: str, words: str
) -> None:
    mail = await desk.mail()
    ana = await browser_of("ana")
    answer = await ana.post(f"/inbox/{mail.conversation_id}/snooze", data={"until": until})
    assert answer.status_code == 422
    assert words in answer.json()["detail"]


async def test_spam_leaves_the_list_and_can_block(desk: Desk, browser_of: SignIn) -> None:
    mail = await desk.mail()
    ana = await browser_of("ana")
    await ana.post(f"/inbox/{mail.conversation_id}/spam", data={"block": "true"})
    assert (await row(desk, mail.conversation_id)).spam
    assert f'id="row-{mail.conversation_id}"' not in (await ana.get("/inbox?view=all")).text
    assert f'id="row-{mail.conversation_id}"' in (await ana.get("/inbox?view=all&status=spam")).text
    assert "Blocked" in (await ana.get(f"/inbox/{mail.conversation_id}")).text


async def test_what_waits_in_line_is_taken_only_where_the_queue_lets_agents_pull(
    desk: Desk, browser_of: SignIn
) -> None:
    mail = await desk.mail()
    ana = await browser_of("ana")
    refused = await ana.post(f"/inbox/{mail.conversation_id}/claim")
    assert refused.status_code == 409
    assert "waiting in line" in refused.json()["detail"]

    def let_pull(tx: Tx) -> None:
        tx.execute(update(queues).values(agents_may_pull=True))

    await desk.runtime.db.write(let_pull)
    answer = await ana.post(f"/inbox/{mail.conversation_id}/claim")
    assert (await row(desk, mail.conversation_id)).assignee_id == desk.agents["ana"]
    await ana.post(events(answer)["toast"]["undo"])
    assert (await row(desk, mail.conversation_id)).assignee_id is None


async def test_transfer_to_a_queue_takes_a_note_along(desk: Desk, browser_of: SignIn) -> None:
    mail = await desk.mail()
    ana = await browser_of("ana")
    form = await ana.get(f"/inbox/{mail.conversation_id}/transfer")
    assert "Billing" in form.text
    assert "Ben" in form.text
    data = {"to": f"queue-{desk.queues['billing']}", "note": "About an invoice"}
    await ana.post(f"/inbox/{mail.conversation_id}/transfer", data=data)
    assert (await row(desk, mail.conversation_id)).queue_id == desk.queues["billing"]
    assert await texts(desk, mail.conversation_id, "note") == ["About an invoice"]
    page = (await ana.get(f"/inbox/{mail.conversation_id}")).text
    assert "Ana moved this to Billing" in page


async def test_transfer_to_a_colleague_is_offered_to_them_first(
    desk: Desk, browser_of: SignIn
) -> None:
    await desk.available("ben")
    mail = await desk.mail()
    ana = await browser_of("ana")
    data = {"to": f"agent-{desk.agents['ben']}"}
    answer = await ana.post(f"/inbox/{mail.conversation_id}/transfer", data=data)
    assert events(answer)["toast"]["text"] == "Transferred"
    await desk.route()
    assert await desk.pending_offer("ben") is not None


async def test_a_transfer_to_an_absent_colleague_says_that_the_others_are_asked(
    desk: Desk, browser_of: SignIn
) -> None:
    mail = await desk.mail()
    ana = await browser_of("ana")
    form = (await ana.get(f"/inbox/{mail.conversation_id}/transfer")).text
    assert "it does not wait for them" in form
    data = {"to": f"agent-{desk.agents['ben']}"}
    answer = await ana.post(f"/inbox/{mail.conversation_id}/transfer", data=data)
    assert "Ben is not available" in events(answer)["toast"]["text"]
    await desk.available("ana")
    await desk.route()
    assert await desk.pending_offer("ana") is not None


@pytest.mark.parametrize("to", ["", "queue-999", "agent-999", "everybody-1"])
async def test_a_transfer_to_nowhere_is_refused(desk: Desk, browser_of: SignIn, to: str) -> None:
    mail = await desk.mail()
    ana = await browser_of("ana")
    answer = await ana.post(f"/inbox/{mail.conversation_id}/transfer", data={"to": to})
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("Choose a")


async def test_a_reply_stands_in_the_thread_once_however_often_it_is_sent(
    desk: Desk, browser_of: SignIn
) -> None:
    await desk.available("ana")
    mail = await desk.mail()
    await desk.accept("ana")
    ana = await browser_of("ana")
    for _ in range(2):
        answer = await ana.post(
            f"/inbox/{mail.conversation_id}/messages", data={"text": "On its way", "key": KEY}
        )
        assert answer.status_code == 200
        assert f'id="msg-{KEY}"' in answer.text
    assert await texts(desk, mail.conversation_id, "outbound") == ["On its way"]


async def test_a_reply_to_what_was_not_seen_brings_what_was_missed(
    desk: Desk, browser_of: SignIn
) -> None:
    await desk.available("ana")
    mail = await desk.mail()
    await desk.accept("ana")
    later = await desk.chat("One more thing!", conversation_id=mail.conversation_id)
    ana = await browser_of("ana")
    path = f"/inbox/{mail.conversation_id}/messages"
    data = {"text": "Bye", "key": KEY, "seen_seq": str(mail.seq)}
    refused = await ana.post(path, data=data)
    assert refused.status_code == 409
    assert "One more thing!" in refused.text
    assert "Send anyway" in refused.text
    assert await texts(desk, mail.conversation_id, "outbound") == []
    assert (await ana.post(path, data=data | {"force": "true"})).status_code == 200
    assert later.conversation_id == mail.conversation_id


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"text": "  "}, "Write something"),
        ({"text": "Hello {{customer.name}}"}, "customer.name has no value here"),
        ({"text": "Hi", "cc": "nobody"}, "email addresses"),
        ({"text": "Hi", "files": "not-a-key"}, "no longer there"),
    ],
)
async def test_a_reply_that_cannot_be_sent_says_what_to_do(
    desk: Desk, browser_of: SignIn, data: dict[str, str], words: str
) -> None:
    await desk.available("ana")
    mail = await desk.mail()
    await desk.accept("ana")
    ana = await browser_of("ana")
    answer = await ana.post(f"/inbox/{mail.conversation_id}/messages", data={"key": KEY, **data})
    assert answer.status_code == 422
    assert words in answer.json()["detail"]


async def test_a_file_travels_with_the_reply(desk: Desk, browser_of: SignIn) -> None:
    await desk.available("ana")
    mail = await desk.mail()
    await desk.accept("ana")
    ana = await browser_of("ana")
    upload = await ana.post("/files", files={"file": ("label.txt", b"Return label", "text/plain")})
    key = upload.json()["key"]
    answer = await ana.post(
        f"/inbox/{mail.conversation_id}/messages",
        data={"text": "Here it is", "key": KEY, "files": key},
    )
    assert "label.txt" in answer.text
    assert (await ana.get(f"/files/{key}")).content == b"Return label"


async def test_a_draft_is_kept_and_goes_with_the_reply(desk: Desk, browser_of: SignIn) -> None:
    await desk.available("ana")
    mail = await desk.mail()
    await desk.accept("ana")
    ana = await browser_of("ana")
    path = f"/inbox/{mail.conversation_id}"
    await ana.post(f"{path}/draft", data={"text": "Dear Kim", "kind": "outbound"})
    await ana.post(f"{path}/draft", data={"text": "She is nice", "kind": "note"})
    page = (await ana.get(path)).text
    assert ">Dear Kim</textarea>" in page
    assert ">She is nice</textarea>" in page
    assert "Dear Kim" not in (await (await browser_of("ben")).get(path)).text
    await ana.post(f"{path}/messages", data={"text": "Dear Kim!", "key": KEY})
    async with desk.runtime.db.read() as conn:
        assert list((await conn.execute(select(drafts.c.text))).scalars()) == ["She is nice"]


async def test_reading_is_remembered_for_each_agent(desk: Desk, browser_of: SignIn) -> None:
    mail = await desk.mail()
    ana = await browser_of("ana")
    await ana.post(f"/inbox/{mail.conversation_id}/read", data={"seq": str(mail.seq)})
    async with desk.runtime.db.read() as conn:
        found = (await conn.execute(select(reads.c.agent_id, reads.c.seq))).all()
    assert [tuple(one) for one in found] == [(desk.agents["ana"], mail.seq)]


async def test_macros_are_offered_with_their_placeholders_filled(
    desk: Desk, browser_of: SignIn
) -> None:
    mail = await desk.mail(name="Kim Doe")

    def add(tx: Tx) -> None:
        rows = [
            ("Greeting", "hello", "Dear {{customer.first_name}}, {{agent.name}} here."),
            ("Subject", "about", "About {{ conversation.number }}: {{customer.shoe_size}}"),
            ("Pages", "pages", "Look here: {{brand.pages}}"),
        ]
        for name, shortcut, text in rows:
            tx.execute(insert(macros).values(name=name, shortcut=shortcut, text=text, created_at=0))

    await desk.runtime.db.write(add)
    ana = await browser_of("ana")
    found = (await ana.get(f"/inbox/{mail.conversation_id}/macros?q=hel")).text
    assert "Dear Kim, Ana here." in found
    assert "About" not in found
    found = (await ana.get(f"/inbox/{mail.conversation_id}/macros?q=about")).text
    assert f"About #{mail.conversation_id}: {{{{customer.shoe_size}}}}" in found
    assert "To fill in: customer.shoe_size" in found
    found = (await ana.get(f"/inbox/{mail.conversation_id}/macros?q=pages")).text
    assert f"Look here: {desk.runtime.settings.base_url}/my/tea/" in found


async def test_a_failed_message_is_sent_again_or_given_up(desk: Desk, browser_of: SignIn) -> None:
    await desk.available("ana")
    mail = await desk.mail()
    await desk.accept("ana")
    ana = await browser_of("ana")
    path = f"/inbox/{mail.conversation_id}"
    await ana.post(f"{path}/messages", data={"text": "Hello Kim", "key": KEY})
    async with desk.runtime.db.read() as conn:
        sent = await conn.scalar(select(messages.c.id).where(messages.c.key == KEY))
    assert sent is not None

    def fail(tx: Tx) -> None:
        tx.execute(update(outbox).values(state="failed"))
        set_delivery(tx, sent, "failed", "mailbox is full")

    await desk.runtime.db.write(fail)
    page = (await ana.get(path)).text
    assert "Not delivered" in page
    assert "mailbox is full" in page
    assert "Retry" in page
    assert "Sending" in (await ana.post(f"/messages/{sent}/retry")).text
    await desk.runtime.db.write(fail)
    answer = await ana.post(f"/messages/{sent}/discard")
    assert "Discarded" in answer.text
    assert events(answer)["composer:restore"]["text"] == "Hello Kim"


async def test_a_message_is_passed_on_by_mail(desk: Desk, browser_of: SignIn) -> None:
    mail = await desk.mail("Please see to this")
    ana = await browser_of("ana")
    path = f"/messages/{mail.message_id}/forward"
    assert "Please see to this" in (await ana.get(path)).text
    wrong = await ana.post(path, data={"key": KEY, "to": "not an address"})
    assert wrong.status_code == 422
    assert "separated by commas" in wrong.text
    right = await ana.post(path, data={"key": KEY, "to": "lab@tea.example", "text": "FYI"})
    assert right.status_code == 204
    page = (await ana.get(f"/inbox/{mail.conversation_id}")).text
    assert "Forwarded to lab@tea.example" in page


async def test_tags_and_subject_are_changed(desk: Desk, browser_of: SignIn) -> None:
    mail = await desk.mail()
    ana = await browser_of("ana")
    path = f"/inbox/{mail.conversation_id}"
    await ana.post(f"{path}/tags", data={"tags": "parcel, urgent，vip"})
    await ana.post(f"{path}/subject", data={"subject": "A lost parcel"})
    page = (await ana.get(path)).text
    for word in ("parcel", "urgent", "vip", "A lost parcel"):
        assert word in page
    assert (await ana.post(f"{path}/subject", data={"subject": " "})).status_code == 422
    assert f'id="row-{mail.conversation_id}"' in (await ana.get("/inbox?view=all&tag=vip")).text


async def test_an_offer_is_accepted_once_and_declined_with_a_reason(
    desk: Desk, browser_of: SignIn
) -> None:
    await desk.available("ana")
    chat = await desk.chat("Hello?")
    await desk.route()
    ana, ben = await browser_of("ana"), await browser_of("ben")
    offer = await desk.pending_offer("ana")
    assert f'id="offer-{offer}"' in (await ana.get("/inbox")).text
    assert f'id="offer-{offer}"' not in (await ben.get("/inbox")).text
    assert (await ben.post(f"/offers/{offer}/accept")).status_code == 404
    answer = await ana.post(f"/offers/{offer}/accept")
    assert events(answer)["conversation:open"]["url"] == f"/inbox/{chat.conversation_id}"
    assert (await ana.post(f"/offers/{offer}/accept")).status_code == 204

    second = await desk.chat("Me too", visitor="visitor-2")
    await desk.route()
    offer = await desk.pending_offer("ana")
    await ana.post(f"/offers/{offer}/decline", data={"reason": "language"})
    assert await desk.pending_offer("ana") is None
    refused = await ana.post(f"/offers/{offer}/accept")
    assert refused.status_code == 409
    assert "offer is over" in refused.json()["detail"]
    async with desk.runtime.db.read() as conn:
        status = await conn.scalar(
            select(contacts.c.status).where(contacts.c.conversation_id == second.conversation_id)
        )
    assert status == "waiting"


async def test_presence_is_changed_and_drawn_everywhere(desk: Desk, browser_of: SignIn) -> None:
    ana = await browser_of("ana")
    answer = await ana.post("/presence", data={"state": "available"})
    assert 'hx-target="#me"' in answer.text
    assert "Available" in answer.text
    assert (await ana.post("/presence", data={"state": "asleep"})).status_code == 422


async def test_an_agent_writes_first(desk: Desk, browser_of: SignIn) -> None:
    ana = await browser_of("ana")
    assert "New conversation" in (await ana.get("/inbox/new")).text
    data = {"key": KEY, "inbox": str(desk.inboxes["email"]), "to": "new@example.com"}
    wrong = await ana.post("/inbox/new", data=data)
    assert wrong.status_code == 422
    assert "Enter a subject." in wrong.text
    data |= {"subject": "Your order", "text": "It is ready.", "name": "Nia"}
    right = await ana.post("/inbox/new", data=data)
    where = right.headers["hx-redirect"]
    page = (await ana.get(where)).text
    assert "It is ready." in page
    assert "Nia" in page
    assert "Your order" in page


async def test_accepting_what_is_over_changes_nothing(desk: Desk) -> None:
    await desk.available("ana")
    await desk.chat()
    await desk.route()
    offer = await desk.pending_offer("ana")
    assert offer is not None
    ana = await desk.actor("ana")
    first = await desk.runtime.db.write(accept_offer, ana, offer)
    assert await desk.runtime.db.write(accept_offer, ana, offer) == first


async def let_agents_pull(desk: Desk, may: bool) -> None:
    """Whether agents may take contacts of the queues themselves."""
    await desk.runtime.db.write(
        lambda tx: tx.execute(update(queues).values(agents_may_pull=may)) and None
    )


async def test_what_waits_in_line_cannot_be_taken_where_the_queue_hands_it_out(
    desk: Desk, browser_of: SignIn
) -> None:
    mail = await desk.mail()
    await let_agents_pull(desk, False)
    ana = await browser_of("ana")
    page = await ana.get(f"/inbox/{mail.conversation_id}")
    assert "Take it" not in page.text
    assert "In line: " in page.text
    answer = await ana.post(f"/inbox/{mail.conversation_id}/claim")
    assert answer.status_code == 409
    assert "waiting in line" in answer.json()["detail"]
    await let_agents_pull(desk, True)
    assert "Take it" in (await ana.get(f"/inbox/{mail.conversation_id}")).text


async def test_unread_is_what_concerns_the_reader(desk: Desk, browser_of: SignIn) -> None:
    mail = await desk.mail()
    await let_agents_pull(desk, True)
    ana, ben = await browser_of("ana"), await browser_of("ben")
    assert "row-unread" in (await ana.get("/inbox?view=all")).text
    await ben.post(f"/inbox/{mail.conversation_id}/claim")
    assert "row-unread" in (await ben.get("/inbox?view=all")).text
    assert "row-unread" not in (await ana.get("/inbox?view=all")).text

"""Mails that need consent: it is asked when they are sent, and one click ends it."""

import re
from collections.abc import Sequence
from typing import Any

import httpx2 as httpx
import pytest
from sqlalchemy import insert, select, update

from app import clock
from app.actions.consent import record_consent
from app.actions.delivery_attempt import claim_mails, content_goes_out
from app.actions.purpose import stop_unwanted
from app.actions.retry_message import retry_message
from app.actions.send_message import Reply
from app.actions.start_conversation import start_conversation
from app.db import Conflict, Invalid, Tx
from app.models.consent import consents
from app.models.conversation import messages
from app.models.customer import customers
from app.models.party import access_log
from app.models.work import outbox
from app.security.unsubscribe import Unsubscribe, read_unsubscribe, unsubscribe_token
from app.workers import deliver
from tests.desk import Desk
from tests.fixtures.people import SignIn
from tests.fixtures.workers import Start
from tests.servers.smtp import SmtpServer

pytestmark = pytest.mark.engine
DAY = 24 * 3_600_000


async def rows(desk: Desk, table: Any) -> Sequence[Any]:
    return list(await desk.runtime.db.query(lambda conn: conn.execute(select(table)).all()))


async def say(desk: Desk, customer_id: int, status: str, **more: Any) -> None:
    sam = await desk.actor("sam")
    said: dict[str, Any] = {"source": "agent", "channel": "email", "brand_id": desk.brand} | more
    await desk.runtime.db.write(record_consent, sam, customer_id, "marketing", status, **said)


async def write_first(desk: Desk, customer_id: int, *, in_ms: int = 0, **more: Any) -> int:
    """Sam writes to Kim about our spring tea; returns the message's id."""
    sam = await desk.actor("sam")

    def start(tx: Tx) -> int:
        at = tx.now + in_ms if in_ms else None
        reply = Reply(
            "The spring tea is here.", clock.new_id(), purpose="marketing", send_at=at, **more
        )
        talk = start_conversation(tx, sam, desk.inboxes["email"], customer_id, "Spring tea", reply)
        found = select(messages.c.id).where(messages.c.conversation_id == talk)
        return int(tx.execute(found).scalar_one())

    return await desk.runtime.db.write(start)


async def message(desk: Desk, message_id: int) -> Any:
    (found,) = [row for row in await rows(desk, messages) if row.id == message_id]
    return found


async def test_without_consent_nothing_is_written_for_a_purpose(desk: Desk) -> None:
    kim = (await desk.mail()).customer_id
    with pytest.raises(Conflict, match="no_consent"):
        await write_first(desk, kim)
    await say(desk, kim, "granted")
    with pytest.raises(Invalid) as refused:
        await write_first(desk, kim, cc=["eve@example.com"])
    assert refused.value.errors == {"purpose": "one_person"}
    press = update(customers).values(party="press")
    await desk.runtime.db.write(lambda tx: tx.execute(press))
    with pytest.raises(Conflict, match="no_consent"):
        await write_first(desk, kim)
    assert [row.purpose for row in await rows(desk, outbox)] == []


async def test_one_click_in_the_mail_program_ends_it(
    desk: Desk, work: Start, smtp_server: SmtpServer, client: httpx.AsyncClient
) -> None:
    settings = desk.runtime.settings
    settings.smtp_host, settings.smtp_port = smtp_server.host, smtp_server.port
    settings.smtp_security = "none"
    kim = (await desk.mail()).customer_id
    await say(desk, kim, "granted")
    await write_first(desk, kim)
    await work(deliver.WORKER)
    (mail,) = await smtp_server.received(1)
    parsed = mail.message
    assert parsed["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    (url,) = re.findall(r"^<(\S+)>$", parsed["List-Unsubscribe"])
    text, markup = (
        part.get_content() for kind in ("plain", "html") if (part := parsed.get_body((kind,)))
    )
    assert "You agreed to get this from Tea & Things (Marketing)" in text
    assert url in text
    assert url in markup
    path = url.removeprefix(settings.base_url)
    page = await client.get(path)
    assert (page.status_code, "<form" in page.text) == (200, True)
    assert [row.status for row in await rows(desk, consents)] == ["granted"]  # opening is nothing
    for _ in range(2):
        answer = await client.post(
            path,
            data={"List-Unsubscribe": "One-Click"},
            headers={"Origin": "https://mail.example", "Sec-Fetch-Site": "cross-site"},
        )
        assert answer.status_code == 200
        assert "You are unsubscribed" in answer.text
    said = [(row.status, row.source, row.brand_id) for row in await rows(desk, consents)]
    assert said[1:] == [("revoked", "unsubscribe", desk.brand)]
    assert ("changed", "customer") in [(r.action, r.actor) for r in await rows(desk, access_log)]
    assert "<form" not in (await client.get(path)).text
    with pytest.raises(Conflict, match="no_consent"):
        await write_first(desk, kim)


async def test_what_waits_stops_when_consent_is_withdrawn_and_says_so(
    desk: Desk, browser_of: SignIn
) -> None:
    kim = (await desk.mail()).customer_id
    await say(desk, kim, "granted")
    planned = await write_first(desk, kim, in_ms=DAY)
    await say(desk, kim, "revoked")
    found = await message(desk, planned)
    assert (found.state, found.state_reason) == ("failed", "consent_withdrawn")
    assert found.details["stopped"]["agent"] == "Sam"
    sam = await browser_of("sam")
    page = (await sam.get(f"/inbox/{found.conversation_id}", params={"view": "all"})).text
    assert "Not sent: consent withdrawn (written down by Sam" in page
    with pytest.raises(Conflict, match="no_consent"):
        await desk.runtime.db.write(retry_message, await desk.actor("sam"), planned)
    await say(desk, kim, "granted")
    await desk.runtime.db.write(retry_message, await desk.actor("sam"), planned)
    again = await message(desk, planned)
    assert (again.state, "stopped" in again.details) == ("planned", False)
    (mail,) = await rows(desk, outbox)
    assert (mail.state, mail.next_at) == ("queued", again.send_at)


async def test_the_last_moment_counts_whoever_wrote_the_word(desk: Desk) -> None:
    """Words that come by a merge or an import are seen where the mail leaves."""
    kim = (await desk.mail()).customer_id
    await say(desk, kim, "granted")
    sent = await write_first(desk, kim)
    secret = desk.runtime.secret

    def behind_its_back(tx: Tx) -> None:
        row = {"purpose": "marketing", "status": "denied", "source": "import", "at": tx.now}
        tx.execute(insert(consents).values(customer_id=kim, **row))

    (claimed,) = await desk.runtime.db.write(claim_mails, "w", 9, secret, "a@tea.example")
    await desk.runtime.db.write(behind_its_back)
    with pytest.raises(Conflict, match="consent_withdrawn"):
        await desk.runtime.db.write(content_goes_out, claimed.id, "w")
    requeue = update(outbox).values(state="queued", next_at=0)
    await desk.runtime.db.write(lambda tx: tx.execute(requeue))
    assert await desk.runtime.db.write(claim_mails, "w", 9, secret, "a@tea.example") == []
    assert (await message(desk, sent)).state == "failed"
    await desk.runtime.db.write(lambda tx: tx.execute(requeue))
    assert await desk.runtime.db.write(stop_unwanted) == 1
    assert await desk.runtime.db.write(stop_unwanted) == 0


def test_a_token_is_what_was_signed_and_nothing_else() -> None:
    of = Unsubscribe(7, 3, "marketing")
    token = unsubscribe_token(b"secret", of)
    assert read_unsubscribe(b"secret", token) == of
    others = (token.replace("7.", "8.", 1), token[:-1], token + "0", token.upper(), "", "\0", "7")
    assert [read_unsubscribe(b"secret", each) for each in others] == [None] * len(others)
    assert read_unsubscribe(b"other", token) is None


async def test_hostile_links_change_nothing_and_are_answered_politely(
    desk: Desk, client: httpx.AsyncClient
) -> None:
    kim = (await desk.mail()).customer_id
    good = unsubscribe_token(desk.runtime.secret, Unsubscribe(kim, desk.brand, "marketing"))
    hostile = (good[:-1], good.replace("marketing", "surveys"), "1.1.x", "%00", "a" * 3_000)
    for token in hostile:
        for answer in (
            await client.get(f"/unsubscribe/{token}"),
            await client.post(f"/unsubscribe/{token}"),
        ):
            assert answer.status_code == 404
            assert "This link is not complete" in answer.text
    nobody = Unsubscribe(999_999, desk.brand, "marketing")
    path = f"/unsubscribe/{unsubscribe_token(desk.runtime.secret, nobody)}"
    assert (await client.post(path, headers={"Accept-Language": "zh"})).status_code == 200
    assert await rows(desk, consents) == []

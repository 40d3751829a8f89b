"""Whom the widget's doors turn away: foreign tokens, keys, sites, addresses, files."""

import uuid

import pytest
from sqlalchemy import insert, select, update

from app.actions.send_message import Reply, send_message
from app.models.conversation import attachments
from app.models.organisation import inboxes
from app.web.widget.door import allows
from app.web.widget.links import Links
from tests.desk import Desk
from tests.fixtures.visitors import NewBrowser, message_ids

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c020000000b4944415478da6364"
    "6060000000060002308103cf0000000049454e44ae426082"
)


async def test_without_a_good_token_nothing_is_shown(desk: Desk, widget: NewBrowser) -> None:
    kim = await widget()
    for token in ("", "nonsense", kim.visitor):
        kim.token = token
        assert (await kim.get("/widget/panel")).status_code == 401
        assert (await kim.say("Hello?")).status_code == 401
        assert (await kim.post("/widget/live/ticket")).status_code == 401


async def test_an_unknown_key_has_no_widget(client, desk: Desk) -> None:  # type: ignore[no-untyped-def]
    assert (await client.get("/widget/frame?key=nobody")).status_code == 404
    body = {"key": "email-key", "visitor": uuid.uuid4().hex}
    assert (await client.post("/widget/session", json=body)).status_code == 404


async def test_a_short_visitor_id_is_refused(client, desk: Desk) -> None:  # type: ignore[no-untyped-def]
    body = {"key": "chat-key", "visitor": "guess-me"}
    assert (await client.post("/widget/session", json=body)).status_code == 422


async def test_the_same_browser_in_another_inbox_sees_nothing_of_the_first(
    desk: Desk, widget: NewBrowser
) -> None:
    await desk.available("ana")

    def second_inbox(tx):  # type: ignore[no-untyped-def]
        tx.execute(
            insert(inboxes).values(
                brand_id=desk.brand,
                queue_id=desk.queues["billing"],
                channel="chat",
                name="Other",
                key="other-key",
                settings={},
                created_at=tx.now,
            )
        )

    await desk.runtime.db.write(second_inbox)
    kim = await widget()
    first = await kim.say("Private matter")
    conversation_id = first.text.split('id="cursor-')[1].split('"')[0]
    elsewhere = await widget(key="other-key", visitor=kim.visitor)
    assert "Private matter" not in elsewhere.panel
    assert (await elsewhere.get(f"/widget/past/{conversation_id}")).status_code == 404
    stranger = await widget()
    assert (await stranger.get(f"/widget/past/{conversation_id}")).status_code == 404


async def test_a_closed_inbox_ends_its_sessions(desk: Desk, widget: NewBrowser) -> None:
    kim = await widget()

    def close(tx):  # type: ignore[no-untyped-def]
        tx.execute(update(inboxes).values(active=False))

    await desk.runtime.db.write(close)
    assert (await kim.get("/widget/panel")).status_code == 401


async def test_only_allowed_sites_get_the_frame_and_a_session(
    client, desk: Desk, widget: NewBrowser
) -> None:  # type: ignore[no-untyped-def]
    sites = ["https://shop.example", "*.tea.example"]

    def restrict(tx):  # type: ignore[no-untyped-def]
        tx.execute(update(inboxes).values(settings={"allowed_sites": sites}))

    await desk.runtime.db.write(restrict)
    page = await client.get("/widget/frame?key=chat-key&origin=https://shop.example")
    assert page.status_code == 200
    policy = page.headers["content-security-policy"]
    assert "frame-ancestors 'self' https://shop.example *.tea.example" in policy
    assert "script-src 'self'" in policy
    forged = await client.get("/widget/frame?key=chat-key&origin=https://evil.example")
    assert forged.status_code == 403
    body = {"key": "chat-key", "visitor": uuid.uuid4().hex, "site": "https://evil.example"}
    assert (await client.post("/widget/session", json=body)).status_code == 403


async def test_another_sites_script_cannot_open_a_session(client, desk: Desk) -> None:  # type: ignore[no-untyped-def]
    body = {"key": "chat-key", "visitor": uuid.uuid4().hex}
    response = await client.post(
        "/widget/session", json=body, headers={"Origin": "https://evil.example"}
    )
    assert response.status_code == 403
    assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize(
    ("origin", "good"),
    [
        ("https://shop.example", True),
        ("http://shop.example", False),
        ("https://shop.example.evil.com", False),
        ("https://www.tea.example", True),
        ("https://tea.example", False),
        ("https://eviltea.example", False),
        ("", False),
    ],
)
def test_sites_match_whole_hosts(origin: str, good: bool) -> None:
    assert allows(("https://shop.example", "*.tea.example"), origin) is good


async def test_a_file_is_sent_only_by_who_uploaded_it(desk: Desk, widget: NewBrowser) -> None:
    await desk.available("ana")
    kim, mallory = await widget(), await widget()
    chip = (await kim.upload("photo.png", PNG)).text
    key = chip.split('data-file="')[1].split('"')[0]
    stolen = await mallory.say("mine now", files=[key])
    assert stolen.json()["errors"] == {"files": "unknown_upload"}
    sent = await kim.say("", files=[key])
    assert sent.status_code == 200
    assert "photo.png" in sent.text


async def test_files_are_fetched_by_signed_addresses_only(desk: Desk, widget: NewBrowser) -> None:
    await desk.available("ana")
    kim = await widget()
    chip = (await kim.upload("report.txt", b"<script>alert(1)</script>")).text
    key = chip.split('data-file="')[1].split('"')[0]
    page = (await kim.say("see file", files=[key])).text
    address = page.split('class="file" href="')[1].split('"')[0]
    response = await kim.client.get(address)
    assert response.content == b"<script>alert(1)</script>"
    assert response.headers["content-disposition"].startswith("attachment")
    assert response.headers["content-type"] == "application/octet-stream"
    assert (await kim.client.get(f"/widget/files/{key}/1.abc/report.txt")).status_code == 404


async def test_a_file_link_ends(ticking, desk: Desk) -> None:  # type: ignore[no-untyped-def]
    links = Links(b"secret")
    proof = links.file("key", "a").split("/")[4]
    assert links.opens_file("key", proof)
    assert not links.opens_file("other", proof)
    ticking.forward(s=4 * 24 * 3600)
    assert not links.opens_file("key", proof)


async def test_files_that_run_or_are_too_large_are_refused(desk: Desk, widget: NewBrowser) -> None:
    kim = await widget()
    assert (await kim.upload("run.exe", b"MZ hello")).json()["errors"] == {"file": "not_allowed"}
    desk.runtime.settings.max_upload_mb = 1
    large = await kim.upload("large.txt", b"x" * 1_000_001)
    assert large.status_code == 422
    assert large.json()["errors"] == {"file": "too_large"}
    async with desk.runtime.db.read() as conn:
        assert (await conn.execute(select(attachments))).all() == []


async def test_a_message_may_be_neither_empty_nor_endless(desk: Desk, widget: NewBrowser) -> None:
    await desk.available("ana")
    kim = await widget()
    assert (await kim.say("   ")).json()["errors"] == {"text": "empty"}
    assert (await kim.say("x" * 10_001)).json()["errors"] == {"text": "too_long"}


async def test_a_visitor_who_sends_too_much_is_slowed_down(desk: Desk, widget: NewBrowser) -> None:
    await desk.available("ana")
    kim = await widget()
    answers = [(await kim.get("/widget/status")).status_code for _ in range(140)]
    assert answers[-1] == 429


async def test_the_badge_tells_the_number_of_unread_answers_and_nothing_else(
    desk: Desk, widget: NewBrowser
) -> None:
    await desk.available("ana")
    kim = await widget()
    await kim.say("Hello?")
    conversation_id = await desk.accept("ana")
    await desk.runtime.db.write(
        send_message, await desk.actor("ana"), conversation_id, Reply("Hi", "reply-0001")
    )
    script = await kim.client.get("/widget/badge.js", params={"b": kim.badge})
    assert script.text == 'window.switchroom&&switchroom("unread",1)'
    forged = kim.badge.replace(kim.badge[:1], "9", 1)
    assert (await kim.client.get("/widget/badge.js", params={"b": forged})).status_code == 404
    kim.token = kim.badge
    assert (await kim.get("/widget/panel")).status_code == 401


async def test_html_in_a_file_name_is_shown_as_text(desk: Desk, widget: NewBrowser) -> None:
    await desk.available("ana")
    kim = await widget()
    chip = await kim.upload("a&b<i>.txt", b"hello")
    assert "<i>" not in chip.text.split("chip-name")[1].split("</span>")[0]
    assert message_ids((await kim.say("x")).text)

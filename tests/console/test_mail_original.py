"""A mail's own HTML: nothing in it acts, nothing is fetched from elsewhere."""

import hashlib
import html as html_lib
import re

import pytest
from playwright.async_api import Route, expect

from app.actions.keep_mail import mail_read
from app.actions.receive_message import receive_message
from app.security.mail_html import clean
from app.workers.keep import keep_delivered
from channels.values import Identity, Inbound
from tests.console.test_inbox_pages import hide_from
from tests.desk import Desk
from tests.fixtures.console import OpenConsole
from tests.fixtures.people import SignIn
from tests.fixtures.shop import Shop

HTML = """<html><head><style>p{color:red}</style></head><body onload="x()">
<p style="color:blue;position:fixed">Hello <b>there</b></p><script>alert(1)</script>
<img src="https://tracker.example/p.png"><img src="cid:logo@x"><iframe src="/inbox"></iframe>
<a href="javascript:x()">one</a> <a href="https://shop.example">two</a>
<form action="/inbox/1/done" method="post"><input name="a"></form>
<hx-partial hx-target="body">x</hx-partial></body></html>"""


PNG = b"\x89PNG\r\n\x1a\nand so on"


async def receive(desk: Desk, html: str = HTML) -> int:
    inbound = Inbound(
        channel="email",
        external_id="html-1",
        identities=(Identity("email", "kim@example.com"),),
        name="Kim",
        subject="Styled",
        text="Hello there",
        full_text="Hello there\n\n> quoted words",
        html=html,
        language="en",
    )
    got = await desk.runtime.db.write(receive_message, desk.inboxes["email"], inbound)
    return got.message_id


def test_only_harmless_elements_stay() -> None:
    html = clean(HTML, {"logo@x": "key-1"}).html
    for gone in ("script", "iframe", "form", "input", "onload", "javascript:", "position"):
        assert gone not in html
    assert "hx-partial" not in html
    assert "tracker.example" not in html
    assert 'src="/files/key-1' in html
    assert "color:blue" in html.replace(" ", "")
    assert 'href="https://shop.example"' in html
    assert "noopener" in html


async def test_it_is_served_in_a_sandbox(desk: Desk, browser_of: SignIn) -> None:
    message = await receive(desk)
    ana = await browser_of("ana")
    answer = await ana.get(f"/messages/{message}/original")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert "https:" not in policy
    assert "frame-ancestors 'self'" in policy
    assert "<b>there</b>" in answer.text


async def test_pictures_are_allowed_by_the_policy_only_where_they_were_asked_for(
    desk: Desk, browser_of: SignIn
) -> None:
    message = await receive(desk)
    ana = await browser_of("ana")
    first = await ana.get(f"/messages/{message}/original")
    assert "data-blocked" in first.text
    assert "tracker.example" not in first.text
    asked = await ana.get(f"/messages/{message}/original?images=1")
    assert "data-blocked" not in asked.text
    assert 'src="https://tracker.example' not in asked.text
    assert f'src="/messages/{message}/picture?u=https%3A%2F%2Ftracker.example%2Fp.png' in asked.text
    assert "img-src 'self' data:;" in asked.headers["content-security-policy"]


def _address(page: str) -> str:
    found = re.search(r'src="(/messages/\d+/picture[^"]+)"', page)
    assert found is not None
    return html_lib.unescape(found[1])


async def test_pictures_come_from_us_and_only_at_addresses_that_the_page_gave(
    desk: Desk, browser_of: SignIn
) -> None:
    message = await receive(desk)
    folder = desk.runtime.settings.data_dir / "pictures"
    folder.mkdir()
    (folder / hashlib.sha256(b"https://tracker.example/p.png").hexdigest()).write_bytes(PNG)
    ana = await browser_of("ana")
    address = _address((await ana.get(f"/messages/{message}/original?images=1")).text)
    got = await ana.get(address)
    assert (got.status_code, got.content, got.headers["content-type"]) == (200, PNG, "image/png")
    other = address.replace("tracker.example", "elsewhere.example")
    assert (await ana.get(other)).status_code == 404
    assert (await ana.get(address.replace("/messages/1/", "/messages/2/"))).status_code == 404
    assert (await ana.get(address[:-1])).status_code == 404
    await hide_from(desk, "ana", 1)
    assert (await ana.get(address)).status_code == 404


async def test_a_mail_cannot_make_us_call_into_the_house(desk: Desk, browser_of: SignIn) -> None:
    message = await receive(desk, '<p>x</p><img src="http://127.0.0.1:8080/admin.png">')
    ana = await browser_of("ana")
    address = _address((await ana.get(f"/messages/{message}/original?images=1")).text)
    assert (await ana.get(address)).status_code == 404
    assert not (desk.runtime.settings.data_dir / "pictures").exists()


async def test_an_agent_may_always_see_the_pictures_of_a_sender(
    desk: Desk, browser_of: SignIn
) -> None:
    message = await receive(desk)
    ana, ben = await browser_of("ana"), await browser_of("ben")
    assert (await ana.post(f"/messages/{message}/always-pictures")).status_code == 204
    assert "picture?u=" in (await ana.get(f"/messages/{message}/original")).text
    assert "picture?u=" not in (await ben.get(f"/messages/{message}/original")).text


async def test_the_mail_can_be_taken_along_as_it_came(desk: Desk, browser_of: SignIn) -> None:
    raw = b"Subject: Caf\xc3\xa9\r\n\r\nHello\r\n"
    await keep_delivered(desk.runtime, [desk.inboxes["email"]], raw, "kim@example.com", [])
    message = await receive(desk)
    ana = await browser_of("ana")
    assert (await ana.get(f"/messages/{message}/eml")).status_code == 404
    await desk.runtime.db.write(mail_read, 1, message)
    got = await ana.get(f"/messages/{message}/eml")
    assert got.content == raw
    assert got.headers["content-disposition"] == "attachment; filename*=UTF-8''Styled.eml"
    await hide_from(desk, "ana", 1)
    assert (await ana.get(f"/messages/{message}/eml")).status_code == 404


@pytest.mark.browser
async def test_a_click_loads_the_pictures_of_a_mail(shop: Shop, console: OpenConsole) -> None:
    await receive(shop.desk, HTML + "<blockquote>An older mail</blockquote>")
    ana = await console("ana", "/inbox/1?view=all")
    asked: list[str] = []

    async def answer(route: Route) -> None:
        asked.append(route.request.url)
        await route.fulfill(body=PNG, content_type="image/png")

    await ana.route("**/picture?**", answer)
    await ana.get_by_role("button", name="Original mail").click()
    show = ana.get_by_role("button", name="Show pictures")
    await expect(show).to_be_visible()
    assert asked == []
    await show.click()
    await expect(show).to_have_count(0)
    frame = ana.frame_locator("iframe.original")
    await expect(frame.locator('img[src*="tracker"]')).to_have_count(1)
    assert len(asked) == 1
    older = frame.get_by_text("An older mail")
    await expect(older).to_be_hidden()
    await frame.get_by_text("Show quoted text").click()
    await expect(older).to_be_visible()
    await expect(ana.get_by_role("link", name="Save mail")).to_be_visible()
    await ana.get_by_role("button", name="Original mail").click()
    await expect(ana.locator("iframe.original")).to_have_count(0)


async def test_the_full_text_is_one_click_away(desk: Desk, browser_of: SignIn) -> None:
    message = await receive(desk)
    ana = await browser_of("ana")
    assert "quoted words" not in (await ana.get("/inbox/1")).text
    assert "quoted words" in (await ana.get(f"/messages/{message}/full")).text


async def test_nobody_else_gets_it(desk: Desk, browser_of: SignIn) -> None:
    message = await receive(desk)
    await hide_from(desk, "ana", 1)
    ana = await browser_of("ana")
    for path in ("original", "full", "forward"):
        assert (await ana.get(f"/messages/{message}/{path}")).status_code == 404


async def test_a_mail_without_html_has_no_original(desk: Desk, browser_of: SignIn) -> None:
    mail = await desk.mail()
    ana = await browser_of("ana")
    assert (await ana.get(f"/messages/{mail.message_id}/original")).status_code == 404

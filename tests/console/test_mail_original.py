"""A mail's own HTML: nothing in it acts, nothing is fetched from elsewhere."""

import pytest
from playwright.async_api import Route, expect

from app.actions.receive_message import receive_message
from app.web.console.mail import clean
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


async def receive(desk: Desk) -> int:
    inbound = Inbound(
        channel="email",
        external_id="html-1",
        identities=(Identity("email", "kim@example.com"),),
        name="Kim",
        subject="Styled",
        text="Hello there",
        full_text="Hello there\n\n> quoted words",
        html=HTML,
        language="en",
    )
    got = await desk.runtime.db.write(receive_message, desk.inboxes["email"], inbound)
    return got.message_id


def test_only_harmless_elements_stay() -> None:
    html = clean(HTML, {"logo@x": "key-1"}, remote_images=False)
    for gone in ("script", "iframe", "form", "input", "onload", "javascript:", "position"):
        assert gone not in html
    assert "hx-partial" not in html
    assert "tracker.example" not in html
    assert 'src="/files/key-1' in html
    assert "color:blue" in html.replace(" ", "")
    assert 'href="https://shop.example"' in html
    assert "noopener" in html


def test_pictures_from_elsewhere_come_only_when_asked_for() -> None:
    assert "tracker.example" in clean(HTML, {}, remote_images=True)


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
    assert "https://tracker.example/p.png" in asked.text
    policy = asked.headers["content-security-policy"]
    assert "img-src 'self' data: https:;" in policy
    assert "default-src 'none'" in policy
    assert policy.count("https:") == 1


@pytest.mark.browser
async def test_a_click_loads_the_pictures_of_a_mail(shop: Shop, console: OpenConsole) -> None:
    await receive(shop.desk)
    ana = await console("ana", "/inbox/1?view=all")
    asked: list[str] = []

    async def answer(route: Route) -> None:
        asked.append(route.request.url)
        await route.abort()

    await ana.route("https://tracker.example/**", answer)
    await ana.get_by_role("button", name="Original mail").click()
    show = ana.get_by_role("button", name="Show pictures")
    await expect(show).to_be_visible()
    assert asked == []
    await show.click()
    await expect(show).to_have_count(0)
    picture = ana.frame_locator("iframe.original").locator('img[src^="https://tracker"]')
    await expect(picture).to_have_count(1)
    assert asked == ["https://tracker.example/p.png"]
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

"""A customer exports and erases themselves in a browser without JavaScript, by the links of real
mails; no page has a barrier."""

import re
import zipfile
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect
from sqlalchemy import insert, select

from app.actions.attach import attach_files
from app.actions.send_message import Reply, send_message
from app.erasing import finish_erasures
from app.models import metadata
from app.models.consent import consent_texts
from app.models.promise import promises
from app.settings import Settings
from app.workers import deliver
from app.workers.supervisor import Supervisor
from tests.fixtures.portal import last_link, proved
from tests.fixtures.shop import Shop
from tests.fixtures.workers import until
from tests.servers.smtp import SmtpServer

pytestmark = pytest.mark.browser
NAME, EMAIL = "Canarina Quillfeather", "canarina.q@quill.example"
CANARIES = ["canarina", "quillfeath", "zebrafinch", "budgerigar", "cockatiel"]
PAGES = ("", "conversations/1", "details", "preferences", "consents", "privacy", "erase")
LOOKS = [(375, 812, "light"), (1280, 800, "dark")]


@pytest.fixture
def settings(settings: Settings, smtp_server: SmtpServer) -> Settings:
    """Mail goes to a real server."""
    settings.smtp_host, settings.smtp_port = smtp_server.host, smtp_server.port
    settings.smtp_security = "none"
    return settings


async def _fill(shop: Shop) -> None:
    """What Canarina has said, sent, and was promised."""
    desk, write = shop.desk, shop.runtime.db.write
    said = await desk.mail("A zebrafinch, please", EMAIL, name=NAME, subject="Zebrafinch")
    kept = shop.runtime.files.keep(b"budgerigar bytes", "cockatiel.txt", "text/plain")
    await write(attach_files, [kept], message_id=said.message_id)
    await proved(desk, EMAIL)
    await desk.available("ana")
    number = await desk.accept("ana")
    ana = await desk.actor("ana")
    await write(send_message, ana, number, Reply("Which zebrafinch?", key="k" * 20))
    text = {"purpose": "marketing", "locale": "en", "version": 1, "text": "We write weekly."}
    await write(lambda tx: tx.execute(insert(consent_texts).values(**text, created_at=tx.now)))
    owed = {
        "customer_id": said.customer_id, "brand_id": desk.brand, "owner_id": ana.agent_id,
        "text": "Call about the cockatiel", "due_at": 2_000_000_000_000, "created_at": 1,
    }  # fmt: skip
    await write(lambda tx: tx.execute(insert(promises).values(owed)))


async def _everything(shop: Shop) -> str:
    """Every cell and every file, as one text."""
    found = []
    async with shop.runtime.db.read() as conn:
        for table in metadata.tables.values():
            found += [repr(row) for row in await conn.execute(select(table))]
    for path in shop.runtime.settings.data_dir.rglob("*"):
        if path.is_file():
            found.append(path.read_bytes().decode("latin-1"))
    return "\n".join(found).lower()


async def _no_barrier(page: Page) -> None:
    found = (await Axe().run(page)).response["violations"]
    told = [f"{one['id']}: {node['html'][:120]}" for one in found for node in one["nodes"]]
    assert told == [], page.url
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url


async def test_a_customer_exports_and_erases_themselves(
    shop: Shop, browser: Browser, smtp_server: SmtpServer, tmp_path: Path
) -> None:
    await _fill(shop)

    async def mailed(subject: str) -> str:
        """The link in the newest mail of this subject, once it was delivered."""

        def those() -> list[str]:
            mails = [each.message for each in smtp_server.mails]
            found = [mail for mail in mails if subject in str(mail["subject"])]
            parts = [mail.get_body(("plain",)) for mail in found]
            return [part.get_content() for part in parts if part is not None]

        async def there() -> bool:
            return bool(those())

        await until(there)
        link = re.search(rf"{shop.url}/my/\S+", those()[-1])
        assert link is not None
        smtp_server.mails.clear()
        return link[0]

    async with AsyncExitStack() as stack:
        await stack.enter_async_context(Supervisor(shop.runtime, [deliver.WORKER]))
        context = await browser.new_context(java_script_enabled=False, locale="en-GB")
        stack.push_async_callback(context.close)
        page = await context.new_page()
        await page.goto(f"{shop.url}/my/tea/")
        await page.get_by_label("Your email address").fill(EMAIL)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Look into your mail")
        await page.goto(await mailed("sign in"))
        await expect(page.locator("button[autofocus]")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("Your turn")).to_be_visible()
        await expect(page.get_by_text("Call about the cockatiel")).to_be_visible()
        await page.get_by_role("link", name="Your turn").click()
        await page.get_by_label("Your message").fill("The zebrafinch with the red beak")
        await page.get_by_role("button", name="Send message").click()
        await expect(page.get_by_text("We have your message.")).to_be_visible()
        await page.get_by_role("link", name="Privacy").click()
        async with page.expect_download() as started:
            await page.get_by_role("button", name="Download everything").click()
        await (await started.value).save_as(tmp_path / "mine.zip")
        with zipfile.ZipFile(tmp_path / "mine.zip") as found:
            assert "red beak" in found.read("data.json").decode()
            assert [name for name in found.namelist() if name.endswith("cockatiel.txt")]
        before = await _everything(shop)
        assert all(word in before for word in CANARIES)
        await page.get_by_role("link", name="What would be erased?").click()
        await page.get_by_role("button", name="Mail me the link").click()
        await page.goto(await mailed("erase"))
        await page.get_by_label("Type your address").fill(EMAIL)
        await page.get_by_role("button", name="Erase for good").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Your data is erased")
        assert await finish_erasures(shop.runtime, 0) == 1
        await page.goto(f"{shop.url}/my/tea/details")
        await expect(page.get_by_label("Your email address")).to_be_visible()
    after = await _everything(shop)
    assert [word for word in CANARIES if word in after] == []


async def test_no_page_of_a_customer_has_a_barrier(
    shop: Shop, browser: Browser, smtp_server: SmtpServer
) -> None:
    await _fill(shop)
    context = await browser.new_context(locale="en-GB")
    page = await context.new_page()
    await page.goto(f"{shop.url}/my/tea/")
    await _no_barrier(page)
    await page.get_by_label("Your email address").fill(EMAIL)
    await page.get_by_role("button", name="Mail me a link").click()
    await _no_barrier(page)
    await page.goto(shop.url + await last_link(shop.desk))
    await page.get_by_role("button", name="Sign in").click()
    for width, height, scheme in LOOKS:
        await page.set_viewport_size({"width": width, "height": height})
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        for path in PAGES:
            await page.goto(f"{shop.url}/my/tea/{path}")
            await _no_barrier(page)
    await page.get_by_role("button", name="Mail me the link").click()
    await page.goto(shop.url + await last_link(shop.desk))
    await _no_barrier(page)
    await context.close()

"""Takes the pictures of the README: starts a demo, plays a few scenes in it, photographs them.

Every scene is acted through the product's own pages, so a picture shows what anybody can do. What
differs from one time to the next is only the clock.
"""

import asyncio
import io
import re
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, Frame, Page, async_playwright, expect

from tests.servers.browser import launch_args
from tests.servers.process import Product

ROOT = Path(__file__).resolve().parent.parent
DEMO = (sys.executable, "-m", "app.cli", "demo")
DESK, PHONE = (1440, 900), (375, 812)
MOST_BYTES = 250_000
LETTER = "Hello,\n\nI ordered Gyokuro, but the tin says Sencha. Could you look into it?\n\nKim"
TALK = (
    ("visitor", "Hello, the lid of my Yixing teapot came with a crack. What can I do?"),
    ("agent", "Oh no, I am sorry, Nora! Could you send me the number of your order?"),
    ("visitor", "It is LL-9127. The parcel itself looked fine."),
    ("note", "Third cracked lid from this batch. I have told the warehouse."),
    ("agent", "Thank you. You need not send it back: a new teapot leaves today."),
    ("visitor", "That was quick, thank you!"),
)


class Studio:
    """A demo that runs, a browser, and where the pictures go."""

    def __init__(self, product: Product, browser: Browser, folder: Path) -> None:
        self.url = product.url
        self.browser = browser
        self.folder = folder
        printed = product.log_path.read_text("utf-8")
        self.passwords = dict(re.findall(r"(\w+)@lantern\.example\s+(\S+)", printed))

    async def page(self, path: str, size: tuple[int, int] = DESK, locale: str = "en-GB") -> Page:
        """A browser of its own at a page."""
        page = await self.browser.new_page(
            viewport={"width": size[0], "height": size[1]},
            locale=locale,
            timezone_id="Europe/Berlin",
            reduced_motion="reduce",
        )
        page.set_default_timeout(20_000)
        await page.goto(self.url + path)
        return page

    async def agent(self, name: str, path: str, size: tuple[int, int] = DESK) -> Page:
        """Somebody of the team, signed in, at a page."""
        page = await self.page("/sign-in", size)
        await page.fill("[name=email]", f"{name}@lantern.example")
        await page.fill("[name=password]", self.passwords[name])
        await page.click("form button")
        await page.wait_for_url("**/inbox")
        await page.goto(self.url + path)
        return page

    async def shoot(self, page: Page, name: str) -> None:
        """The page as it is now, by day and by night."""
        await page.mouse.move(*(side - 1 for side in page.viewport_size.values()))
        await page.evaluate("document.activeElement?.blur()")
        await page.evaluate("document.fonts.ready")
        for scheme, ending in (("light", ""), ("dark", "-dark")):
            await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            await page.wait_for_timeout(400)
            self._keep(await page.screenshot(), f"{name}{ending}.png")

    def _keep(self, png: bytes, name: str) -> None:
        """As small as it gets; with fewer colours only where that is not small enough."""
        path = self.folder / name
        with Image.open(io.BytesIO(png)) as picture:
            picture.convert("RGB").save(path, optimize=True)
            if path.stat().st_size > MOST_BYTES:
                picture.convert("RGB").quantize(256).save(path, optimize=True)
        if path.stat().st_size > MOST_BYTES:
            raise SystemExit(f"{path} has {path.stat().st_size} bytes, more than {MOST_BYTES}")
        print(f"{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}", flush=True)


async def set_presence(page: Page, state: str) -> None:
    """Take work from now on ("available"), or none ("away")."""
    choice = page.locator(f"""#presence-choice button[hx-vals='{{"state": "{state}"}}']""")
    await page.click("#standing")
    await choice.click()
    await expect(choice).to_have_attribute("aria-checked", "true")
    await page.keyboard.press("Escape")


async def accept(page: Page, name: str) -> None:
    """Take the contact of this customer as soon as it is offered."""
    offer = page.locator(".offer", has_text=name)
    await offer.locator(".button-primary").click()
    await expect(page.locator(".thread-title")).to_have_text(name)


async def open_chat(page: Page) -> Frame:
    """Open the widget in the shop. Its frame lies in a closed shadow tree, where locators do not
    reach."""
    async with page.expect_event("framenavigated", lambda frame: "/widget/frame" in frame.url):
        await page.evaluate("switchroom('open')")
    frame = next(frame for frame in page.frames if "/widget/frame" in frame.url)
    await expect(frame.locator("#text")).to_be_visible()
    return frame


async def ask_person(chat: Frame) -> None:
    """Be asked by the help pages first, and still want a person."""
    status = chat.locator("#status")
    await expect(status).to_have_attribute("data-phase", re.compile("answered|waiting|active"))
    if await status.get_attribute("data-phase") == "answered":
        await chat.locator("[data-post='/widget/person'] button").first.click()


async def talk(agent: Page, chat: Frame) -> None:
    """The conversation of the pictures, line by line, each arriving before the next."""
    for who, text in TALK[1:]:
        if who == "visitor":
            await chat.locator("#text").fill(text)
            await chat.locator("#text").press("Enter")
        else:
            kind = "note" if who == "note" else "outbound"
            await agent.click(f"#kind-{kind}")
            await agent.fill(f"#composer [name={kind}]", text)
            await agent.keyboard.press("Control+Enter")
        await expect(agent.locator(".thread")).to_contain_text(text)
        if who != "note":
            await expect(chat.locator("#log")).to_contain_text(text)


async def at_work(studio: Studio) -> dict[str, Page]:
    """Colleagues at their desks, with what is left of yesterday in their hands."""
    desks = {}
    for name in ("mei", "ben"):
        page = await studio.agent(name, "/inbox")
        await set_presence(page, "available")
        await page.wait_for_timeout(4_000)  # their offers come
        offers = page.locator(".offer .button-primary")
        while await offers.count():
            await offers.first.click()
            await page.wait_for_timeout(700)
        await set_presence(page, "away")  # what comes next is for Ana
        desks[name] = page
    return desks


async def conversation(studio: Studio) -> tuple[Page, Page]:
    """Ana with a letter and a chat; her page and the visitor's."""
    mailbox = await studio.page("/demo/mail")
    await mailbox.fill("[name=subject]", "Order LL-7001: wrong tea")
    await mailbox.fill("[name=text]", LETTER)
    await mailbox.click("form button")
    ana = await studio.agent("ana", "/inbox")
    await set_presence(ana, "available")
    await accept(ana, "Kim Doe")
    shop = await studio.page("/demo/")
    await shop.get_by_role("button", name="Sign in as Nora Lind").click()
    await expect(shop.locator("body")).to_contain_text("You are signed in as Nora Lind")
    chat = await open_chat(shop)
    await chat.locator("#text").fill(TALK[0][1])
    await chat.locator("button.send").click()
    await ask_person(chat)
    await accept(ana, "Nora Lind")
    await talk(ana, chat)
    return ana, shop


async def at_the_desk(studio: Studio) -> None:
    """Console, widget and wallboard, while the team works."""
    colleagues = await at_work(studio)
    ana, shop = await conversation(studio)
    await set_presence(colleagues["ben"], "available")
    await ana.reload()
    await expect(ana.locator(".row-unread", has_text="Nora Lind")).to_have_count(0)
    await ana.fill("#article-search", "cracked lid")
    await expect(ana.locator("#articles")).to_contain_text("broken")
    await studio.shoot(ana, "console")
    await studio.shoot(shop, "widget")
    await on_the_phone(studio, ana)
    board = await studio.agent("sam", "/supervise")
    await studio.shoot(board, "wallboard")


async def on_the_phone(studio: Studio, ana: Page) -> None:
    """The same conversation in a pocket, and a visitor who waits for somebody with Chinese."""
    await ana.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    await studio.shoot(ana, "phone-thread")
    await ana.goto(f"{studio.url}/inbox?view=all")
    await studio.shoot(ana, "phone-list")
    shop = await studio.page("/demo/", PHONE, locale="zh-TW")
    chat = await open_chat(shop)
    await chat.locator("#ask-name").fill("吳佩珊")
    await chat.locator("#text").fill("剛收到的紫砂壺壺蓋碎了，可以補寄嗎？")
    await chat.locator("button.send").click()
    await ask_person(chat)
    await expect(chat.locator("#status")).to_have_attribute("data-phase", "waiting")
    await studio.shoot(shop, "phone-chat")


async def around_it(studio: Studio) -> None:
    """What needs nobody at work: settings, a form, the help centre, what it lacks."""
    admin = await studio.agent("ada", "/admin/inboxes")
    await admin.get_by_role("link", name="Shop chat").click()
    await expect(admin.frame_locator("iframe").first.locator("body")).to_contain_text("Ask us")
    await studio.shoot(admin, "admin")
    form = await studio.page("/form/lantern-form")
    await form.fill("[name=name]", "Tom Becker")
    await form.fill("[name=email]", "tom.becker@mail.example")
    await form.fill("[name=message]", "My green tea always tastes bitter. What do I do wrong?")
    await expect(form.locator("body")).to_contain_text("not bitter")
    await studio.shoot(form, "form")
    await studio.shoot(await studio.page("/help/lantern"), "help")
    author = await studio.agent("sam", "/knowledge/gaps")
    await studio.shoot(author, "gaps")


async def run(product: Product, folder: Path) -> None:
    """Play the scenes and take the pictures."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**launch_args())
        studio = Studio(product, browser, folder)
        await around_it(studio)
        await at_the_desk(studio)
        await browser.close()


def main() -> None:
    """Take all pictures into docs/images, or the folder that is named."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs/images"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data:
        product = Product(Path(data), command=DEMO)
        product.start()
        try:
            asyncio.run(run(product, folder))
        finally:
            product.stop()


if __name__ == "__main__":
    main()

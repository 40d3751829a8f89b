"""The Chromium that tests drive."""

import pytest
from playwright.async_api import Page

pytestmark = pytest.mark.browser


async def test_a_page_runs_in_a_real_browser(page: Page) -> None:
    await page.set_content("<button>Answer</button><p></p>")
    answer = "onclick = () => document.querySelector('p').append('ok')"
    await page.add_script_tag(content=answer)
    await page.get_by_role("button", name="Answer").click()
    assert await page.locator("p").inner_text() == "ok"


async def test_chinese_text_has_glyphs(page: Page) -> None:
    await page.set_content('<span id="a">客服</span><br><span id="b">龘靐</span>')
    session = await page.context.new_cdp_session(page)
    await session.send("DOM.enable")
    await session.send("CSS.enable")
    root = (await session.send("DOM.getDocument"))["root"]["nodeId"]
    node = (await session.send("DOM.querySelector", {"nodeId": root, "selector": "#a"}))["nodeId"]
    fonts = (await session.send("CSS.getPlatformFontsForNode", {"nodeId": node}))["fonts"]
    assert any("CJK" in font["familyName"] for font in fonts), fonts

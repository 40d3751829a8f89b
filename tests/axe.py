"""What axe finds on a page. One page is shown in all its looks: loading costs more than looking."""

from collections.abc import Sequence

from axe_playwright_python.base import AXE_FILE_PATH
from playwright.async_api import Frame, Page

WCAG: dict[str, object] = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
COLOURS: dict[str, object] = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
_ASK = """runOnly => axe.run({resultTypes: ['violations'], ...(runOnly && {runOnly})}).then(
  found => found.violations.flatMap(({id, nodes}) => nodes.map(
    ({html}) => `${id}: ${html.slice(0, 200)}`)))"""


async def barriers(page: Page | Frame, only: dict[str, object] | None = None) -> list[str]:
    """What axe finds on the page as it stands, by all its rules or `only` by some."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE_FILE_PATH.read_text())
    found: list[str] = await page.evaluate(_ASK, only)
    return found


async def barriers_in_every_look(
    page: Page, widths: Sequence[int] = (1440, 375), only: dict[str, object] | None = None
) -> list[str]:
    """The same at each width, light and dark, and what is wider than the window. Whatever its
    colours, a page's structure is the same: in the dark only they are asked for."""
    found = []
    for width in widths:
        await page.set_viewport_size({"width": width, "height": 800})
        for scheme, rules in (("light", only), ("dark", COLOURS)):
            await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            found += [f"{width} {scheme}: {one}" for one in await barriers(page, rules)]
        over: int = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if over > 0:
            found.append(f"{width}: {over} px too wide")
    return found

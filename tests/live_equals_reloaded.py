"""The promise of the live side: a page that sockets have patched is the page freshly rendered."""

from difflib import unified_diff

from playwright.async_api import Page

# What differs without meaning anything: running clocks, what the keyboard module adds, which row
# Tab enters, the order of attributes, and "new since you looked", which stays for whoever looks.
SHAPE = """
async ([selector, fresh]) => {
  let root = document;
  if (fresh) {
    const page = await fetch(location.href, {headers: {Accept: "text/html"}});
    root = new DOMParser().parseFromString(await page.text(), "text/html");
  }
  const found = root.querySelector(selector);
  if (!found) return null;
  const left = ["tabindex", "aria-keyshortcuts", "aria-busy", "style", "data-htmx-powered"];
  const draw = (node, depth) => {
    if (node.nodeType === Node.TEXT_NODE) return node.data.trim().replace(/\\s+/g, " ");
    if (node.nodeType !== Node.ELEMENT_NODE) return "";
    if (node.matches("data, [data-new-line]")) return "";
    const clock = node.matches("time");
    const attributes = [...node.attributes]
      .filter(({name}) => !left.includes(name) && !(clock && name === "data-state"))
      .map(({name, value}) => `${name}="${value}"`).filter((one) => one !== 'class=""').sort();
    const inside = clock ? [] : [...node.childNodes].map((child) => draw(child, depth + 1));
    const head = [node.localName, ...attributes].join(" ");
    return [head, ...inside.filter(Boolean)].join("\\n" + "  ".repeat(depth));
  };
  return draw(found, 1);
}
"""


async def shape(page: Page, selector: str, *, fresh: bool) -> str:
    """An element in comparable form, on the page as it is or as the server renders it now."""
    found = await page.evaluate(SHAPE, [selector, fresh])
    assert found is not None, f"{selector} is not on the page"
    return str(found)


async def assert_live_equals_reloaded(page: Page, *selectors: str) -> None:
    """Compare these elements with a fresh page, once what is under way has arrived."""
    for selector in selectors:
        live = fresh = ""
        for _ in range(20):
            live = await shape(page, selector, fresh=False)
            fresh = await shape(page, selector, fresh=True)
            if live == fresh:
                break
            await page.wait_for_timeout(150)
        before, after = fresh.splitlines(), live.splitlines()
        difference = "\n".join(unified_diff(before, after, "reloaded", "live", n=1, lineterm=""))
        assert live == fresh, f"{selector}:\n{difference}"

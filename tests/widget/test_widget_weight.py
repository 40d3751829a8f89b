"""What the widget weighs: gzip bytes of what a page loads before and after the click."""

import gzip
import re
from pathlib import Path

from tests.desk import Desk
from tests.fixtures.visitors import NewBrowser

STATIC = Path(__file__).resolve().parents[2] / "static"
BEFORE_THE_CLICK = 4_096
OPENED, OWN_SCRIPTS, STYLES = 40_960, 10_240, 8_192


def _weight(*names: str) -> int:
    return sum(len(gzip.compress((STATIC / name).read_bytes(), 6, mtime=0)) for name in names)


def _modules(name: str, known: set[str] | None = None) -> set[str]:
    """A module and all that it imports."""
    known = known if known is not None else set()
    if name not in known:
        known.add(name)
        for other in re.findall(
            r'from "\./([\w-]+\.js)"|import "\./([\w-]+\.js)"', (STATIC / name).read_text()
        ):
            _modules(f"widget/{other[0] or other[1]}", known)
    return known


def test_the_loader_is_one_small_request() -> None:
    assert _weight("widget/loader.js") <= BEFORE_THE_CLICK
    assert not re.search(r"\bimport\b[ (]", (STATIC / "widget/loader.js").read_text())


async def test_the_opened_widget_keeps_its_budget(desk: Desk, widget: NewBrowser) -> None:
    await desk.available("ana")
    kim = await widget()
    page = (await kim.client.get("/widget/frame?key=chat-key")).text
    loaded = set(re.findall(r'(?:src|href)="/static/[0-9a-f]+/([^"#]+)', page + kim.panel))
    scripts = _modules("widget/app.js")
    preloaded = {name for name in loaded if name.startswith("widget/") and name.endswith(".js")}
    assert preloaded == scripts, "the frame preloads exactly the modules it needs"
    assert _weight(*scripts) <= OWN_SCRIPTS
    assert _weight("css/widget.css") <= STYLES
    documents = len(gzip.compress(page.encode(), 6)) + len(gzip.compress(kim.panel.encode(), 6))
    assert _weight(*loaded) + documents <= OPENED


async def test_static_files_travel_compressed(desk: Desk, client) -> None:  # type: ignore[no-untyped-def]
    response = await client.get("/static/widget/loader.js", headers={"Accept-Encoding": "gzip"})
    assert response.headers["content-encoding"] == "gzip"

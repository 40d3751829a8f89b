"""Templates are escaped, strict, translated and find every component without an import."""

import json
import re
import shutil
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from app.pages import Pages, toast

ROOT = Path(__file__).resolve().parents[2]
NOW = 1_773_316_800_000  # 2026-03-12 12:00 UTC


@pytest.fixture
def write(tmp_path: Path) -> "Writer":
    return Writer(tmp_path)


class Writer:
    """Makes templates beside the real components and renders them."""

    def __init__(self, folder: Path) -> None:
        self.templates = folder / "templates"
        shutil.copytree(ROOT / "templates" / "components", self.templates / "components")

    def __call__(self, text: str, name: str = "page.html") -> Pages:
        (self.templates / name).write_text(text)
        return Pages(self.templates, ROOT / "locale", ROOT / "static", now=lambda: NOW)


def test_what_customers_write_is_escaped(write: Writer) -> None:
    pages = write('<p dir="auto">{{ text }}</p>{{ _("%(name)s: status and settings", name=text) }}')
    page = pages.render("page.html", text="<hx-partial hx-target='#x'>")
    assert "<hx-partial" not in page
    assert page.count("&lt;hx-partial") == 2


def test_a_name_that_was_not_given_is_an_error(write: Writer) -> None:
    with pytest.raises(UndefinedError):
        write("{{ forgotten }}").render("page.html")


def test_the_same_template_speaks_the_readers_language(write: Writer) -> None:
    pages = write("{{ _('Cancel') }} {{ lang }}")
    assert pages.render("page.html") == "Cancel en"
    assert pages.render("page.html", "zh_Hans") == "取消 zh-Hans"
    assert pages.render("page.html", "xx") == "Cancel en"


def test_a_block_can_be_rendered_alone_with_its_components(write: Writer) -> None:
    pages = write("before {% block row %}{{ ui.chip(label) }}{% endblock %} after")
    assert pages.render_block("page.html", "row", label="VIP") == (
        '<span class="chip"><span class="truncate">VIP</span></span>'
    )


def test_a_button_that_is_only_a_drawing_can_send_its_form(write: Writer) -> None:
    pages = write("""{{ ui.icon_button("eye", "Look", type="submit") }}""")
    assert re.findall(r'type="(\w+)"', pages.render("page.html")) == ["submit"]
    pages = write("""{{ ui.icon_button("eye", "Look") }}""", "other.html")
    assert re.findall(r'type="(\w+)"', pages.render("other.html")) == ["button"]


def test_a_marked_message_is_translated_where_it_is_shown(write: Writer) -> None:
    pages = write("")
    assert pages.translate("zh_Hans", "%(name)s: status and settings", name="Ana") == (
        "Ana：状态与设置"
    )


def test_a_time_carries_what_the_browser_needs_to_keep_it_right(write: Writer) -> None:
    pages = write("{{ at|time }}|{{ at|time('since') }}|{{ at|clock }}")
    page = pages.render("page.html", at=NOW - 300_000, time_zone="Asia/Taipei")
    age, since, clock = page.split("|")
    assert 'datetime="2026-03-12T11:55:00+00:00"' in age
    assert f'data-at="{NOW - 300_000}" data-shape="ago">5m</time>' in age
    assert since.endswith(">5:00</time>")
    assert clock.replace("\u202f", " ") == "7:55 PM"


def test_keyword_arguments_become_attributes(write: Writer) -> None:
    pages = write(
        "{{ ui.button('Go', 'primary', hx_post='/x?a=1&b=2', class_='wide',"
        " disabled=True, title=None) }}"
    )
    assert pages.render("page.html") == (
        '<button class="button button-primary wide" type="button"'
        ' hx-post="/x?a=1&amp;b=2" disabled><span>Go</span></button>'
    )


def test_a_field_with_an_error_tells_screen_readers(write: Writer) -> None:
    page = write(
        "{{ ui.field('email', 'Email', 'ada@', hint='To answer you.', error='Not complete.') }}"
    ).render("page.html")
    assert 'aria-describedby="field-email-error field-email-hint" aria-invalid="true"' in page
    assert 'id="field-email-error"' in page
    assert '<label class="field-label" for="field-email">' in page


def test_a_person_keeps_colour_and_initials(write: Writer) -> None:
    pages = write("{{ hue(7) }} {{ hue(7) }} {{ initials(name) }}")
    first, second, letters = pages.render("page.html", name="Ada King Lovelace").split()
    assert first == second
    assert letters == "AL"
    assert pages.render("page.html", name="王小明").endswith("小明")
    assert pages.render("page.html", name="欧阳娜娜").endswith("欧")
    assert pages.render("page.html", name="...").endswith("?")


def test_static_addresses_change_with_the_content(tmp_path: Path) -> None:
    static = tmp_path / "static"
    (static / "js").mkdir(parents=True)
    (static / "js" / "a.js").write_text("1")
    before = Pages(tmp_path, tmp_path, static).assets.url("js/a.js")
    (static / "js" / "a.js").write_text("2")
    after = Pages(tmp_path, tmp_path, static).assets.url("js/a.js")
    assert re.fullmatch(r"/static/[0-9a-f]{12}/js/a\.js", before)
    assert before != after
    with pytest.raises(FileNotFoundError, match=r"js/b\.js"):
        Pages(tmp_path, tmp_path, static).assets.url("js/b.js")


def test_every_icon_that_templates_name_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (ROOT / "static" / "icons.svg").read_text()))
    for path in (ROOT / "templates").rglob("*.html"):
        text = path.read_text()
        named = re.findall(r"\bicon\(\s*['\"]([\w-]+)['\"]", text)
        named += re.findall(r"icon(?:_name)?=['\"]([\w-]+)['\"]", text)
        assert set(named) <= drawn, path


def test_an_icon_is_decoration_unless_it_says_something(write: Writer) -> None:
    page = write("{{ icon('mail') }}{{ icon('mail', 'A \"letter\"') }}").render("page.html")
    first, second = page.split("</svg>")[:2]
    assert ' aria-hidden="true">' in first
    assert ' role="img" aria-label="A &#34;letter&#34;">' in second


def test_a_notice_travels_in_a_header_of_plain_ascii() -> None:
    header = toast("已完成", "success", undo="/conversations/1/reopen")["HX-Trigger"]
    assert header.isascii()
    assert json.loads(header)["toast"]["text"] == "已完成"


def test_no_template_needs_what_the_content_security_policy_forbids() -> None:
    script = r"<script(?![^>]*\bsrc=)(?! type=\"application/ld\+json\")"  # which is data
    forbidden = re.compile(script + r"|\sstyle=|\shx-on|\son\w+=|js:|javascript:")
    for path in (ROOT / "templates").rglob("*.html"):
        assert not forbidden.search(path.read_text()), path

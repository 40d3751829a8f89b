"""Articles as HTML and as plain text."""

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from knowledge.markdown import plain, render


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def _tags(html: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = _Tags()
    parser.feed(html)
    return parser.found


def test_markup_is_rendered_and_headings_sink_below_the_page_title() -> None:
    assert render("# Steps\n\n1. *Open*\n") == (
        "<h2>Steps</h2>\n<ol>\n<li><em>Open</em></li>\n</ol>\n"
    )


def test_raw_html_is_shown_as_text() -> None:
    assert "<script" not in render("<script>alert(1)</script> and <b onclick=x>b</b>")


def test_script_links_are_not_links() -> None:
    for target in ("javascript:alert(1)", "vbscript:x", "data:text/html,x", "JaVaScRiPt:x"):
        assert not any(tag == "a" for tag, _ in _tags(render(f"[x]({target})")))


def test_links_out_of_the_site_give_nothing_away() -> None:
    assert 'rel="noopener nofollow"' in render("[x](https://example.com)")
    assert "rel=" not in render("[x](/help/refunds)")


def test_plain_text_has_one_line_per_block_and_no_marks() -> None:
    markdown = (
        "# Title\n\nSome *bold* [link](https://x.example)\nmore\n\n- one\n- two\n\n```\ncode\n```"
    )
    assert plain(markdown) == "Title\nSome bold link more\none\ntwo\ncode"


@given(st.text())
def test_any_source_gives_only_known_tags_and_no_handlers(source: str) -> None:
    for tag, attributes in _tags(render(source)):
        assert tag in {
            "a", "blockquote", "br", "code", "div", "em", "h2", "h3", "h4", "h5", "h6", "hr", "img",
            "li", "ol", "p", "pre", "s", "strong", "table", "tbody", "td", "th", "thead", "tr",
            "ul",
        }  # fmt: skip
        assert not any(name.startswith("on") or name == "srcdoc" for name in attributes)
    plain(source)


def test_a_quote_with_a_sign_is_a_callout_and_the_sign_is_not_read() -> None:
    source = (
        "> [!WARNING]\n> Hot *water*.\n\n> [!tip]\n>\n> Soft.\n\n> [!NOTE] is a sign\n\n> A quote."
    )
    kinds = [
        attributes.get("class") for tag, attributes in _tags(render(source)) if tag == "blockquote"
    ]
    assert kinds == ["callout callout-warning", "callout callout-tip", None, None]
    assert plain(source) == "Hot water.\nSoft.\n[!NOTE] is a sign\nA quote."


def test_bare_addresses_are_links_up_to_where_the_sentence_goes_on() -> None:
    source = "See https://x.example/a_b(c)?d=1. 请看https://x.example/路，or (http://y.example)."
    links = [attributes["href"] for tag, attributes in _tags(render(source)) if tag == "a"]
    assert links == ["https://x.example/a_b(c)?d=1", "https://x.example/", "http://y.example"]
    assert plain(source) == source
    assert len(_tags(render("[see https://x.example](https://y.example) `https://z.example`"))) == 3


def test_tables_are_aligned_without_styles_and_scrolled_by_keys() -> None:
    html = render("| a | b | c |\n|---|--:|:-:|\n| 1 | 2 | 3 |\n\n```\n<table>\n```\n")
    assert "style=" not in html
    assert html.count('class="cell-end"') == html.count('class="cell-middle"') == 2
    assert html.count('<div class="table-scroll" tabindex="0">') == 1
    assert '<pre tabindex="0">' in html


def test_the_topmost_headings_are_found_outside_of_code() -> None:
    source = "## Steps\n\n```\n# a comment\n```\n\nMore\n----\n\n- [ ] Fill\n- [x] Wait\n"
    html = render(source, under=1)
    assert "<h2>Steps</h2>" in html
    assert "<h2>More</h2>" in html
    assert plain(source).endswith("☐ Fill\n☑ Wait")

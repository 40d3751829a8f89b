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
            "a", "blockquote", "br", "code", "em", "h2", "h3", "h4", "h5", "h6", "hr", "img",
            "li", "ol", "p", "pre", "s", "strong", "table", "tbody", "td", "th", "thead", "tr",
            "ul",
        }  # fmt: skip
        assert not any(name.startswith("on") or name == "srcdoc" for name in attributes)
    plain(source)

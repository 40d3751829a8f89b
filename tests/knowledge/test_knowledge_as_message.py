"""Articles as they are written into messages."""

from hypothesis import given
from hypothesis import strategies as st

from channels.email.markup import formatted
from knowledge.as_message import as_message
from knowledge.markdown import plain

ARTICLE = """
## Returns

Within **30 days**, see [the terms](/help/leaf/en/terms).

1. Open *Orders*.
2. Print the [label](https://print.example/label):
   - on paper
   - or show it
3. Post it.

| Country | Days |
| --- | --- |
| Spain | 3 |

![A parcel](/help-files/abc)
"""


def test_a_mail_keeps_numbers_links_and_bold() -> None:
    text = as_message(ARTICLE, signs=True, base_url="https://desk.example")
    assert "1. Open *Orders*.\n2. Print" in text
    html = formatted(text)
    assert "<strong>30 days</strong>" in html
    assert '<a href="https://desk.example/help/leaf/en/terms">the terms</a>' in html
    assert html.count("<ol>") == html.count("<ul>") == 1
    assert html.count("<li") == 5
    assert "Spain | 3" in html
    assert "A parcel" in html


def test_a_chat_reads_well_without_signs() -> None:
    text = as_message(ARTICLE, signs=False)
    assert "1. Open Orders.\n2. Print the label (https://print.example/label):\n   • on" in text
    assert "*" not in text
    assert "[" not in text


def test_lines_of_chinese_go_on_without_a_space() -> None:
    assert as_message("第一行\n第二行", signs=False) == "第一行第二行"
    assert as_message("one\ntwo", signs=False) == "one two"


@given(st.text(max_size=300))
def test_anything_can_be_written_and_loses_no_words(body: str) -> None:
    said = set("".join(as_message(body, signs=False).split()))
    assert said >= set("".join(plain(body).split())) - set("\N{REPLACEMENT CHARACTER}")

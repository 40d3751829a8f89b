"""What an agent's signs become in the HTML of a mail, and what stays just text."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.email.markup import formatted, pictures_in, plain

ALLOWED = {
    "p", "br", "strong", "em", "a", "ul", "ol", "li", "blockquote", "code", "pre",
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("**now**", "<strong>now</strong>"),
        ("*soon*", "<em>soon</em>"),
        ("- one\n- two", '<li dir="auto">one</li>'),
        ("1. one\n2. two", "<ol>"),
        ("[our page](https://tea.example/a?b=1&c=2)", 'href="https://tea.example/a?b=1&amp;c=2"'),
        ("> you wrote", "<blockquote"),
        ("`code`", "<code>code</code>"),
        ("Kim,\nall the best", "Kim,<br />"),
        (
            "see https://tea.example/x.",
            '<a href="https://tea.example/x">https://tea.example/x</a>.',
        ),
        ("Total\n-----", "Total<br />"),
        ("# 1 is yours", "# 1 is yours"),
        ("    four blanks", "four blanks</p>"),
        ("snake_case_name", "snake_case_name"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        ("<b>1 < 2</b>", "&lt;b&gt;1 &lt; 2&lt;/b&gt;"),
        ("[x](javascript:alert(1))", "[x](javascript:alert(1))"),
        ("![x](https://evil.example/p.png)", '<p dir="auto">![x](https://evil.example/p.png)</p>'),
        ("![cup](cid:k1)", '<img src="cid:k1@inline" alt="cup">'),
        ('![c"><b>](cid:k1)', 'alt="c&quot;&gt;&lt;b&gt;"'),
    ],
)
def test_signs_and_text(text: str, shown: str) -> None:
    assert shown in formatted(text)


def test_a_picture_reads_as_its_name_where_there_are_none() -> None:
    text = "Look: ![cup.png](cid:k1) and ![x](https://e.example/y)"
    assert plain(text) == "Look: [cup.png] and ![x](https://e.example/y)"
    assert pictures_in(text) == {"k1"}


@given(st.text(alphabet="*_`[]()<>!#-1. \n\"'&:/ahjkpst你", max_size=120))
def test_only_harmless_elements_come_out(text: str) -> None:
    found = formatted(text)
    assert set(re.findall(r"</?([a-zA-Z]+)", found)) <= ALLOWED
    assert not re.search(r'href="(?!https?:|mailto:|[^":]*")', found)

"""What changed between two texts."""

from hypothesis import given
from hypothesis import strategies as st

from knowledge.changes import Part, changes


def test_words_are_compared_in_english() -> None:
    assert changes("Use 75 degrees.", "Use 80 degrees!") == [
        Part("same", "Use "),
        Part("removed", "75"),
        Part("added", "80"),
        Part("same", " degrees"),
        Part("removed", "."),
        Part("added", "!"),
    ]


def test_characters_are_compared_in_chinese() -> None:
    assert changes("绿茶用七十度的水", "绿茶用八十度的水") == [
        Part("same", "绿茶用"),
        Part("removed", "七"),
        Part("added", "八"),
        Part("same", "十度的水"),
    ]


def test_a_space_between_two_changed_words_does_not_part_them() -> None:
    assert changes("one two end", "three four end") == [
        Part("removed", "one two"),
        Part("added", "three four"),
        Part("same", " end"),
    ]


TEXT = st.text(alphabet="ab \n茶水。#-", max_size=60)


@given(TEXT, TEXT)
def test_both_texts_can_be_read_out_of_the_parts(before: str, after: str) -> None:
    parts = changes(before, after)
    assert "".join(part.text for part in parts if part.kind != "added") == before
    assert "".join(part.text for part in parts if part.kind != "removed") == after


def test_very_long_texts_are_compared_by_lines() -> None:
    before = "\n".join(f"line {number} of many" for number in range(20_000))
    parts = changes(before, before.replace("line 9999 ", "row 9999 "))
    assert [part.text for part in parts if part.kind == "removed"] == ["line 9999 of many\n"]

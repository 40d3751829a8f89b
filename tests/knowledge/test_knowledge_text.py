"""Folding, tokens and the strings for console search."""

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.stem import stem
from knowledge.text import fold, query, query_tokens, searchable, tokens


def test_traditional_and_simplified_chinese_fold_to_the_same_text() -> None:
    assert fold("退貨與換貨政策") == fold("退货与换货政策")


def test_full_width_case_and_accents_fold_away() -> None:
    assert fold("ＡＢＣ１２３ Café İstanbul") == "abc123 cafe istanbul"


def test_japanese_voicing_marks_survive_folding() -> None:
    assert fold("がぎ") != fold("かき")


def test_english_words_become_stems() -> None:
    assert tokens("Returning refunded orders", "en") == ["return", "refund", "order"]


def test_words_of_other_latin_languages_keep_their_endings() -> None:
    assert tokens("Bestellungen", "de") == ["bestellungen"]


def test_chinese_gives_characters_and_bigrams() -> None:
    assert tokens("退貨費", "zh-Hant") == ["退", "货", "费", "退货", "货费"]


def test_a_product_code_is_kept_whole_beside_its_parts() -> None:
    assert tokens("SR-1200X", "en") == ["sr-1200x", "sr1200x", "sr", "1200x"]


def test_both_apostrophes_and_the_possessive_are_one_word() -> None:
    assert tokens("don’t customer's", "en") == tokens("don't customer", "en")


@pytest.mark.parametrize(
    ("word", "root"),
    [
        ("caresses", "caress"), ("ponies", "poni"), ("agreed", "agre"), ("plastered", "plaster"),
        ("conflated", "conflat"), ("hopping", "hop"), ("filing", "file"), ("happy", "happi"),
        ("relational", "relat"), ("formalize", "formal"), ("adoption", "adopt"), ("sky", "sky"),
        ("controlling", "control"), ("rate", "rate"), ("cease", "ceas"),
    ],
)  # fmt: skip
def test_stems_are_those_of_porters_paper(word: str, root: str) -> None:
    assert stem(word) == root


def _finds(stored: str, typed: str) -> bool:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE message USING fts5(text)")
    connection.execute("INSERT INTO message VALUES (?)", (searchable(stored),))
    found = connection.execute("SELECT 1 FROM message WHERE message MATCH ?", (query(typed),))
    hit = found.fetchone() is not None
    connection.close()
    return hit


def test_console_search_needs_every_word_and_knows_both_scripts() -> None:
    assert _finds("My refund for SR-1200X is late", "refunds sr-1200x")
    assert not _finds("My refund is late", "refund invoice")
    assert _finds("請問退貨要多久", "退货")
    assert not _finds("退一下這個貨", "退貨")
    assert _finds("退一下", "退")


def test_console_search_text_without_any_word_gives_an_empty_query() -> None:
    assert query(' ?! "" ') == ""


@given(st.text())
def test_any_text_found_in_itself_and_every_query_is_valid_fts5(text: str) -> None:
    assert set(query_tokens(text)) <= set(tokens(text))
    assert not query_tokens(text) or _finds(text, text)

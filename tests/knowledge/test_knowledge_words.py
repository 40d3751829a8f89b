"""The vocabulary, the thesaurus and the snippets, each by itself."""

import pytest

from knowledge.snippet import snippet
from knowledge.thesaurus import Thesaurus, shipped
from knowledge.vocabulary import FieldStatistics, Words


@pytest.mark.parametrize("slip", ["pasword", "passwrod", "passwords", "pxssword", "password"])
def test_one_slip_of_the_keyboard_is_corrected(slip: str) -> None:
    known = Words([("password", 3), ("passport", 1)])
    assert known.corrections(slip) == ([] if slip == "password" else ["password"])


def test_short_words_and_codes_are_never_corrected() -> None:
    known = Words([("card", 3), ("sr1200x", 1)])
    assert known.corrections("car") == []
    assert known.corrections("sr1200y") == []


def test_completions_come_most_frequent_first() -> None:
    known = Words([("refund", 2), ("refuse", 5), ("return", 9)])
    assert known.completions("refu", 5) == ["refuse", "refund"]
    known.remove(["refuse", "refuse", "refuse", "refuse", "refuse"])
    assert known.completions("refu", 5) == ["refund"]


def test_statistics_forget_what_is_removed() -> None:
    field = FieldStatistics()
    field.add(["a", "a", "b"])
    field.add(["b"])
    field.remove(["a", "a", "b"])
    assert (field.rows, field.length, dict(field.frequency)) == (1, 1, {"b": 1})
    assert field.rarity(0) > field.rarity(1)


def test_a_phrase_names_its_group_in_any_inflection() -> None:
    small = Thesaurus("money back, refund = 退款\n# a remark\n\nparcel, package = 包裹")
    ((named, group),) = small.synonyms("I want my moneys back")
    assert named == {"monei", "back"}
    assert group == {"monei back", "refund", "退款"}


def test_a_traditional_word_names_the_group_of_its_simplified_form() -> None:
    small = Thesaurus("courier = 快递员, 物流公司")
    ((_, group),) = small.synonyms("請問快遞員幾點來")
    assert "courier" in group


def test_the_longest_phrase_counts_and_not_the_words_in_it() -> None:
    small = Thesaurus("express, urgent = 加急\ncard, american express, visa = 信用卡\nmap = 卡")
    assert small.names("do you take American Express") == {"card"}
    assert small.names("is american post express") == {"express"}
    assert small.names("信用卡可以嗎") == {"card"}


def test_the_beginning_of_a_chinese_word_names_its_group() -> None:
    small = Thesaurus("delete account, close = 注銷帳號\nregister = 注册")
    assert len(list(small.begun("我要註"))) == 2  # in either script
    assert {"regist"} < set().union(*small.begun("我要注"))
    assert set(small.begun("我想要注销帐")) == set(small.begun("注销帐"))
    assert list(small.begun("注册")) == []  # it is complete


def test_a_word_of_its_own_is_no_slip() -> None:
    small = Thesaurus("site, web page = 网站")
    assert small.knows("site")
    assert not small.knows("size")


def test_every_shipped_group_joins_at_least_two_words() -> None:
    assert shipped().groups("refund")
    assert all(len(group) > 1 for _, group in shipped().synonyms("refund parcel 退款 密碼"))


def test_a_snippet_of_a_long_text_keeps_the_matches_and_shows_where_it_was_cut() -> None:
    text = "Filler words. " * 60 + "The refund arrives soon." + " More filler." * 60
    pieces = snippet(text, {"refund", "arriv"}, "en", length=80)
    assert [piece for piece, is_match in pieces if is_match] == ["refund", "arrives"]
    assert pieces[0] == pieces[-1] == ("…", False)
    assert len("".join(piece for piece, _ in pieces)) < 130


def test_a_text_without_matches_is_shown_from_its_beginning() -> None:
    assert snippet("Nothing here.", {"refund"}, "en") == (("Nothing here.", False),)
    assert snippet("", {"refund"}, "en") == ()


def test_a_snippet_marks_a_code_as_a_whole_or_the_part_that_was_asked_for() -> None:
    text = "The pump AB-1234/5 and the cup AB-1234/6."

    def marked(*wanted: str) -> list[str]:
        return [piece for piece, is_match in snippet(text, set(wanted), "en") if is_match]

    assert marked("ab-1234/5", "ab12345") == ["AB-1234/5"]
    assert marked("ab1234") == ["AB-1234", "AB-1234"]


def test_a_cut_snippet_begins_with_a_sentence_and_fills_its_room() -> None:
    text = f"{'Nothing of it matters here. ' * 20}“So it is.” The refund takes five days."
    pieces = snippet(text, {"refund"}, "en", length=80)
    assert "".join(piece for piece, _ in pieces) == ("…“So it is.” The refund takes five days.")
    text = f"{'这里没有意义的文字。' * 30}退款需要五天。"
    pieces = snippet(text, {"退款"}, "zh", length=50)
    assert pieces[0] == ("…", False)
    assert pieces[1][0].startswith("这里")
    assert ("退款", True) in pieces

"""What is found, what is hidden, and that no text breaks the search."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knowledge import rank
from knowledge.index import Index
from knowledge.search import search, suggest
from knowledge.text import tokens
from knowledge.values import Article, Visibility

SHOP = [
    Article(1, "en", "Delayed shipments", "If your **parcel** is late, track it under *Orders*."),
    Article(2, "en", "Refunds", "We refund to the card you paid with within 5 days."),
    Article(3, "en", "Reset your password", "Use the link on the sign-in page."),
    Article(4, "zh-Hant", "退貨與換貨政策", "商品送達後七天內可以申請退貨。"),
    Article(5, "zh-Hans", "修改收货地址", "在订单详情里修改地址。"),
    Article(6, "en", "Filter for SR-1200X", "Spare part SR-1200X costs 12.50."),
    Article(7, "en", "Escalation rules", "Call the duty manager.", visibility="internal"),
    Article(8, "en", "Gift cards", "Buy one online.", brand=2),
    Article(9, "en", "Opening hours", "Nine to five.", alternatives=("When can I call you?",)),
]


@pytest.fixture(scope="module")
def index() -> Iterator[Index]:
    shop = Index(":memory:")
    shop.replace_all(SHOP)
    yield shop
    shop.close()


def found(index: Index, query: str, locale: str = "en", **also: object) -> list[int]:
    options = {"brand": 1, "visibilities": ("public",)} | also
    return [hit.article_id for hit in search(index, query, locale=locale, **options)]  # type: ignore[arg-type]


def test_a_full_question_finds_its_article_first(index: Index) -> None:
    assert found(index, "how do I get my refund back on my card?")[0] == 2


def test_an_alternative_question_leads_to_its_article(index: Index) -> None:
    assert found(index, "when can i call you")[0] == 9


def test_either_chinese_script_finds_the_other(index: Index) -> None:
    assert found(index, "退货政策", "zh-Hans")[0] == 4
    assert found(index, "怎麼修改收貨地址", "zh-Hant")[0] == 5


def test_a_product_code_is_found_however_it_is_written(index: Index) -> None:
    for code in ("SR-1200X", "sr1200x", "SR 1200X", "ＳＲ－１２００Ｘ"):
        assert found(index, code)[0] == 6


def test_everyday_words_find_the_words_of_the_article(index: Index) -> None:
    assert found(index, "my package is stuck")[0] == 1
    assert found(index, "i want my money back")[0] == 2
    assert found(index, "搬家了", "zh-Hant")[0] == 5


def test_the_telling_words_of_a_long_question_are_not_cut_off(index: Index) -> None:
    story = "昨天晚上我跟家人一起出門吃飯的時候突然想到一件一直沒有處理好的事情所以來問問看大家" * 2
    assert found(index, story + "退貨與換貨", "zh-Hant")[0] == 4


def test_another_language_is_shown_only_where_there_is_nothing_in_ones_own() -> None:
    both = Index(":memory:")
    both.replace_all(
        [
            Article(1, "en", "Broken teapot", "Send us a photo of the broken pot."),
            Article(2, "zh-Hans", "茶壶碎了 broken teapot", "请发照片。"),
        ]
    )
    assert found(both, "broken teapot") == [1]
    assert found(both, "broken teapot", locale="zh-Hans") == [2]
    both.remove(1, "en")
    assert found(both, "broken teapot") == [2]
    both.close()


def test_a_question_in_another_language_finds_the_article(index: Index) -> None:
    assert found(index, "忘記密碼", "zh-Hant")[0] == 3


def test_a_mistyped_word_still_finds_the_article(index: Index) -> None:
    assert found(index, "pasword")[0] == 3
    assert found(index, "refnud")[0] == 2


def test_an_unfinished_word_is_completed_only_while_typing(index: Index) -> None:
    options = {"brand": 1, "locale": "en", "visibilities": ("public",)}
    assert suggest(index, "reset your passw", **options)[0].article_id == 3  # type: ignore[arg-type]
    assert suggest(index, "shipm", **options)[0].article_id == 1  # type: ignore[arg-type]


def test_a_chinese_word_that_was_only_begun_leads_to_its_article(index: Index) -> None:
    options = {"brand": 1, "locale": "zh-Hant", "visibilities": ("public",)}
    assert suggest(index, "我想退還商", **options)[0].article_id == 4  # type: ignore[arg-type]
    assert suggest(index, "搬", **options)[0].article_id == 5  # type: ignore[arg-type]


def test_internal_articles_and_other_brands_stay_hidden(index: Index) -> None:
    assert found(index, "escalation duty manager") == []
    assert found(index, "escalation", visibilities=("public", "internal")) == [7]
    assert found(index, "gift cards") == [2]
    assert found(index, "gift cards", brand=None)[0] == 8


def test_the_version_nearest_to_the_readers_locale_is_shown() -> None:
    index = Index(":memory:")
    index.replace_all([
        Article(1, "en", "iPhone trade-in", "Send us the iPhone."),
        Article(1, "zh-Hant", "iPhone 舊換新", "寄回 iPhone。"),
    ])  # fmt: skip
    hits = search(index, "iphone", brand=1, locale="zh_TW", visibilities=("public",))
    assert [hit.locale for hit in hits] == ["zh-Hant"]


def test_the_snippet_marks_what_matched_and_nothing_is_lost(index: Index) -> None:
    hit = search(index, "late parcels", brand=1, locale="en", visibilities=("public",))[0]
    assert "".join(text for text, _ in hit.snippet) == (
        "If your parcel is late, track it under Orders."
    )
    assert [text for text, is_match in hit.snippet if is_match] == ["parcel", "late"]


def test_a_snippet_marks_what_means_the_same_where_nothing_that_was_typed_stands() -> None:
    held = Index(":memory:")
    held.put(Article(1, "en", "How long does delivery take?", "Every package leaves in a day."))
    asked = {"brand": None, "locale": "en", "visibilities": ("public",)}

    def marked(find: Any, text: str) -> list[str]:
        (hit,) = find(held, text, **asked)
        return [piece for piece, is_match in hit.snippet if is_match]

    assert marked(search, "when does my parcel come") == ["package"]
    assert marked(suggest, "parcel") == ["delivery"]
    assert marked(search, "package") == ["package"]


def test_a_snippet_marks_simplified_words_in_traditional_text(index: Index) -> None:
    hit = search(index, "申请退货", brand=1, locale="zh-Hans", visibilities=("public",))[0]
    assert [text for text, is_match in hit.snippet if is_match] == ["申請退貨"]


def test_putting_again_replaces_and_removing_forgets() -> None:
    index = Index(":memory:")
    index.put(Article(1, "en", "Warranty", "Two years.", version=1))
    index.put(Article(1, "en", "Umbrellas", "Three colours.", version=2))
    assert found(index, "warranty") == []
    assert found(index, "umbrellas") == [1]
    assert index.versions() == {(1, "en"): 2}
    index.remove(1, "en")
    assert found(index, "umbrellas") == []
    assert not index.words.counts
    assert not index.phrasings.frequency
    assert not index.documents.frequency


def test_a_file_reopened_finds_the_same(tmp_path: Path) -> None:
    path = tmp_path / "knowledge.sqlite"
    first = Index(path)
    first.replace_all(SHOP)
    before = search(first, "pasword", brand=1, locale="en", visibilities=("public",))
    first.close()
    again = Index(path)
    assert search(again, "pasword", brand=1, locale="en", visibilities=("public",)) == before
    again.close()


def test_a_file_that_is_no_index_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "knowledge.sqlite"
    path.write_bytes(b"not a database" * 1000)
    index = Index(path)
    assert index.versions() == {}
    index.put(SHOP[0])
    assert found(index, "delayed") == [1]
    index.close()


def test_a_failed_replacement_leaves_the_old_articles() -> None:
    index = Index(":memory:")
    index.put(SHOP[0])

    def broken() -> Iterator[Article]:
        yield SHOP[1]
        raise RuntimeError

    with pytest.raises(RuntimeError):
        index.replace_all(broken())
    assert found(index, "delayed shipments") == [1]
    assert found(index, "refund") == []


def test_threads_read_and_write_side_by_side() -> None:
    index = Index(":memory:")
    index.replace_all(SHOP)

    def work(number: int) -> bool:
        if number % 5 == 0:
            index.put(SHOP[number % len(SHOP)])
        return found(index, "reset password")[0] == 3

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(100)))


WEIRD = st.text() | st.sampled_from(
    [
        '"',
        "NEAR(a b)",
        "a AND OR NOT",
        "tokens:x",
        "*",
        "-",
        "^a",
        "\0",
        "'; DROP TABLE entry",
        "a" * 9000,
    ]
)


@given(WEIRD, st.text(max_size=12))
@settings(max_examples=200, deadline=None)
def test_no_question_raises(query: str, locale: str) -> None:
    index = _SHARED
    options = {"brand": 1, "visibilities": ("public",)}
    for hit in search(index, query, locale=locale, **options):  # type: ignore[arg-type]
        assert hit.article_id not in (7, 8)
    for hit in suggest(index, query, locale=locale, **options):  # type: ignore[arg-type]
        assert hit.article_id not in (7, 8)


@given(st.text(min_size=1), st.text(), st.sampled_from(["en", "zh-Hant", "de"]))
@settings(max_examples=100, deadline=None)
def test_an_article_is_found_by_its_own_title(title: str, body: str, locale: str) -> None:
    index = Index(":memory:")
    index.put(Article(1, locale, title, body))
    assert not tokens(title, locale) or found(index, title, locale) == [1]
    index.close()


@given(st.lists(st.sampled_from(["public", "customer", "internal"]), unique=True))
@settings(deadline=None)
def test_only_the_visibilities_asked_for_are_seen(asked: list[Visibility]) -> None:
    index = Index(":memory:")
    held: list[Visibility] = ["public", "customer", "internal"]
    index.replace_all(
        Article(number, "en", "Refund", "refund", visibility=held[number % 3])
        for number in range(9)
    )
    ids = found(index, "refund", visibilities=asked)
    assert {held[number % 3] for number in ids} == set(asked)
    index.close()


_SHARED = Index(":memory:")
_SHARED.replace_all(SHOP)


_WORDS = ["refund", "parcel", "late", "password", "invoice", "cancel", "taxes", "退款", "延误"]
_TEXTS = st.lists(st.sampled_from(_WORDS), min_size=1, max_size=6).map(" ".join)
_KINDS: list[Visibility] = ["public", "customer", "internal"]


@given(
    st.lists(st.tuples(_TEXTS, _TEXTS, st.sampled_from(_KINDS), st.integers(0, 3)), min_size=70),
    _TEXTS,
    st.sets(st.sampled_from(_KINDS), min_size=1),
    st.none() | st.sets(st.integers(0, 3), max_size=2),
)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_narrowed_search_finds_what_narrowing_the_whole_ranking_leaves(
    monkeypatch: pytest.MonkeyPatch,
    rows: list[tuple[str, str, Visibility, int]],
    query: str,
    visibilities: set[Visibility],
    wanted: set[int] | None,
) -> None:
    """By brute force: every article a candidate, each read closely, and then looked at."""
    index = Index(":memory:")
    index.replace_all(
        Article(id, "en", title, body, visibility=visibility, category=category)
        for id, (title, body, visibility, category) in enumerate(rows, 1)
    )
    fits = {
        id
        for id, (_, _, visibility, category) in enumerate(rows, 1)
        if visibility in visibilities and (wanted is None or category in wanted)
    }
    narrow: dict[str, Any] = {"visibilities": visibilities, "categories": wanted, "limit": 16}
    with monkeypatch.context() as whole:
        whole.setattr(rank, "_CANDIDATES", len(rows))
        whole.setattr(rank, "_READ_CLOSELY", len(rows))
        every = found(index, query, visibilities=_KINDS, limit=len(rows))
        among_all = found(index, query, **narrow)
    assert among_all == [id for id in every if id in fits][:16]
    if len(fits) <= 16:  # so few that the short cuts leave nothing out
        assert found(index, query, **narrow) == among_all
    assert set(found(index, query, **narrow)) <= fits
    index.close()


def test_a_small_category_is_found_among_many_articles_that_fit_better() -> None:
    crowded = Index(":memory:")
    crowded.replace_all(
        [
            *(Article(id, "en", "Refund", "refund refund", category=1) for id in range(1, 101)),
            Article(500, "en", "Old invoices", "A refund stands on the next invoice.", category=2),
        ]
    )
    assert 500 not in found(crowded, "refund", limit=50)
    assert found(crowded, "refund", categories={2}) == [500]
    assert found(crowded, "refund", categories=set()) == []
    crowded.close()

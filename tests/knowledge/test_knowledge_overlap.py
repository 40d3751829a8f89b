"""Finding articles that repeat or contradict one another."""

from knowledge.overlap import overlaps
from knowledge.values import Article

SHOP = [
    Article(1, "en", "Returns policy", "Goods may be sent back within 30 days of receipt."),
    Article(2, "en", "Opening hours", "We are open from nine to five."),
    Article(3, "en", "Our returns policy", "Goods may be sent back within 14 days of receipt."),
    Article(4, "zh-Hant", "國際配送", "我們可以寄送到國外。運費依重量計算。"),
    Article(5, "zh-Hant", "國際配送說明", "我們不可以寄送到國外。運費依重量計算。"),
    Article(6, "en", "Gift cards", "A gift card can be used for every product in the shop."),
    Article(7, "en", "About gift cards", "A gift card can be used for every product in the shop."),
]


def test_articles_on_the_same_matter_are_found_contradictions_first() -> None:
    found = [(SHOP[each.left].id, SHOP[each.right].id) for each in overlaps(SHOP)]
    assert set(found[:2]) == {(1, 3), (4, 5)}
    assert found[2:] == [(6, 7)]


def test_differing_numbers_of_one_unit_are_named() -> None:
    (found,) = [each for each in overlaps(SHOP) if SHOP[each.left].id == 1]
    assert found.differing == (("30 days", "14 days"),)
    assert not found.negated


def test_a_denial_of_the_same_sentence_is_seen() -> None:
    (found,) = [each for each in overlaps(SHOP) if SHOP[each.left].id == 4]
    assert found.negated
    assert found.differing == ()


def test_other_brands_languages_and_versions_of_one_article_are_not_compared() -> None:
    title, body = "Returns policy", "Goods may be sent back within 30 days of receipt."
    held = [
        Article(1, "en", title, body),
        Article(2, "en", title, body, brand=2),
        Article(3, "fr", title, body),
        Article(1, "en-GB", title, body),
    ]
    assert overlaps(held) == []
    assert overlaps([]) == []

"""Cards, accounts and ids are found as people write them; what only looks like one is not."""

import string
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from stdnum import luhn

from knowledge.sensitive import find_numbers, mask_numbers, unmask_numbers

SECRET = [
    ("Card 4111 1111 1111 1111, please", "card", "Card •••• 1111, please"),
    ("4111111111111111", "card", "•••• 1111"),
    ("order 77, card 4111-1111-1111-1111.", "card", "order 77, card •••• 1111."),
    ("my order: 4111 1111 1111 1111", "card", "my order: •••• 1111"),
    ("卡号６２２２０２１２３４５６７８９０１２８", "card", "卡号•••• 0128"),
    ("卡号是4111111111111111。", "card", "卡号是•••• 1111。"),
    ("3782 822463 10005", "card", "•••• 0005"),
    ("3056 930902 5904", "card", "•••• 5904"),
    ("5555\u00a05555\u00a05555\u00a04444", "card", "•••• 4444"),
    ("2223003122003222 is it", "card", "•••• 3222 is it"),
    ("4222222222222", "card", "•••• 2222"),
    ("身份证11010519491231002X", "id", "身份证•••• 002X"),
    ("110105 19491231 002x", "id", "•••• 002x"),
    ("DE89 3704 0044 0532 0130 00 is mine", "account", "DE•••• 3000 is mine"),
    ("GB82WEST12345698765432.", "account", "GB•••• 5432."),
    ("nl91abna0417164300", "account", "NL•••• 4300"),
]
HARMLESS = [
    "4111 1111 1111 1112", "order 4111111111111111", "订单号：4111111111111111",
    "https://shop.example/4111111111111111", "TH-4111111111111111", "#4111111111111111",
    "+49 1512 3456789", "+14155552671", "0044 20 7946 0123", "1700000000000", "20261122054011",
    "2026-11-22 05:40:11.123456", "1.4111111111111111", "4111111111111111@example.com",
    "DE89 3704 0044 0532 0130 01", "110105194912310021", "110105 19491331 002X",
    "41111 11111 11111 1", "1Z999AA10123456784", "from 4111 to 1111 and 1111 to 1111",
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind", "shown"), SECRET)
def test_what_is_secret_is_hidden(text: str, kind: str, shown: str) -> None:
    assert [one.kind for one in find_numbers(text)] == [kind]
    assert mask_numbers(text) == shown
    assert unmask_numbers(shown, text) == text


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert mask_numbers(text) == text


WORDS = (
    "Order {}",
    "order no. {}",
    "Tracking: {}",
    "订单号 {}",
    "单号：{}",
    "RMA-{}",
    "#{}",
    "TH{}",
)
digits = st.text(string.digits, min_size=6, max_size=20)


@given(st.sampled_from(WORDS), digits)
@example("Order {}", "4111111111111111")
def test_numbers_of_orders_are_left_alone(words: str, number: str) -> None:
    text = f"{words.format(number)} has not come"
    assert mask_numbers(text) == text


phones = st.builds(
    lambda code, rest, form: form.format(code, rest),
    st.sampled_from(["1", "44", "49", "34", "36", "39", "41", "51", "55", "62", "65", "81", "86"]),
    st.text(string.digits, min_size=7, max_size=11).filter(lambda rest: rest[0] != "0"),
    st.sampled_from(["+{} {}", "+{}{}", "00{}{}", "+{}-{}", "({}) {}"]),
)


@given(phones)
def test_numbers_of_phones_are_left_alone(text: str) -> None:
    assert mask_numbers(f"Call {text} please") == f"Call {text} please"


@given(
    st.integers(631_152_000, 7_000_000_000).map(lambda at: datetime.fromtimestamp(at, UTC)),
    st.sampled_from(["%Y%m%d%H%M%S", "%Y-%m-%d %H:%M:%S.%f", "%Y%m%d%H%M%S%f", "%d.%m.%Y %H:%M"]),
)
@example(datetime(2026, 11, 22, tzinfo=UTC), "%Y%m%d%H%M%S%f")
def test_moments_are_left_alone(moment: datetime, form: str) -> None:
    text = moment.strftime(form)
    assert mask_numbers(text) == text


@given(st.integers(10**12, 2 * 10**18))
def test_moments_in_machines_words_are_left_alone(at: int) -> None:
    text = str(at)
    if text[0] == "1":
        assert mask_numbers(f"at {text}") == f"at {text}"


@given(st.text(string.digits, min_size=11, max_size=11), st.sampled_from([" ", "", "-"]))
def test_every_card_is_found(middle: str, gap: str) -> None:
    number = "4539" + middle
    number += luhn.calc_check_digit(number)
    written = gap.join(number[at : at + 4] for at in range(0, 16, 4))
    assert mask_numbers(f"It is {written}!") == f"It is •••• {number[-4:]}!"


@given(st.text("0123456789 -.,XDE\n•", max_size=80))
def test_masking_twice_is_masking_once_and_comes_back(text: str) -> None:
    masked = mask_numbers(text)
    assert mask_numbers(masked) == masked
    if "•" not in text:
        assert unmask_numbers(masked, text) == text

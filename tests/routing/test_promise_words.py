"""Promises are found in replies, English and Chinese, and by when is read from their words."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from routing.hours import Hours, Span
from routing.promise import find_promise, read_when

NOW = int(datetime(2026, 5, 13, 10, 0, tzinfo=UTC).timestamp() * 1000)  # a Wednesday
OFFICE = Hours("UTC", tuple(Span(day, 9 * 60, 18 * 60) for day in range(5)))


def at(text: str, hours: Hours | None = None, zone: str = "UTC") -> str | None:
    found = read_when(text, NOW, zone, hours)
    if found is None:
        return None
    return f"{datetime.fromtimestamp(found / 1000, ZoneInfo(zone)):%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("tomorrow 12:00", "05-14 12:00"),
        ("tomorrow", "05-14 17:00"),
        ("tomorrow morning", "05-14 12:00"),
        ("by 5pm", "05-13 17:00"),
        ("at 9:00", "05-14 09:00"),
        ("in 2 hours", "05-13 12:00"),
        ("within half an hour", "05-13 10:30"),
        ("in three days", "05-16 17:00"),
        ("within 2 business days", "05-15 17:00"),
        ("by Friday", "05-15 17:00"),
        ("next Friday at 3 p.m.", "05-22 15:00"),
        ("by the end of the week", "05-15 17:00"),
        ("next week", "05-22 17:00"),
        ("May 31", "05-31 17:00"),
        ("31st of May", "05-31 17:00"),
        ("2026-06-02 08:15", "06-02 08:15"),
        ("明天", "05-14 17:00"),
        ("明天下午三点半", "05-14 15:30"),
        ("后天上午", "05-15 12:00"),
        ("周五之前", "05-15 17:00"),
        ("下週二", "05-19 17:00"),
        ("24小时内", "05-14 10:00"),
        ("两个小时内", "05-13 12:00"),
        ("三个工作日内", "05-18 17:00"),
        ("今晚八点", "05-13 20:00"),
        ("6月2日", "06-02 17:00"),
    ],
)
def test_words_say_by_when(words: str, meant: str) -> None:
    assert at(words) == meant


@pytest.mark.parametrize("words", ["", "soon", "yesterday", "2020-01-01", "99:99", "30 February"])
def test_words_without_a_time_to_come_say_nothing(words: str) -> None:
    assert at(words) is None


def test_hours_count_as_business_time() -> None:
    late = NOW + 7 * 3_600_000  # 17:00, an hour before it closes
    found = read_when("in 2 hours", late, "UTC", OFFICE)
    assert found == int(datetime(2026, 5, 14, 10, 0, tzinfo=UTC).timestamp() * 1000)


def test_a_day_lasts_until_it_closes_and_working_days_leave_out_closed_ones() -> None:
    assert at("tomorrow", OFFICE) == "05-14 18:00"
    closed = Hours("UTC", OFFICE.weekly, frozenset({date(2026, 5, 14)}))
    assert at("in 2 working days", closed) == "05-18 18:00"


def test_where_it_never_closes_a_day_ends_as_a_persons_does() -> None:
    always = Hours("UTC", tuple(Span(day, 0, 24 * 60) for day in range(7)))
    assert at("tomorrow", always) == "05-14 17:00"


def test_days_are_those_of_the_readers_clock() -> None:
    assert at("tomorrow 12:00", zone="Asia/Hong_Kong") == "05-14 12:00"


@pytest.mark.parametrize(
    "text",
    [
        "Thanks for waiting. I will call you back tomorrow.",
        "We'll refund by Friday",
        "You will hear from us within 2 hours.",
        "您好，我明天给您回电。",
        "周五之前退款给您",
        "我們會在三個工作日內處理好。",
    ],
)
def test_a_promise_is_found_in_a_reply(text: str) -> None:
    assert find_promise(text, NOW, "UTC") is not None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Will you be there tomorrow?",
        "It arrived yesterday.",
        "We will look into it.",
        "We will not refund by Friday.",
        "Please call us tomorrow.",
        "> I will call you back tomorrow.",
        "请您明天再来。",
        "我们明天不会退款。",
        "Your order comes on Friday.",
    ],
)
def test_what_promises_nothing_is_left_alone(text: str) -> None:
    assert find_promise(text, NOW, "UTC") is None


def test_the_sentence_alone_is_kept() -> None:
    found = find_promise("Sorry. I will call you tomorrow at 11:00. Bye!", NOW, "UTC")
    assert found is not None
    assert found.text == "I will call you tomorrow at 11:00."

"""Times, durations and sizes read as people of the locale write them."""

from zoneinfo import ZoneInfo

import pytest
from babel import Locale

from app.pages import formats

EN, ZH = Locale.parse("en"), Locale.parse("zh_Hans")
LISBON = ZoneInfo("Europe/Lisbon")
NOON = 1_773_316_800_000  # 2026-03-12 12:00 UTC
MINUTE, HOUR, DAY = formats.MINUTE, formats.HOUR, formats.DAY


@pytest.mark.parametrize(
    ("age", "text"),
    [
        (0, ""),
        (-5_000, ""),
        (59_999, ""),
        (MINUTE, "1m"),
        (59 * MINUTE, "59m"),
        (3 * HOUR, "3h"),
        (2 * DAY, "2d"),
        (7 * DAY, "Mar 5"),
        (90 * DAY, "Dec 12, 2025"),
    ],
)
def test_an_age_gets_coarser_and_becomes_a_date(age: int, text: str) -> None:
    assert formats.ago(NOON - age, NOON, EN, LISBON) == text


def test_an_age_in_chinese_says_that_it_is_past() -> None:
    assert formats.ago(NOON - 5 * MINUTE, NOON, ZH, LISBON) == "5分钟前"
    assert formats.ago(NOON - 23 * HOUR, NOON, ZH, LISBON) == "23小时前"
    assert formats.ago(NOON - 2 * DAY, NOON, Locale.parse("zh_Hant"), LISBON) == "2 天前"


def test_a_length_of_two_units_is_one_word_in_chinese() -> None:
    assert formats.duration(94_000, ZH) == "1分34秒"
    assert formats.duration(80 * MINUTE, Locale.parse("zh_Hant")) == "1小時20分"
    assert formats.duration(4 * MINUTE, ZH) == "4分钟"


def test_a_length_in_chinese_is_not_past() -> None:
    assert formats.span(5 * MINUTE, ZH) == "5分钟"
    assert formats.span(59_999, ZH) == ""
    assert formats.left(59_999, ZH) == "59秒"


def test_the_clock_follows_the_readers_zone() -> None:
    assert formats.clock(NOON, ZH, ZoneInfo("Asia/Taipei")) == "20:00"


def test_a_day_near_midnight_belongs_to_the_readers_zone() -> None:
    late = NOON + 11 * HOUR  # 23:00 in Lisbon, already the 13th in Taipei
    assert formats.day(late, NOON, EN, LISBON) == "Mar 12"
    assert formats.day(late, NOON, EN, ZoneInfo("Asia/Taipei")) == "Mar 13"


def test_an_unknown_zone_is_utc() -> None:
    assert formats.local(NOON, formats.zone("Mars/Olympus")).hour == 12


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "0s"),
        (45_900, "45s"),
        (4 * MINUTE + 5_000, "4m 5s"),
        (HOUR, "1h"),
        (80 * MINUTE, "1h 20m"),
        (3 * DAY + 4 * HOUR, "3d 4h"),
    ],
)
def test_a_duration_shows_its_two_largest_units(ms: int, text: str) -> None:
    assert formats.duration(ms, EN) == text


@pytest.mark.parametrize("locale", ["zh_Hans", "zh_Hant"])
def test_a_mean_duration_shows_whole_units_in_chinese(locale: str) -> None:
    zh = Locale.parse(locale)
    assert formats.duration(580_123.5, zh) == formats.duration(580_000, zh)


def test_a_timer_grows_hours_when_it_needs_them() -> None:
    assert [formats.timer(ms) for ms in (-1, 5_000, 760_000, 3_723_000)] == [
        "0:00", "0:05", "12:40", "1:02:03",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("size", "text"),
    [(640, "640 byte"), (1_000, "1 kB"), (1_248_211, "1.2 MB"), (248_211_000, "248 MB")],
)
def test_a_file_size_is_short(size: int, text: str) -> None:
    assert formats.filesize(size, EN) == text


def test_a_share_is_a_percentage() -> None:
    assert formats.percent(0.8734, EN) == "87%"
    assert formats.percent(0.8734, EN, 1) == "87.3%"


@pytest.mark.parametrize(
    ("tag", "english", "chinese"),
    [("zh", "Chinese", "中文"), ("en-GB", "English (United Kingdom)", "英语 (英国)"), ("", "", "")],
)
def test_a_language_is_called_by_its_name_in_the_readers_own(
    tag: str, english: str, chinese: str
) -> None:
    assert (formats.language(tag, EN), formats.language(tag, ZH)) == (english, chinese)


def test_a_language_that_nobody_knows_keeps_its_tag() -> None:
    assert formats.language("x-parrot", EN) == "x-parrot"

"""Times, durations, sizes and numbers as people write them. Moments are ms since the epoch."""

from datetime import UTC, date, datetime, timedelta, tzinfo
from math import inf
from typing import Literal

from babel import Locale, UnknownLocaleError
from babel.dates import (
    format_date,
    format_interval,
    format_skeleton,
    format_time,
    format_timedelta,
    get_timezone,
)
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit

# How Chinese writes a length in two units; CLDR knows only the words of each alone.
CHINESE = {
    "zh_Hans": {"day": "天", "hour": "小时", "minute": "分", "second": "秒"},
    "zh_Hant": {"day": "天", "hour": "小時", "minute": "分", "second": "秒"},
}
SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000


def zone(name: str | None) -> tzinfo:
    """The time zone of that name; UTC when there is none or nobody knows it."""
    try:
        return get_timezone(name or "UTC")
    except LookupError:
        return UTC


def local(at: int, tz: tzinfo) -> datetime:
    """The moment `at` in a time zone."""
    return datetime.fromtimestamp(at / 1000, tz)


def ago(at: int, now: int, locale: Locale, tz: tzinfo) -> str:
    """A short age for lists: "5m", "3h", "2d", then the day; empty below a minute. Chinese says
    that it is past, "5分钟前", because there a bare number of minutes is a length."""
    age = max(0, now - at)
    if age >= 7 * DAY:
        return day(at, now, locale, tz)
    return span(age, locale, past=locale.language == "zh")


def left(ms: int, locale: Locale) -> str:
    """What is left of a time limit, in its largest unit: "2h", "5m", "40s"."""
    return span(ms, locale) or _count(ms // SECOND, "second", locale)


def span(ms: int, locale: Locale, *, past: bool = False) -> str:
    """A length of time in its largest unit: "5m", "3h", "2d"; empty below a minute."""
    for unit, length in (("day", DAY), ("hour", HOUR), ("minute", MINUTE)):
        if count := ms // length:
            return _past(count, unit, locale) if past else _count(count, unit, locale)
    return ""


def _past(count: int, unit: str, locale: Locale) -> str:
    # An endless threshold: no larger unit than the one that was asked for.
    delta = timedelta(**{f"{unit}s": -count})
    return format_timedelta(
        delta,
        unit,  # type: ignore[arg-type]
        threshold=inf,
        add_direction=True,
        format="short",
        locale=locale,
    )


def _count(count: int, unit: str, locale: Locale) -> str:
    # CLDR has no narrow form of every unit in Chinese, where the short one is as narrow.
    length: Literal["narrow", "short"] = "short" if locale.language == "zh" else "narrow"
    return format_unit(count, f"duration-{unit}", length, locale=locale)


def clock(at: int, locale: Locale, tz: tzinfo) -> str:
    """The time of day: "14:05" or "2:05 PM"."""
    return format_time(local(at, tz), "short", tzinfo=tz, locale=locale)


def day(at: int, now: int, locale: Locale, tz: tzinfo) -> str:
    """The day, with the year only when it is another one: "12 Mar", "12 Mar 2025"."""
    moment = local(at, tz)
    skeleton = "MMMd" if moment.year == local(now, tz).year else "yMMMd"
    return format_skeleton(skeleton, moment, tzinfo=tz, locale=locale)


def weekday(at: int, locale: Locale, tz: tzinfo) -> str:
    """The day with its weekday, for separators: "Thursday, 12 March"."""
    return format_skeleton("MMMMEEEEd", local(at, tz), tzinfo=tz, locale=locale)


def weekday_name(of: date, locale: Locale) -> str:
    """The short name of the day of the week: "Thu"."""
    return format_date(of, "EEE", locale=locale)


def month(of: date, locale: Locale) -> str:
    """The month and its year: "March 2026"."""
    return format_skeleton("yMMMM", of, locale=locale)


def days(first: date, last: date, locale: Locale) -> str:
    """From one day to another: "Mar 9 – 15, 2026"."""
    return format_interval(first, last, "yMMMd", locale=locale)


def moment(at: int, locale: Locale, tz: tzinfo) -> str:
    """Date and time in full, for titles and reports."""
    value = local(at, tz)
    return f"{format_date(value.date(), 'medium', locale=locale)} {clock(at, locale, tz)}"


def duration(ms: float, locale: Locale) -> str:
    """A length of time in its two largest units: "45s", "4m 5s", "1h 20m", "3d 4h".

    A mean may have parts of a millisecond; they are not shown.
    """
    seconds = int(max(0, ms)) // SECOND
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if days:
        parts = [("day", days), ("hour", hours % 24)]
    elif hours:
        parts = [("hour", hours), ("minute", minutes % 60)]
    else:
        parts = [("minute", minutes), ("second", seconds % 60)]
    shown = [(unit, count) for unit, count in parts if count] or [("second", 0)]
    if len(shown) > 1 and (words := CHINESE.get(str(locale))):
        return "".join(f"{count}{words[unit]}" for unit, count in shown)
    return " ".join(_count(count, unit, locale) for unit, count in shown)


def timer(ms: int) -> str:
    """A running clock: "0:05", "12:40", "1:02:03"."""
    seconds = max(0, ms) // SECOND
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours}:{minutes:02}:{seconds % 60:02}" if hours else f"{minutes}:{seconds % 60:02}"


def filesize(size: int, locale: Locale) -> str:
    """A number of bytes in the decimal units file managers show: "640 byte", "1.2 MB"."""
    value, unit = float(size), "byte"
    for larger in ("kilobyte", "megabyte", "gigabyte", "terabyte"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    pattern = "#,##0" if unit == "byte" or value >= 100 else "#,##0.#"
    return format_unit(value, f"digital-{unit}", "short", format=pattern, locale=locale)


def number(value: float, locale: Locale) -> str:
    """A number with the locale's separators."""
    return format_decimal(value, locale=locale)


def percent(share: float, locale: Locale, digits: int = 0) -> str:
    """A share of 1 as a percentage."""
    pattern = "#,##0%" if digits == 0 else "#,##0." + "0" * digits + "%"
    return format_percent(share, format=pattern, locale=locale)


def language(tag: str, locale: Locale) -> str:
    """The name of a language in the reader's own: "zh" is Chinese, or 中文; a tag that nobody knows
    stays as it is."""
    try:
        return Locale.parse(tag, sep="-").get_display_name(locale) or tag
    except (UnknownLocaleError, ValueError):
        return tag

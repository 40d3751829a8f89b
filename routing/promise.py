"""Promises in an agent's words, English and Chinese: finding one in a reply, reading by when.

Rules, no model: what is found is only ever offered to the agent. Spans of hours and minutes and
working days are business time; a day without a clock time is meant until it closes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from routing.hours import MINUTES_A_DAY, Hours, add_business_ms, business_ms_between

HOUR_MS, MINUTE_MS = 3_600_000, 60_000
CLOSES = 17  # o'clock, where there are no hours, the day is closed, or it never ends
LONGEST = 200  # characters of a promise's words
FARTHEST_DAYS = 366

_EN_NUMBERS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "half an": 0.5, "a couple of": 2,
}  # fmt: skip
_ZH_DIGITS = dict(zip("〇一二三四五六七八九", range(10), strict=True)) | {"零": 0, "两": 2, "兩": 2}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = "(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"

_SPAN = re.compile(
    r"\b(?:in|within|after)\s+(?:the\s+next\s+)?(?P<n>half an|a couple of|\d{1,3}|[a-z]+)\s+"
    r"(?P<business>business\s+|working\s+)?(?P<unit>minute|min|hour|day|week)s?\b"
    r"|(?P<zn>半|\d{1,3}|[一二三四五六七八九十两兩]{1,3})\s*[个個]?(?P<half>半)?(?P<zb>工作)?"
    r"(?P<zunit>分钟|分鐘|小时|小時|钟头|鐘頭|天|日|周|週|星期|礼拜|禮拜)(?:之?[内內]|[以之]?[后後])"
)
_CLOCK = re.compile(
    r"\b(?P<h>\d{1,2})(?::(?P<m>\d{2}))?\s*(?P<half>am|pm|a\.m\.|p\.m\.)(?!\w)"
    r"|\b(?P<h2>\d{1,2}):(?P<m2>\d{2})\b|\b(?P<noon>noon|midday)\b"
    r"|(?P<zh>\d{1,2}|[一二三四五六七八九十两兩]{1,3})[点點](?:(?P<zhalf>半)|(?P<zm>\d{1,2})分?)?"
)
_PART = re.compile(
    r"\b(?P<en>morning|afternoon|evening|tonight)\b"
    r"|(?P<zh>早上|上午|中午|下午|傍晚|晚上|今晚|明早|明晚)"
)
_PART_HOURS = {
    "morning": 12, "afternoon": 17, "evening": 20, "tonight": 20, "早上": 12, "上午": 12,
    "明早": 12, "中午": 12, "下午": 17, "傍晚": 18, "晚上": 20, "今晚": 20, "明晚": 20,
}  # fmt: skip
_LATE = frozenset({"afternoon", "evening", "tonight", "下午", "傍晚", "晚上", "今晚", "明晚"})
_NEAR = re.compile(
    r"\b(?P<en>day after tomorrow|tomorrow|today|tonight|end of (?:the )?(?:day|week|month))\b"
    r"|(?P<zh>大[后後]天|[后後]天|明天|明日|明早|明晚|今天|今日|今晚|月底)"
)
_WEEKDAY = re.compile(
    r"\b(?P<next>next\s+)?(?P<en>mon|tues|wednes|thurs|fri|satur|sun)day\b"
    r"|(?P<znext>下个?個?)?(?:这|這|本)?(?:周|週|星期|礼拜|禮拜)(?P<zh>[一二三四五六日天])"
)
_NEXT_WEEK = re.compile(r"\bnext week\b|下[个個]?(?:周|週|星期|礼拜|禮拜)(?![一二三四五六日天])")
_DATE = re.compile(
    r"\b(?P<y>20\d\d)-(?P<mo>\d{1,2})-(?P<d>\d{1,2})\b"
    rf"|\b{_MONTH}\s+(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\b"
    r"|(?P<zmo>\d{1,2})月(?P<zd>\d{1,2})[日号號]"
)
_DATE_AFTER = re.compile(rf"\b(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH}\b")

_SENTENCES = re.compile(r"[^.!?。！？\n]+(?:\.(?=\S)[^.!?。！？\n]+)*[.!?。！？]?")
_PROMISES = re.compile(
    r"\b(?:i|we)(?:\s*['’]ll|\s+(?:will|shall|promise|guarantee|am going to|are going to))\b"
    r"|\b(?:i['’]m|we['’]re)\s+going to\b"
    r"|\byou(?:\s*['’]ll|\s+will)\s+(?:hear|get|have|receive)\b"
    r"|(?:我|我们|我們|这边|這邊|客服|同事)[^，,。]{0,12}?(?:会|會|将|將|一定|承诺|承諾|保证|保證|给您|給您|给你|給你|为您|為您)"
    r"|(?:回电|回電|答复|答覆|回复|回覆|联系您|聯繫您|聯絡您|退款|补发|補發|寄出|发货|發貨|处理好|處理好|解决|解決|给您打电话)"
)
_REFUSES = re.compile(
    r"\b(?:will not|won['’]t|cannot|can['’]t|never|unable|unless)\b"
    r"|不会|不會|无法|無法|不能|没有|沒有"
)


@dataclass(frozen=True, slots=True)
class Found:
    """A promise that was read: the sentence, and by when (ms)."""

    text: str
    due_at: int


def find_promise(text: str, now: int, time_zone: str, hours: Hours | None = None) -> Found | None:
    """The first sentence of a reply that promises something by a time still to come."""
    for sentence in _sentences(text):
        lower = sentence.casefold()
        if sentence.endswith(("?", "？")) or _REFUSES.search(lower):
            continue
        if _PROMISES.search(lower) and (due_at := read_when(lower, now, time_zone, hours)):
            return Found(sentence[:LONGEST], due_at)
    return None


def read_when(text: str, now: int, time_zone: str, hours: Hours | None = None) -> int | None:
    """The moment (ms) that words such as "tomorrow 12:00", "in 2 hours" or 周五之前 mean.

    None where they name none, or one that is over or more than a year away. Days and clock times
    are those of the hours' time zone, or else of `time_zone`.
    """
    lower = text.casefold()
    here = datetime.fromtimestamp(
        now / 1000, ZoneInfo(hours.time_zone if hours else time_zone or "UTC")
    )
    found = _after_span(lower, now, here, hours)
    if found is None:
        day = _day(lower, here.date())
        clock = _clock(lower)
        if day is None and clock is None:
            return None
        found = _at(day or here.date(), clock, here, hours)
        if day is None and found <= now:  # "at 9:00", said at ten
            found = _at(here.date() + timedelta(days=1), clock, here, hours)
    return found if now < found <= now + FARTHEST_DAYS * 24 * HOUR_MS else None


def _sentences(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if not line.lstrip().startswith(">"):  # what somebody else wrote
            yield from (part.strip() for part in _SENTENCES.findall(line) if part.strip())


def _after_span(text: str, now: int, here: datetime, hours: Hours | None) -> int | None:
    match = _SPAN.search(text)
    if match is None:
        return None
    if match["n"]:
        count, unit = _english(match["n"]), match["unit"]
        working = bool(match["business"])
    else:
        count = _chinese(match["zn"])
        if count is not None and match["half"]:
            count += 0.5
        unit, working = _unit_of(match["zunit"]), bool(match["zb"])
    if not count:
        return None
    if unit in ("minute", "min", "hour"):
        ms = int(count * (HOUR_MS if unit == "hour" else MINUTE_MS))
        return (add_business_ms(hours, now, ms) if hours else None) or now + ms
    if working:
        return _at(_working_day(here.date(), int(count), here, hours), None, here, hours)
    days = int(count) * (7 if unit == "week" else 1)
    return _at(here.date() + timedelta(days=days), None, here, hours)


def _unit_of(word: str) -> str:
    if word in ("分钟", "分鐘"):
        return "minute"
    if word in ("小时", "小時", "钟头", "鐘頭"):
        return "hour"
    return "day" if word in ("天", "日") else "week"


def _english(word: str) -> float | None:
    return float(word) if word.isdecimal() else _EN_NUMBERS.get(word)


def _chinese(word: str) -> float | None:
    """三 is 3, 十二 is 12, 二十四 is 24, 半 is a half."""
    if word == "半":
        return 0.5
    if word.isdecimal():
        return float(word)
    tens, ten, ones = word.rpartition("十")
    if not ten:
        return float(_ZH_DIGITS[word]) if len(word) == 1 else None
    if len(tens) > 1 or len(ones) > 1:
        return None
    return (_ZH_DIGITS[tens] if tens else 1) * 10.0 + (_ZH_DIGITS[ones] if ones else 0)


def _day(text: str, today: date) -> date | None:
    for read in (_dated, _near, _weekday):
        if (found := read(text, today)) is not None:
            return found
    if _NEXT_WEEK.search(text):
        return today + timedelta(days=11 - today.weekday())  # Friday of the week after this one
    return None


def _dated(text: str, today: date) -> date | None:
    match = _DATE.search(text) or _DATE_AFTER.search(text)
    if match is None:
        return None
    parts = match.groupdict()
    named = parts.get("month")
    month = _MONTHS.index(named) + 1 if named else int(parts.get("mo") or parts["zmo"])
    day = int(next(parts[name] for name in ("d", "d2", "zd") if parts.get(name)))
    try:
        found = date(int(parts.get("y") or today.year), month, day)
        return found if found >= today or parts.get("y") else found.replace(year=today.year + 1)
    except ValueError:  # there is no such day
        return None


def _near(text: str, today: date) -> date | None:
    match = _NEAR.search(text)
    if match is None:
        return None
    word = match["en"] or match["zh"]
    if word.endswith("month") or word == "月底":
        return (today.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    if word.endswith("week"):
        return today + timedelta(days=(4 - today.weekday()) % 7)
    if word.startswith("day after") or word in ("后天", "後天"):
        return today + timedelta(days=2)
    if word.startswith("大"):
        return today + timedelta(days=3)
    return today + timedelta(days=1 if word.startswith(("tomorrow", "明")) else 0)


def _weekday(text: str, today: date) -> date | None:
    match = _WEEKDAY.search(text)
    if match is None:
        return None
    if match["en"]:
        day = [name.removesuffix("day") for name in _WEEKDAYS].index(match["en"])
    else:
        day = "一二三四五六日".index(match["zh"].replace("天", "日"))
    ahead = day - today.weekday()
    if match["next"] or match["znext"]:
        return today + timedelta(days=ahead + 7)
    return today + timedelta(days=ahead % 7)


def _clock(text: str) -> tuple[int, int] | None:
    """Hour and minute; of a part of a day its end."""
    part = _PART.search(text)
    word = (part["en"] or part["zh"]) if part else ""
    match = _CLOCK.search(text)
    if match is None:
        return (_PART_HOURS[word], 0) if word else None
    if match["noon"]:
        return 12, 0
    if match["zh"]:
        hour = int(_chinese(match["zh"]) or 0)
        minute = 30 if match["zhalf"] else int(match["zm"] or 0)
    else:
        hour, minute = int(match["h"] or match["h2"]), int(match["m"] or match["m2"] or 0)
    late = (match["half"] or "").startswith("p") or (not match["half"] and word in _LATE)
    if late and hour < 12:
        hour += 12
    elif (match["half"] or "").startswith("a") and hour == 12:
        hour = 0
    return (hour, minute) if hour < 24 and minute < 60 else None


def _at(day: date, clock: tuple[int, int] | None, here: datetime, hours: Hours | None) -> int:
    """That time of the day, or when the day closes."""
    hour, minute = clock or _closing(day, hours)
    if hour == 24:
        day, hour = day + timedelta(days=1), 0
    moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=here.tzinfo)
    return int(moment.astimezone(UTC).timestamp() * 1000)


def _closing(day: date, hours: Hours | None) -> tuple[int, int]:
    if hours is None or day in hours.closed_on:
        return CLOSES, 0
    ends = [span.closes for span in hours.weekly if span.weekday == day.weekday()]
    latest = max(ends, default=MINUTES_A_DAY)
    return divmod(latest, 60) if latest < MINUTES_A_DAY else (CLOSES, 0)


def _working_day(day: date, count: int, here: datetime, hours: Hours | None) -> date:
    """The day that is `count` open days ahead; Monday to Friday where there are no hours."""
    for _ in range(FARTHEST_DAYS):
        if not count:
            break
        day += timedelta(days=1)
        if hours is None:
            count -= day.weekday() < 5
        else:
            begins = _at(day, (0, 0), here, hours)
            count -= business_ms_between(hours, begins, begins + 24 * HOUR_MS) > 0
    return day

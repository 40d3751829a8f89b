"""Fields that hold many things: links to other rows, lines of text, business hours."""

import re
from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from typing import Any

from app.actions.setup.field import Field, Kind, Refused, Sent, one_line

MOST_LINES = 400
WEEKDAYS = ("0", "1", "2", "3", "4", "5", "6")
_SPAN = re.compile(r"(\d{1,2})[:.](\d{2})\s*(?:-|–|—|to|至|~)\s*(\d{1,2})[:.](\d{2})")


class Links(Kind):
    """Rows of another noun, each perhaps with a number: {"3": "2"}; parsed to [(3, 2)]."""

    look = "links"

    def read(self, field: Field, sent: Sent) -> dict[str, str]:
        return {
            other: sent.get(f"{field.name}-{other}", "")
            for other in dict.fromkeys(sent.all(field.name))
        }

    def typed(self, field: Field, value: Any) -> dict[str, str]:
        return {str(other): str(number) for other, number in value or ()}

    def parse(self, field: Field, typed: Any) -> list[tuple[int, int]]:
        assert field.link is not None
        found = []
        for other, number in typed.items():
            if not other.isdecimal() or len(other) > 15:
                raise Refused("unknown")
            text = number.strip() if field.link.number else ""
            if text and not (text.isdecimal() and len(text) < 10):
                raise Refused("not_a_number")
            value = int(text) if text else field.link.default
            if value > field.link.high:
                raise Refused("out_of_range")
            found.append((int(other), value))
        return sorted(found)


class Lines(Kind):
    """One entry a line, each of a shape."""

    look = "lines"

    def __init__(self, shape: str, code: str) -> None:
        self._shape = re.compile(shape, re.IGNORECASE)
        self._code = code

    def typed(self, field: Field, value: Any) -> str:
        return "\n".join(value or ())

    def parse(self, field: Field, typed: Any) -> list[str]:
        lines = [one_line(line) for line in typed.splitlines()]
        found = list(dict.fromkeys(line for line in lines if line))
        if len(found) > MOST_LINES:
            raise Refused("too_long")
        for line in found:
            if not self._shape.fullmatch(line):
                raise Refused(self._code)
        return found


class Days(Lines):
    """Dates, one a line: 2026-12-25."""

    def __init__(self) -> None:
        super().__init__(r"\d{4}-\d{2}-\d{2}", "date")

    def parse(self, field: Field, typed: Any) -> list[str]:
        found = super().parse(field, typed)
        for day in found:
            try:
                date.fromisoformat(day)
            except ValueError as error:
                raise Refused("date") from error
        return sorted(found)


class Week(Kind):
    """Opening hours: for each weekday spans such as "09:00-12:30, 14:00-18:00"."""

    look = "week"

    def read(self, field: Field, sent: Sent) -> dict[str, str]:
        return {day: sent.get(f"{field.name}-{day}") for day in WEEKDAYS}

    def typed(self, field: Field, value: Any) -> dict[str, str]:
        kept = value if isinstance(value, Mapping) else {}
        return {
            day: ", ".join(f"{opens}–{closes}" for opens, closes in kept.get(day, ()))
            for day in WEEKDAYS
        }

    def parse(self, field: Field, typed: Any) -> dict[str, list[list[str]]]:
        found = {day: _spans(text) for day, text in typed.items()}
        return {day: spans for day, spans in found.items() if spans}


def _spans(text: str) -> list[list[str]]:
    """The spans of a day in order; they may not overlap, and end by 24:00."""
    spans: list[tuple[int, int]] = []
    for part in re.split(r"[,，;；、]", text):
        if not part.strip():
            continue
        match = _SPAN.fullmatch(part.strip())
        if match is None:
            raise Refused("hours")
        opens, closes = (int(match[i]) * 60 + int(match[i + 1]) for i in (1, 3))
        if int(match[2]) > 59 or int(match[4]) > 59 or not opens < closes <= 24 * 60:
            raise Refused("hours_order")
        spans.append((opens, closes))
    spans.sort()
    if any(later[0] < earlier[1] for earlier, later in pairwise(spans)):
        raise Refused("hours_overlap")
    return [[_clock(opens), _clock(closes)] for opens, closes in spans]


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


class Asked(Kind):
    """Which of some questions are asked: "", "optional" or "required" for each option."""

    look = "asked"

    def read(self, field: Field, sent: Sent) -> dict[str, str]:
        return {name: sent.get(f"{field.name}-{name}") for name, _ in field.options}

    def typed(self, field: Field, value: Any) -> dict[str, str]:
        kept = {item["name"]: item.get("required") for item in value or ()}
        return {
            name: ("required" if kept[name] else "optional") if name in kept else ""
            for name, _ in field.options
        }

    def parse(self, field: Field, typed: Any) -> list[dict[str, Any]]:
        if any(value not in ("", "optional", "required") for value in typed.values()):
            raise Refused("unknown")
        return [
            {"name": name, "required": value == "required"}
            for name, value in typed.items()
            if value
        ]


LINKS, DAYS, WEEK, ASKED = Links(), Days(), Week(), Asked()
TAG_NAMES = Lines(r".{1,60}", "too_long")
SITES = Lines(r"(https?://)?(\*\.)?[a-z0-9.-]+(:\d{1,5})?", "site")

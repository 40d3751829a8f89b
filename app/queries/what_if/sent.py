"""The values of a form, read one by one; what cannot be used is collected for one refusal."""

import zoneinfo
from collections.abc import Mapping, Sequence
from datetime import date

from app.db import Invalid


class Sent:
    """A form as it came. Each `read` notes what is wrong with its field and goes on; `check`
    raises Invalid with all of it."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self._errors: dict[str, str] = {}

    def text(self, name: str, most: int = 120) -> str:
        """One line of text."""
        return " ".join(self._values.get(name, "").split())[:most]

    def whole(self, name: str, low: int, high: int) -> int | None:
        """A whole number within limits; None where the field is empty."""
        typed = self.text(name)
        if not typed:
            return None
        try:
            value = int(typed)
        except ValueError:
            self._errors[name] = "not_a_number"
            return None
        if not low <= value <= high:
            self._errors[name] = "out_of_range"
            return None
        return value

    def needed(self, name: str, low: int, high: int, default: int) -> int:
        """A whole number that is always there."""
        value = self.whole(name, low, high)
        return default if value is None else value

    def choice(self, name: str, options: Sequence[str], default: str = "") -> str:
        """One of some words; empty (or the default) where nothing was chosen."""
        value = self.text(name)
        if value and value not in options:
            self._errors[name] = "unknown"
        return value if value in options else default

    def minute(self, name: str) -> int | None:
        """A time of day as minutes since midnight, 24:00 included."""
        typed = self.text(name)
        if not typed:
            return None
        hours, _, minutes = typed.partition(":")
        if not (hours.isdecimal() and minutes[:2].isdecimal()):
            self._errors[name] = "not_a_time"
            return None
        value = int(hours) * 60 + int(minutes[:2])
        if not 0 <= value <= 24 * 60 or int(minutes[:2]) > 59:
            self._errors[name] = "not_a_time"
            return None
        return value

    def day(self, name: str) -> str:
        """A day as YYYY-MM-DD."""
        typed = self.text(name)
        try:
            return date.fromisoformat(typed).isoformat()
        except ValueError:
            self._errors[name] = "not_a_day"
            return ""

    def zone(self, name: str, default: str) -> str:
        """An IANA time zone."""
        typed = self.text(name) or default
        try:
            zoneinfo.ZoneInfo(typed)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):
            self._errors[name] = "unknown"
        return typed

    def refuse(self, name: str, code: str) -> None:
        """Note something wrong with a field."""
        self._errors[name] = code

    def check(self) -> None:
        """Raise Invalid if anything was wrong."""
        if self._errors:
            raise Invalid(**self._errors)

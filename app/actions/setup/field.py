"""The fields of what can be set up: what a form sends, checked and made into what is stored.

A field knows its kind; a kind turns what was typed into a value (`parse`), refuses it with a code,
and turns a stored value back into what a form shows (`typed`). New nouns are made of these.
"""

import re
import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table

from app.pages import LOCALE_NAMES

Option = tuple[str, str]  # value and label; labels are marked with N_


class Refused(ValueError):
    """A value that cannot be used; the code says why."""


class Reason(str):
    """A code with what its sentence needs."""

    def __new__(cls, code: str, params: Mapping[str, Any]) -> "Reason":
        """A code that is otherwise a plain string."""
        made = super().__new__(cls, code)
        made.params = params
        return made

    params: Mapping[str, Any]


class Sent:
    """A form as it came: names and all their values."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name, []).append(value)

    def get(self, name: str, default: str = "") -> str:
        """The last value of that name."""
        return self._values.get(name, [default])[-1]

    def all(self, name: str) -> list[str]:
        """Every value of that name."""
        return self._values.get(name, [])

    def __contains__(self, name: str) -> bool:
        return name in self._values


@dataclass(frozen=True, slots=True)
class Link:
    """A table between two nouns: the row's own id, the other's, and perhaps a number beside it."""

    table: Table
    own: str
    other: str
    number: str = ""  # the column of the number
    label: str = ""  # what the number is called
    default: int = 0
    high: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Field:
    """One field: `name` in the form, `at` in the row ("settings", "imap", "host"; empty: a column
    of the same name), `source` the noun whose rows may be chosen."""

    name: str
    label: str
    kind: "Kind"
    hint: str = ""
    required: bool = False
    default: Any = ""
    at: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    source: str = ""
    empty: str = ""  # the label of choosing nothing
    low: int = 0
    high: int = 1_000_000_000
    longest: int = 120
    link: Link | None = None
    unit: str = ""

    @property
    def path(self) -> tuple[str, ...]:
        """Where the value is kept."""
        return self.at or (self.name,)


class Kind:
    """Text of one line; the other kinds change what differs."""

    look = "text"  # the macro of templates/admin/_field.html that draws it

    def read(self, field: Field, sent: Sent) -> Any:
        """What was typed, as the form shows it again."""
        return sent.get(field.name)

    def typed(self, field: Field, value: Any) -> Any:
        """A stored value, as the form shows it."""
        return "" if value is None else str(value)

    def parse(self, field: Field, typed: Any) -> Any:
        """The value to store; raises Refused."""
        text = one_line(typed)
        _within(field, text)
        return text


class Paragraphs(Kind):
    """Text of several lines."""

    look = "textarea"

    def parse(self, field: Field, typed: Any) -> str:
        text = printable(typed.replace("\r\n", "\n")).strip()
        _within(field, text)
        return text


class Pattern(Kind):
    """Text of a certain shape; `code` says what is wrong with another."""

    def __init__(self, look: str, shape: str, code: str, *, lower: bool = False) -> None:
        self.look = look
        self._shape = re.compile(shape)
        self._code = code
        self._lower = lower

    def parse(self, field: Field, typed: Any) -> str:
        text: str = super().parse(field, typed)
        text = text.lower() if self._lower else text
        if text and not self._shape.fullmatch(text):
            raise Refused(self._code)
        return text


class Number(Kind):
    """A whole number from `low` to `high`; empty is None unless it is required."""

    look = "number"

    def parse(self, field: Field, typed: Any) -> int | None:
        text = typed.strip()
        if not text:
            if field.required:
                raise Refused("required")
            return field.default if isinstance(field.default, int) else None
        if not re.fullmatch(r"-?\d{1,12}", text):
            raise Refused("not_a_number")
        number = int(text)
        if not field.low <= number <= field.high:
            raise Refused("out_of_range")
        return number


class Switch(Kind):
    """On or off."""

    look = "switch"

    def read(self, field: Field, sent: Sent) -> bool:
        return field.name in sent

    def typed(self, field: Field, value: Any) -> bool:
        return bool(value)

    def parse(self, field: Field, typed: Any) -> bool:
        return bool(typed)


class Choice(Kind):
    """One of the field's options."""

    look = "select"

    def parse(self, field: Field, typed: Any) -> str:
        if typed in {value for value, _ in field.options} or (typed == "" and not field.required):
            return str(typed)
        raise Refused("required" if typed == "" else "unknown")


class Reference(Kind):
    """One of another noun's rows, or none; that it exists is checked when it is saved."""

    look = "ref"

    def parse(self, field: Field, typed: Any) -> int | None:
        if typed == "":
            if field.required:
                raise Refused("required")
            return None
        if not typed.isdecimal() or len(typed) > 15:
            raise Refused("unknown")
        return int(typed)


class Zone(Kind):
    """An IANA time zone."""

    look = "zone"

    def parse(self, field: Field, typed: Any) -> str:
        zone = typed.strip()
        if zone not in zoneinfo.available_timezones():
            raise Refused("unknown_zone")
        return str(zone)


KEEP = object()  # the secret stays what it is


class Secret(Kind):
    """A password of another server: never shown again; left empty, it stays as it is."""

    look = "secret"

    def typed(self, field: Field, value: Any) -> bool:
        return bool(value)

    def parse(self, field: Field, typed: Any) -> Any:
        return KEEP if typed in ("", True, False) else printable(typed)[: field.longest]


class Texts(Kind):
    """A text in each language; none at all means the product's own words."""

    look = "texts"

    def read(self, field: Field, sent: Sent) -> dict[str, str]:
        return {locale: sent.get(f"{field.name}-{locale}") for locale in LOCALE_NAMES}

    def typed(self, field: Field, value: Any) -> dict[str, str]:
        kept = value if isinstance(value, Mapping) else {}
        return {locale: str(kept.get(locale, "")) for locale in LOCALE_NAMES}

    def parse(self, field: Field, typed: Any) -> dict[str, str]:
        found = {locale: printable(text).strip() for locale, text in typed.items()}
        for text in found.values():
            if len(text) > field.longest:
                raise Refused("too_long")
        return {locale: text for locale, text in found.items() if text}


def one_line(text: str) -> str:
    """Without control characters, line breaks and blank edges: it may stand in a header."""
    return " ".join(printable(text).split())


def printable(text: str) -> str:
    """Without control characters other than tab and line feed."""
    return "".join(c for c in text if c.isprintable() or c in "\n\t ")


def _within(field: Field, text: str) -> None:
    if field.required and not text:
        raise Refused("required")
    if len(text) > field.longest:
        raise Refused("too_long")


TEXT, PARAGRAPHS, NUMBER, SWITCH = Kind(), Paragraphs(), Number(), Switch()
CHOICE, REFERENCE, ZONE, SECRET, TEXTS = Choice(), Reference(), Zone(), Secret(), Texts()
EMAIL = Pattern("email", r"[^@\s,;<>\"()]+@[^@\s,;<>\"()]+\.[^@\s,;<>\"()]+", "email", lower=True)
URL = Pattern("url", r"https?://[^\s\"<>]+", "url")
COLOR = Pattern("color", r"#[0-9a-fA-F]{6}", "color", lower=True)
SLUG = Pattern("text", r"[a-z0-9]+(-[a-z0-9]+)*", "slug", lower=True)
HOST = Pattern("text", r"[A-Za-z0-9.:\-]+", "host", lower=True)

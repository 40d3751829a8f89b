"""What every form with a new password checks, and how each field's error is said."""

import re
import zoneinfo
from collections.abc import Mapping

from app.pages import LOCALE_NAMES, N_, Pages
from app.security.passwords import weakness

EMAIL = re.compile(r"[^@\s,;<>\"()]+@[^@\s,;<>\"()]+\.[^@\s,;<>\"()]+")

# Codes of Invalid that these forms show, in words.
WORDS = {
    "required": N_("Fill this in."),
    "too_short": N_("Use at least 10 characters; a few words are easiest to remember."),
    "too_long": N_("This is too long."),
    "common": N_("Many people use this password. Choose one that nobody guesses."),
    "personal": N_("This is your name or address. Choose something nobody guesses."),
    "different": N_("The two passwords differ."),
    "wrong": N_("This is not your password."),
    "taken": N_("Somebody here has this address already."),
    "not_an_email": N_("Write an address such as name@example.com."),
    "unknown": N_("Choose one of the list."),
    "not_a_picture": N_("Choose a PNG, JPEG, WebP or GIF picture."),
    "too_large": N_("This file is too large."),
    "empty": N_("Choose a file."),
    "placeholder": N_("Use only {{agent.name}}, {{agent.first_name}} and {{brand.name}}."),
    "invalid": N_("This cannot be used."),
}


TIME_ZONES = sorted(zoneinfo.available_timezones() - {"localtime", "Factory"})


class Errors(dict[str, str]):
    """What is wrong with each field, in the reader's words; empty for a field that is fine."""

    def __missing__(self, field: str) -> str:
        return ""


def in_words(pages: Pages, locale: str, errors: Mapping[str, str]) -> Errors:
    """Error codes as sentences."""
    return Errors(
        (field, pages.translate(locale, WORDS.get(code, WORDS["invalid"])))
        for field, code in errors.items()
    )


def clean(text: str, longest: int = 120) -> str:
    """One line without control characters and blank edges."""
    return " ".join("".join(c for c in text if c.isprintable() or c.isspace()).split())[:longest]


def email_of(text: str) -> str:
    """An address as accounts keep it: in lower case, without blanks around it."""
    return text.strip().lower()[:254]


def check_person(form: Mapping[str, str]) -> dict[str, str]:
    """Errors of "name", "locale", "time_zone", and of "email" where the form has one."""
    errors = {}
    if not clean(form["name"]):
        errors["name"] = "required"
    if "email" in form and not EMAIL.fullmatch(email_of(form["email"])):
        errors["email"] = "not_an_email"
    if form["locale"] not in LOCALE_NAMES:
        errors["locale"] = "unknown"
    if form["time_zone"] not in TIME_ZONES:
        errors["time_zone"] = "unknown"
    return errors


def check_password(password: str, again: str, *, name: str = "", email: str = "") -> dict[str, str]:
    """Errors of "password" and "again"."""
    why = weakness(password, name=name, email=email)
    if why:
        return {"password": why}
    return {} if password == again else {"again": "different"}

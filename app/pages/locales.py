"""The languages of the product: which one a reader gets, and its catalogue of translations."""

import gettext
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

DEFAULT_LOCALE = "en"
# What each locale calls itself, for menus; the order is the menu's.
LOCALE_NAMES = {"en": "English", "zh_Hans": "简体中文", "zh_Hant": "繁體中文"}
# The same as BCP 47 tags, for <html lang> and Intl.
LANGUAGE_TAGS = {"en": "en", "zh_Hans": "zh-Hans", "zh_Hant": "zh-Hant"}
_TRADITIONAL = {"hant", "tw", "hk", "mo"}


def N_(message: str) -> str:
    """Mark a message for the catalogue where it is written; it is translated where it is shown."""
    return message


def negotiate(accept_language: str | None, stored: str | None = None) -> str:
    """The locale for a reader: the stored preference if we have it, else the browser's best.

    Chinese is matched by script (zh-TW, zh-HK and zh-MO read traditional characters), which plain
    prefix matching gets wrong.
    """
    for tag in [stored or "", *_preferences(accept_language or "")]:
        locale = locale_of_tag(tag)
        if locale:
            return locale
    return DEFAULT_LOCALE


def _preferences(accept_language: str) -> list[str]:
    """The tags of an Accept-Language header (RFC 9110, 12.5.4), most wanted first."""
    weighted: list[tuple[float, str]] = []
    for part in accept_language.split(",")[:20]:
        tag, _, parameters = part.strip().partition(";")
        weight = 1.0
        name, _, value = parameters.strip().partition("=")
        if name.strip() == "q":
            try:
                weight = float(value)
            except ValueError:
                weight = 0.0
        if tag and weight > 0:
            weighted.append((weight, tag.strip()))
    return [tag for _, tag in sorted(weighted, key=lambda pair: -pair[0])]


def locale_of_tag(tag: str) -> str | None:
    """The product's locale for a language tag, whatever its region: zh-Hant-TW is zh_Hant, en-GB
    en; None for a language that we have no texts in."""
    language, *rest = tag.replace("_", "-").lower().split("-")
    if language == "zh":
        return "zh_Hant" if _TRADITIONAL & set(rest) else "zh_Hans"
    return "en" if language == "en" else None


def load_translations(locale_dir: Path, locale: str) -> gettext.NullTranslations:
    """The catalogue `<locale_dir>/<locale>.po`, compiled in memory; none: the source text."""
    path = locale_dir / f"{locale}.po"
    if not path.exists():
        return gettext.NullTranslations()
    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=locale))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)

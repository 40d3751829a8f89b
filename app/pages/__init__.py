"""What people see is rendered here: templates, languages, dates, numbers, static addresses.

Web pages, live fragments and mails share one `Pages`: a fragment looks the same everywhere.
"""

from app.pages.assets import Assets
from app.pages.environment import Pages, toast
from app.pages.locales import (
    DEFAULT_LOCALE,
    LANGUAGE_TAGS,
    LOCALE_NAMES,
    N_,
    locale_of_tag,
    negotiate,
)

__all__ = [
    "DEFAULT_LOCALE",
    "LANGUAGE_TAGS",
    "LOCALE_NAMES",
    "N_",
    "Assets",
    "Pages",
    "locale_of_tag",
    "negotiate",
    "toast",
]

"""Public holidays by country and region, from the package `holidays`.

It is loaded when it is first needed: most installations have a calendar, many commands do not.
"""

from datetime import date
from functools import lru_cache

LONGEST_REGION = 10  # as the column keeps it; the few longer names are cities and districts


@lru_cache(maxsize=1)
def countries() -> dict[str, tuple[str, ...]]:
    """The countries known, by ISO code, with the regions that have holidays of their own."""
    import holidays

    known = holidays.list_supported_countries(include_aliases=False)
    return {
        code: tuple(region for region in regions if len(region) <= LONGEST_REGION)
        for code, regions in sorted(known.items())
    }


@lru_cache(maxsize=1024)
def region_names(country: str) -> dict[str, str]:
    """The regions of a country by code, in its own words where the package has them."""
    import holidays

    if country not in countries():
        return {}
    named = holidays.country_holidays(country, years=()).get_subdivision_aliases()
    return {code: (named.get(code) or [code])[0] for code in countries()[country]}


@lru_cache(maxsize=4096)
def public_holidays(country: str, region: str, year: int, locale: str = "") -> dict[date, str]:
    """The days of a year that are public holidays there, with their names.

    `locale` is the reader's (en, zh_Hans, zh_Hant); names it does not have are in English or the
    country's own language. An unknown country or region has none.
    """
    import holidays

    known = countries()
    if country not in known or (region and region not in known[country]):
        return {}
    return dict(
        holidays.country_holidays(
            country, subdiv=region or None, years=year, language=_language(country, locale)
        ).items()
    )


def _language(country: str, locale: str) -> str | None:
    """The package's name of a language it has for this country."""
    import holidays

    offered = holidays.list_localized_countries(include_aliases=False).get(country, [])
    script = {"zh_Hans": ("zh_CN",), "zh_Hant": ("zh_TW", "zh_HK")}.get(locale, (locale,))
    wanted = [*script, "en_US", *(each for each in offered if each.startswith("en"))]
    return next((each for each in wanted if each in offered), None)

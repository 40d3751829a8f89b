"""Fields of places: a country and its region, as their public holidays are known."""

from typing import Any

from app.actions.setup.field import Field, Kind, Refused
from app.queries.public_holidays import countries


class Country(Kind):
    """An ISO code, or none; its names are those of the reader's language."""

    look = "country"

    def parse(self, field: Field, typed: Any) -> str:
        code = str(typed).strip().upper()
        if code and code not in countries():
            raise Refused("unknown")
        return code


class Region(Kind):
    """A region of the country beside it; whether it is one is checked with the whole form."""

    look = "region"

    def parse(self, field: Field, typed: Any) -> str:
        return str(typed).strip()[:10]


COUNTRY, REGION = Country(), Region()

"""Events and orders that come in."""

import json
from typing import Any

from pydantic import ConfigDict, Field, field_validator

from app.actions.activity import PAYLOAD
from app.web.api.shapes.base import Body, Shape
from app.web.api.shapes.people import IdentityBody
from app.web.api.values import Id, Line, Moment, Name, Word

MONEY = Field(ge=0, le=2**53, description="in the currency's smallest unit", examples=[1999])
CURRENCY = Field("", pattern=r"^([A-Z]{3})?$", description="ISO 4217", examples=["EUR"])
SOURCE = Field(
    "api", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$", description="the system that tells of it"
)


def _small(value: Any) -> Any:
    if len(text := json.dumps(value)) > PAYLOAD:
        raise ValueError(f"more than {PAYLOAD} characters of JSON")
    if "\\u0000" in text:
        raise ValueError("NUL is no text")
    return value


class WhoBody(Body):
    """Whose it is: one of these."""

    customer_id: Id | None = None
    identities: list[IdentityBody] = Field(
        default_factory=list, max_length=20, description="who is unknown is made a customer"
    )
    region: str = Field("", pattern=r"^([A-Z]{2})?$", description="ISO 3166, of numbers without +")
    name: Name = ""


class EventBody(WhoBody):
    """Something a customer did."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "brand_id": 1, "type": "cart", "key": "shop-7001", "title": "Two teapots",
                    "amount": 5800, "currency": "EUR",
                    "identities": [{"kind": "email", "value": "kim@example.com"}],
                }
            ]
        }
    )  # fmt: skip

    brand_id: Id
    type: Word = Field(
        pattern=r"^[a-z][a-z0-9_.-]{0,39}$",
        description="page_view, cart, order, return, device_signal, or your own word",
    )
    key: str = Field(
        pattern=r"^[!-~]{1,200}$", description="your own id of it: sent again it changes nothing"
    )
    source: str = SOURCE
    visitor: str = Field(
        "",
        pattern=r"^([A-Za-z0-9_-]{22,64})?$",
        description="the widget's id of the browser, while nobody has signed in",
    )
    at: Moment | None = None
    title: Line = Field("", max_length=300)
    url: str = Field("", max_length=1000, pattern=r"^(https?://[^\s\x00]*)?$")
    amount: int | None = Field(None, ge=-(2**53), le=2**53)
    currency: str = CURRENCY
    payload: dict[str, Any] = Field(default_factory=dict)

    _payload = field_validator("payload")(_small)


class TakenShape(Shape):
    """What became of a batch."""

    stored: int
    known: int = Field(description="had come before, by source and key")
    unknown: int = Field(description="of those stored, nobody's until they sign in")


class ReturnBody(Body):
    """Something of an order that came back."""

    external_id: str = Field(pattern=r"^[!-~]{1,120}$")
    at: Moment
    amount: int = Field(0, ge=0, le=2**53, description="what is paid back")
    status: Word = Field("", max_length=30)
    reason: Line = Field("", max_length=300)
    lines: list[dict[str, Any]] = Field(default_factory=list, max_length=500)

    _lines = field_validator("lines")(_small)


class OrderBody(WhoBody):
    """An order, told for the first time or again."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "brand_id": 1, "external_id": "o-7001", "number": "7001", "status": "shipped",
                    "total": 5800, "currency": "EUR", "placed_at": 1_800_000_000_000,
                    "identities": [{"kind": "email", "value": "kim@example.com"}],
                    "lines": [{"sku": "T1", "name": "Teapot", "quantity": 2, "amount": 5800}],
                }
            ]
        }
    )  # fmt: skip

    brand_id: Id
    external_id: str = Field(pattern=r"^[!-~]{1,120}$", description="the shop's own id")
    source: str = SOURCE
    number: Word = Field("", description="as the customer knows it")
    status: Word = Field("", max_length=30)
    total: int = MONEY
    currency: str = Field(pattern=r"^[A-Z]{3}$", examples=["EUR"])
    placed_at: Moment
    changed_at: Moment | None = Field(None, description="at the source; an older word is ignored")
    url: str = Field("", max_length=1000, pattern=r"^(https?://[^\s\x00]*)?$")
    lines: list[dict[str, Any]] = Field(default_factory=list, max_length=500)
    details: dict[str, Any] = Field(default_factory=dict)
    returns: list[ReturnBody] = Field(default_factory=list, max_length=100)

    _json = field_validator("lines", "details")(_small)

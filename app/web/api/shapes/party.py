"""What ties customers together, and what they did elsewhere."""

from typing import Any

from pydantic import ConfigDict, Field

from app.web.api.shapes.base import Body, Shape
from app.web.api.values import Id, Moment, Name


class MergeShape(Shape):
    """A merge of two customers; undoing takes back exactly what it moved."""

    id: int
    winner_id: int = Field(description="who stays")
    loser_id: int = Field(description="whose id is an alias since")
    reason: str
    at: int
    undone_at: int | None


class MergeBody(Body):
    """Two customers are one."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"with_id": 1043}]})

    with_id: Id
    keep: Id | None = Field(None, description="who stays; else verified, address, older first")
    reason: Name = ""


class DuplicateShape(Shape):
    """Somebody who may be the same."""

    id: int
    name: str
    email: str
    phone: str
    reasons: list[str] = Field(examples=[["same_phone"]])
    score: int = Field(description="percent")


class ValueShape(Shape):
    """What a source says of a field; `used` is the one in use, `conflict` waits for a decision."""

    field: str = Field(examples=["phone"])
    value: str
    source: str = Field(examples=["crm"])
    verified: bool
    state: str = Field(description="used, conflict or earlier")
    at: int


class MemberShape(Shape):
    """Somebody of an organisation."""

    id: int
    name: str
    email: str
    phone: str
    role: str = Field(examples=["Buyer"])
    since_at: int | None
    until_at: int | None


class MemberBody(Body):
    """As what somebody belongs to an organisation, and since when."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"role": "Buyer"}]})

    role: Name = Field("", max_length=80)
    since_at: Moment | None = None
    until_at: Moment | None = None


class EventShape(Shape):
    """Something a customer did elsewhere."""

    id: int
    type: str = Field(examples=["page_view"])
    source: str
    key: str
    title: str
    url: str
    amount: int | None = Field(description="in the currency's smallest unit")
    currency: str
    payload: dict[str, Any]
    at: int


class OrderShape(Shape):
    """An order as the shop last told of it."""

    id: int
    brand_id: int
    source: str
    external_id: str
    number: str
    status: str
    total: int = Field(description="in the currency's smallest unit")
    currency: str
    lines: list[dict[str, Any]]
    url: str
    placed_at: int
    changed_at: int = Field(description="at the source")
    as_of: int = Field(description="when we were told")

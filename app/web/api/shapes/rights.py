"""What a customer has agreed to, and what their rights over their data need."""

from typing import Literal

from pydantic import ConfigDict, Field

from app.web.api.shapes.base import Body, Shape
from app.web.api.values import Id, Moment

_PURPOSE = r"^[a-z][a-z0-9_]{0,39}$"


class ConsentShape(Shape):
    """A word on a purpose. Later ones stand beside it, and the latest that covers a case counts."""

    id: int
    purpose: str = Field(examples=["marketing"])
    channel: str = Field(description="empty: every channel", examples=["email"])
    brand_id: int | None = Field(description="none: every brand")
    status: Literal["granted", "denied", "revoked"]
    text_id: int | None = Field(description="the words that were agreed to")
    source: str = Field(examples=["shop"])
    at: int
    expires_at: int | None


class ConsentBody(Body):
    """The customer has said this."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"purpose": "marketing", "channel": "email", "status": "granted"}]
        }
    )

    purpose: str = Field(pattern=_PURPOSE, examples=["marketing"])
    channel: str = Field("", pattern=r"^[a-z_]{0,20}$", description="empty: every channel")
    brand_id: Id | None = Field(None, description="none: every brand")
    status: Literal["granted", "denied", "revoked"]
    source: str = Field("api", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$")
    at: Moment | None = Field(None, description="when they said so; none: now")
    expires_at: Moment | None = None
    text_id: Id | None = None


class ConsentAnswer(Shape):
    """Whether something may be sent."""

    granted: bool


class AccessShape(Shape):
    """Somebody looked at a customer, or did something to their data."""

    id: int
    at: int
    actor: str = Field(description="agent, customer, api or system")
    agent_id: int | None
    agent: str | None = Field(description="their name")
    action: str = Field(examples=["viewed"])
    what: str


class ErasureShape(Shape):
    """An erasure that has begun: the rows are gone, the bytes of files follow within minutes."""

    request_id: int

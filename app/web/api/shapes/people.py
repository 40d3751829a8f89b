"""Customers and agents."""

from typing import Literal

from pydantic import ConfigDict, Field

from app.web.api.shapes.base import Body, Shape
from app.web.api.values import Address, Id, Name, Text
from channels.values import IdentityKind


class IdentityShape(Shape):
    """One way in which a customer is known."""

    kind: str = Field(examples=["email"])
    value: str = Field(examples=["kim@example.com"])
    verified: bool
    shared: bool = Field(False, description="several people use it: it tells nobody apart")


class CustomerShape(Shape):
    """A person or organisation."""

    id: int
    name: str = Field(examples=["Kim Doe"])
    kind: str
    email: str = Field(description="to write to")
    phone: str
    language: str
    time_zone: str
    company: str
    notes: str
    blocked: bool
    party: str = Field(description="customer; others are outside marketing and value")
    birthday: str = Field(examples=["1990-05-17"])
    source: str = Field(description="how we first heard of them")
    created_at: int
    seen_at: int
    identities: list[IdentityShape]


class IdentityBody(Body):
    """One way in which a customer is known."""

    kind: IdentityKind = Field(examples=["external"])
    value: Address = Field(description='"system:id" of external, "issuer|subject" of oidc')


class CustomerBody(Body):
    """A customer to make; at least one identity."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "Kim Doe", "email": "kim@example.com", "user_id": "u-8801"}]
        }
    )

    name: Name = Field("", examples=["Kim Doe"])
    email: Address = ""
    phone: Address = Field("", examples=["+44 20 7946 0018"])
    user_id: Address = Field("", description="your own id of the customer", examples=["u-8801"])
    language: str = Field("", max_length=10, pattern=r"^[A-Za-z_-]*$")
    identities: list[IdentityBody] = Field(
        default_factory=list, max_length=20, description="further ones, of any kind"
    )
    region: str = Field(
        "", pattern=r"^([A-Z]{2})?$", description="ISO 3166, of numbers without +", examples=["CN"]
    )


class CustomerPatch(Body):
    """What to change; what is left out stays."""

    name: Name | None = None
    email: Address | None = None
    phone: Name | None = Field(None, max_length=32)
    language: str | None = Field(None, max_length=10, pattern=r"^[A-Za-z_-]*$")
    time_zone: str | None = Field(None, max_length=60, pattern=r"^[A-Za-z0-9/_+-]*$")
    company: Name | None = None
    notes: Text | None = None
    blocked: bool | None = None
    birthday: str | None = Field(None, pattern=r"^((\d{4}|-)-\d{2}-\d{2})?$", examples=["--05-17"])
    kind: Literal["person", "organisation"] | None = None
    party: (
        Literal["customer", "press", "government", "association", "partner", "supplier", "employee"]
        | None
    ) = Field(None, description="all but customer are outside marketing and value")


class AgentShape(Shape):
    """An agent and how they are doing; `used` of `capacity` units are taken."""

    id: int
    name: str
    role: str = Field(description="agent, supervisor or admin")
    capacity: int
    used: int
    state: str = Field(description="available, away, not_ready or offline")
    reason: str
    pause_reason_id: int | None = Field(description="why they are away: see /pause-reasons")
    since_at: int
    help_wanted_at: int | None = Field(description="they ask a supervisor to come, since then")
    help_conversation_id: int | None


class PresenceBody(Body):
    """How the agent is doing from now on."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"state": "away", "reason": "lunch"}]}
    )

    state: Literal["available", "away", "not_ready", "offline"]
    reason: Name = Field("", max_length=120)
    pause_reason_id: Id | None = Field(None, description="with away: one of /pause-reasons")


class PauseReasonShape(Shape):
    """Why an agent may be away."""

    id: int
    name: str = Field(examples=["Lunch"])
    productive: bool = Field(description="counts as work: a meeting, a training")


class HelpBody(Body):
    """Ask a supervisor to come, or take that back."""

    wanted: bool = Field(examples=[True])
    conversation_id: Id | None = Field(None, description="what it is about")

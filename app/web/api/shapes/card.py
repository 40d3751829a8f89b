"""The card of the first second, the stream of everything with a customer, and their effort."""

from typing import Any

from pydantic import Field

from app.web.api.shapes.base import Shape


class FactShape(Shape):
    """One fact of a card."""

    kind: str = Field(examples=["promise_overdue"])
    id: int = Field(description="of its source, as its kind says")
    text: str
    at: int = Field(description="when it is due, was said or was placed")
    as_of: int = Field(description="when we were told")
    href: str = Field(description="where its source is, on the console")
    more: int = Field(description="others of the kind that it stands for")
    stale: bool = Field(description="old enough to be asked about again")
    detail: dict[str, Any]


class EffortShape(Shape):
    """What help has cost the customer."""

    contacts: int
    transfers: int
    repeats: int = Field(description="came again about the same within seven days")
    switches: int = Field(description="changed the channel for the same")
    waited_ms: int
    since: int | None = Field(description="since when they wait now")
    score: int = Field(description="in minutes: those waited, and what each act is worth")


class CardShape(Shape):
    """Who it is and what to know before the first word."""

    customer_id: int
    name: str
    sure: str = Field(description="signed_in, verified, given or unknown")
    sure_by: str = Field(description="the kind of identity that makes it sure")
    first: list[FactShape] = Field(description="at most six, the weightiest first")
    rest: list[FactShape]
    effort: EffortShape = Field(description="of the last seven days")
    as_of: int


class EntryShape(Shape):
    """One entry of the stream."""

    type: str = Field(examples=["message"])
    id: int
    at: int
    brand_id: int | None
    channel: str
    text: str
    state: str
    extra: str
    count: int = Field(description="pages of a visit, ms waited, or a sum of money")
    conversation_id: int | None
    by: str = Field(description="the agent's name")


class TalkEffortShape(EffortShape):
    """The effort of one conversation."""

    conversation_id: int


class CustomerEffortShape(Shape):
    """The effort of a customer, and of each of their conversations."""

    days: int
    total: EffortShape
    conversations: list[TalkEffortShape]
    as_of: int


class SendShape(Shape):
    """Something a customer was sent."""

    id: int
    kind: str = Field(description="article, macro, file, first (we wrote first) or your own kind")
    material: str = Field(examples=["article:7"])
    name: str = Field(description="the article's title, the macro's or the file's name, ...")
    agent: str = Field(description="who sent it")
    at: int = Field(description="when it left; of a planned one, when it will")
    state: str = Field(description="of its message", examples=["sent"])
    conversation_id: int | None = Field(description="none: not yours to see")
    message_id: int | None
    brand_id: int
    purpose: str = Field(description="of the message; empty: service")

"""The API's own shapes: what comes in and what goes out, apart from the tables behind them."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Shape(BaseModel):
    """The base of what goes out: made from a record, fields it does not name stay inside."""

    model_config = ConfigDict(extra="ignore")


class Body(BaseModel):
    """The base of what comes in: an unknown field is an error, not a silent loss."""

    model_config = ConfigDict(extra="forbid")


class IdentityShape(Shape):
    """One way in which a customer is known."""

    kind: str
    value: str
    verified: bool = False


class FileShape(Shape):
    """A file of a message; fetch it at /files/{key}."""

    key: str
    name: str
    content_type: str
    size: int = Field(description="bytes")


class ConversationShape(Shape):
    """A thread with a customer. Times are ms since the epoch, UTC."""

    id: int
    brand_id: int
    inbox_id: int
    customer_id: int
    queue_id: int | None
    assignee_id: int | None
    channel: str
    subject: str
    status: str
    spam: bool
    language: str
    last_seq: int
    preview: str
    created_at: int
    last_message_at: int
    waiting_since: int | None
    snoozed_until: int | None
    tags: list[str]


class MessageShape(Shape):
    """One entry of a conversation. `seq` orders it, `key` is its sender's own id."""

    id: int
    conversation_id: int
    seq: int
    key: str
    kind: str
    channel: str
    agent_id: int | None
    customer_id: int | None
    text: str
    subject: str
    state: str
    state_reason: str
    details: dict[str, Any]
    sent_at: int
    created_at: int
    files: list[FileShape]


class CustomerShape(Shape):
    """A person or organisation."""

    id: int
    name: str
    kind: str
    email: str
    phone: str
    language: str
    time_zone: str
    company: str
    notes: str
    blocked: bool
    created_at: int
    seen_at: int
    identities: list[IdentityShape]


class AgentShape(Shape):
    """An agent and how they are doing; `used` of `capacity` units are taken."""

    id: int
    name: str
    role: str
    capacity: int
    used: int
    state: str
    reason: str
    since_at: int


class OfferShape(Shape):
    """An offer that waits for an answer until `expires_at`; `decision` says why it was made."""

    id: int
    contact_id: int
    conversation_id: int
    queue_id: int
    channel: str
    made_at: int
    expires_at: int
    decision: dict[str, Any]


class QueueShape(Shape):
    """A queue and who waits in it."""

    id: int
    name: str
    brand_id: int | None
    priority: str
    closed: bool
    agents_may_pull: bool
    target_s: int
    goal_pct: int
    waiting: int
    oldest_at: int | None


class InboxShape(Shape):
    """A configured entrance of a channel."""

    id: int
    brand_id: int
    queue_id: int
    channel: str
    name: str
    key: str
    address: str


class ContactBody(Body):
    """A message from outside, brought by your own system."""

    external_id: str = Field(min_length=1, max_length=200, description="unique within the inbox")
    email: str = ""
    phone: str = ""
    user_id: str = Field("", description="your own id of the customer")
    name: str = Field("", max_length=200)
    subject: str = Field("", max_length=500)
    text: str = Field(min_length=1, max_length=100_000)
    conversation_id: int | None = Field(None, description="to continue a conversation")
    fields: dict[str, str] = Field(default_factory=dict)


class ReceivedShape(Shape):
    """What the message became; `duplicate` when it had come before."""

    conversation_id: int
    message_id: int
    customer_id: int
    seq: int
    duplicate: bool


class ReplyBody(Body):
    """A reply to the customer, or a note only agents see."""

    text: str = Field("", max_length=100_000)
    kind: Literal["outbound", "note"] = "outbound"
    key: str = Field("", max_length=64, description="your own id; sending it again changes nothing")
    seen_seq: int | None = Field(None, description="refuse (409) if a later message is there")
    uploads: list[str] = Field(default_factory=list)
    cc: list[str] = Field(default_factory=list)
    force: bool = False


class StartBody(Body):
    """A new conversation that we begin."""

    inbox_id: int
    customer_id: int
    subject: str = Field(min_length=1, max_length=500)
    text: str = Field(min_length=1, max_length=100_000)
    key: str = Field("", max_length=64)


class ForwardBody(Body):
    """Pass a message on by mail."""

    to: list[str] = Field(min_length=1, max_length=20)
    text: str = Field("", max_length=100_000)
    key: str = Field("", max_length=64)


class ConversationPatch(Body):
    """What to change; what is left out stays."""

    status: Literal["open", "snoozed", "done"] | None = None
    snoozed_until: int | None = None
    subject: str | None = None
    tags: list[str] | None = None
    spam: Literal[True] | None = None


class TransferBody(Body):
    """Where to: one of queue and agent."""

    queue_id: int | None = None
    agent_id: int | None = None
    note: str = Field("", max_length=100_000)
    force: bool = Field(False, description="give it to the agent without asking (supervisors)")


class CustomerBody(Body):
    """A customer to make; at least one identity."""

    name: str = Field("", max_length=200)
    email: str = ""
    phone: str = ""
    user_id: str = ""
    language: str = Field("", max_length=10)


class CustomerPatch(Body):
    """What to change; what is left out stays."""

    name: str | None = Field(None, max_length=200)
    email: str | None = Field(None, max_length=254)
    phone: str | None = Field(None, max_length=32)
    language: str | None = Field(None, max_length=10)
    time_zone: str | None = Field(None, max_length=60)
    company: str | None = Field(None, max_length=200)
    notes: str | None = None
    blocked: bool | None = None


class PresenceBody(Body):
    """How the agent is doing from now on."""

    state: Literal["available", "away", "not_ready", "offline"]
    reason: str = Field("", max_length=120)


class DeclineBody(Body):
    """Why not."""

    reason: str = Field("", max_length=200)


class QueuePatch(Body):
    """Open or close a queue (supervisors)."""

    closed: bool

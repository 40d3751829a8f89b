"""Conversations, messages and what may be done with them."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from app.web.api.shapes.base import Body, FileShape, Shape
from app.web.api.values import Address, FileKey, Id, Line, Moment, Name, OwnKey, Seq, Text, Word

Uploads = Annotated[list[FileKey], Field(default_factory=list, max_length=20)]
SendAt = Annotated[
    Moment | None,
    Field(description="plan the mail for then, at most a year ahead; a chat is sent at once"),
]
Addresses = Annotated[list[Address], Field(default_factory=list, max_length=50)]
Materials = Annotated[
    list[Annotated[str, Field(pattern=r"^[a-z]{2,20}:[A-Za-z0-9_.-]{1,59}$")]],
    Field(
        default_factory=list,
        max_length=50,
        description="what was put in, such as article:7, macro:3 or campaign:spring; files and"
        " links to articles are found by themselves",
        examples=[["campaign:spring"]],
    ),
]
Purpose = Annotated[
    str,
    Field(
        pattern=r"^([a-z][a-z0-9_]{0,39})?$",
        description="empty: service; else only with the customer's consent (409 `no_consent`)",
        examples=["marketing"],
    ),
]
CapReason = Annotated[
    str,
    Field(max_length=300, description="supervisors: why it goes although they had enough"),
]


class SlaShape(Shape):
    """A promise that runs. While it is paused it has no `due_at`, but a `left_ms`."""

    kind: str = Field(description="first (answer), next (answer) or resolve", examples=["first"])
    target_ms: int = Field(description="of the queue's business time")
    due_at: int | None
    left_ms: int | None = Field(description="business time left when it was paused")
    breached: bool = Field(description="it was late once, whatever was moved since")


class ConversationShape(Shape):
    """A thread with a customer. Times are ms since the epoch, UTC."""

    id: int = Field(examples=[1042])
    brand_id: int
    inbox_id: int
    customer_id: int
    queue_id: int | None
    assignee_id: int | None
    contact_id: int | None = Field(description="the latest episode of work: see /contacts/{id}")
    channel: str = Field(examples=["email"])
    subject: str = Field(examples=["Where is my parcel?"])
    status: str = Field(description="open, snoozed or done", examples=["open"])
    spam: bool
    language: str = Field(examples=["en"])
    last_seq: int = Field(description="counts everything that happened in it")
    preview: str
    created_at: int
    last_message_at: int
    waiting_since: int | None = Field(description="the customer's oldest unanswered message")
    snoozed_until: int | None
    tags: list[str]
    sla: SlaShape | None = Field(description="of the running promises the one due first")


class MessageShape(Shape):
    """One entry of a conversation. `seq` orders it, `key` is its sender's own id."""

    id: int
    conversation_id: int
    seq: int
    key: str
    kind: str = Field(description="inbound, outbound, note or system", examples=["inbound"])
    channel: str
    agent_id: int | None
    customer_id: int | None
    text: str = Field(description="without quotes and signature; of a system line, its code")
    hides: bool = Field(description="numbers in it are hidden: see /messages/{id}/reveal")
    subject: str
    state: str = Field(
        description="received, queued, sending, sent, delivered, read, failed, discarded …"
    )
    state_reason: str
    details: dict[str, Any]
    sent_at: int
    send_at: int | None = Field(description="of a planned message: when it leaves")
    created_at: int
    files: list[FileShape]


class SourceShape(Shape):
    """A message as it came: with quotes and signature, and its HTML made harmless."""

    id: int
    conversation_id: int
    subject: str
    text: str
    full_text: str
    hides: bool = Field(description="numbers in it are hidden: see /messages/{id}/reveal")
    html: str | None = Field(description="sanitised; pictures of the mail point to its files")


class RevealBody(Body):
    """Why hidden numbers are to be shown; it stays in the access log."""

    why: Literal["payment", "refund", "identity", "complaint", "request", "law", "other"]


class EventShape(Shape):
    """Something that happened in a conversation, by ids; read the thing itself for its content."""

    seq: int
    kind: str = Field(examples=["message.added"])
    at: int
    data: dict[str, Any] = Field(examples=[{"conversation_id": 1042, "seq": 7, "message_id": 55}])


class ReplyBody(Body):
    """A reply to the customer, or a note only agents see."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "It is on its way.", "seen_seq": 7}]}
    )

    text: Text = Field("", examples=["It is on its way and arrives on Friday."])
    kind: Literal["outbound", "note"] = "outbound"
    key: OwnKey | None = None
    subject: Line = Field("", description="of the mail; empty: the conversation's")
    seen_seq: Seq | None = Field(None, description="refuse (409) if a later message is there")
    uploads: Uploads
    cc: Addresses
    bcc: Addresses
    force: bool = Field(
        False, description="send although a later message is there, or they had it already"
    )
    send_at: SendAt = None
    materials: Materials
    purpose: Purpose = ""
    cap_reason: CapReason = ""
    macro_id: Id | None = Field(None, description="do what this macro does besides its text")
    keeps: list[Id] = Field(
        default_factory=list, max_length=20, description="promises that it keeps, when it leaves"
    )


class StartBody(Body):
    """A new conversation that we begin: with a customer we have, or an address to write to."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "inbox_id": 1,
                    "email": "kim@example.com",
                    "subject": "Your order",
                    "text": "It is here.",
                }
            ]
        }
    )

    inbox_id: Id
    customer_id: Id | None = None
    email: Address = ""
    name: Name = ""
    subject: Annotated[Line, Field(min_length=1, examples=["Your order 4711"])]
    text: Annotated[Text, Field(min_length=1)]
    uploads: Uploads
    key: OwnKey | None = None
    send_at: SendAt = None
    materials: Materials
    purpose: Purpose = ""
    force: bool = Field(False, description="send although they had it already")
    cap_reason: CapReason = ""


class ForwardBody(Body):
    """Pass a message on by mail."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"to": ["legal@example.com"], "text": "Please have a look."}]
        }
    )

    to: list[Address] = Field(min_length=1, max_length=20)
    text: Text = ""
    key: OwnKey | None = None
    send_at: SendAt = None


class ConversationPatch(Body):
    """What to change; what is left out stays."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"status": "done", "tags": ["parcel"]}]}
    )

    status: Literal["open", "snoozed", "done"] | None = None
    snoozed_until: Moment | None = None
    subject: Line | None = None
    tags: list[Word] | None = Field(None, max_length=50)
    spam: Literal[True] | None = None
    disposition_id: Id | None = Field(None, description="with done: what became of it")
    outcome_note: Line | None = Field(None, description="with done: a word about it")
    block: bool = Field(False, description="with spam: what this customer sends next is spam too")


class TransferBody(Body):
    """Where to: one of queue and agent."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"queue_id": 2, "note": "Asks for a refund."}]}
    )

    queue_id: Id | None = None
    agent_id: Id | None = None
    note: Text = ""
    force: bool = Field(False, description="give it to the agent without asking (supervisors)")


class ReadBody(Body):
    """How far you have read."""

    seq: Seq


class DraftBody(Body):
    """What is typed and not sent yet; an empty text removes it."""

    text: Text


class DraftShape(Shape):
    """A draft of yours."""

    kind: str = Field(description="outbound or note")
    text: str
    updated_at: int


class DiscardedShape(Shape):
    """The text of the message that was given up, to be used again."""

    text: str

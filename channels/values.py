"""The values that cross the border between the outside world and the product.

Every channel turns what it receives into an `Inbound` and what the product wants to say, an
`Outbound`, into its own bytes or payload. They are plain frozen values: no I/O, no clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

IdentityKind = Literal["email", "phone", "user", "visitor", "card", "external", "oidc", "wechat"]
SenderTrust = Literal["verified", "unverified", "unknown"]


@dataclass(frozen=True, slots=True)
class Identity:
    """One way in which a customer is known. `value` is normalised by `channels.identity`."""

    kind: IdentityKind
    value: str
    verified: bool = False


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came or goes with a message. `content_id` is set for images shown inline."""

    filename: str
    content_type: str
    data: bytes
    content_id: str | None = None


@dataclass(frozen=True, slots=True)
class AgentMark:
    """What a mail says whose writer claims to be an agent who answers a customer's message.

    `genuine`: signed with our secret. `expires_at` in ms. Who wrote the mail is not proven by this.
    """

    agent_id: int
    message_id: int
    expires_at: int
    genuine: bool


@dataclass(frozen=True, slots=True)
class ThreadHints:
    """What a message says about the conversation it belongs to.

    `token` is the *verified* signed conversation token found in a plus-address, Message-ID or chat
    session (the number of the conversation); `references` are raw Message-IDs, newest last;
    `subject_number` is the number of a "[#1042]" subject tag, to be believed only from a
    participant. `agent` is there when the mail bears the mark that only agents are sent.
    """

    token: int | None = None
    message_id: str | None = None
    references: tuple[str, ...] = ()
    subject_number: int | None = None
    agent: AgentMark | None = None


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """One recipient of a delivery status notification (RFC 3464).

    `delayed`: the host only warns that it has not succeeded yet, and goes on trying.
    """

    recipient: str
    status: str
    hard: bool
    message_id: str | None = None
    reason: str = ""
    delayed: bool = False


@dataclass(frozen=True, slots=True)
class Complaint:
    """Somebody told their provider that a mail of ours is spam (RFC 5965); `kind` is its word."""

    kind: str
    recipient: str
    message_id: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """A mail of ours was `displayed`, `deleted`, … (RFC 8098)."""

    disposition: str
    recipient: str
    message_id: str | None = None


@dataclass(frozen=True, slots=True)
class Invite:
    """An event of a calendar that came along; times in ms since the epoch.

    `method` is REQUEST, CANCEL, REPLY, … of RFC 5546, or empty. An `all_day` event lasts from
    midnight UTC of its first day to that after its last.
    """

    method: str
    uid: str
    summary: str
    location: str
    organizer: str
    starts_at: int
    ends_at: int
    all_day: bool = False
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class SpamVerdict:
    """What a filter of our own mail server says: its score, if it names one, and its judgement."""

    score: float | None
    is_spam: bool


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message from outside, the same value whatever the channel.

    `external_id` is unique within the inbox and makes the door idempotent. `text` is what people
    read (quotes and signature trimmed), `full_text` all of it, `html` the sender's own HTML,
    unsanitised. `sent_at` is in ms since the epoch as the sender claims it. `fields` are a form's
    further fields. `automatic` mail is kept but never answered by a machine. `defects` say in words
    what could not be read.
    """

    channel: str
    external_id: str
    identities: tuple[Identity, ...]
    name: str = ""
    subject: str = ""
    text: str = ""
    full_text: str = ""
    html: str | None = None
    attachments: tuple[Attachment, ...] = ()
    thread: ThreadHints = ThreadHints()
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    reply_to: str | None = None
    sent_at: int | None = None
    language: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    automatic: bool = False
    reports: tuple[DeliveryReport, ...] = ()
    complaint: Complaint | None = None
    receipt: Receipt | None = None
    invites: tuple[Invite, ...] = ()
    trust: SenderTrust = "unknown"
    spam: SpamVerdict | None = None
    defects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outbound:
    """A message to the outside.

    `message_id` is made once and stored, so that a retry is the same mail. `references` are the
    Message-IDs of the thread, oldest first. `automatic` mail carries the marks that keep two
    machines from answering each other. `unsubscribe` is the address that ends mails of its kind, by
    a page or by one click of the reader's mail program (RFC 8058).
    """

    message_id: str
    sender: str
    sender_name: str
    to: tuple[str, ...]
    subject: str
    text: str
    html: str | None = None
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    reply_to: str | None = None
    references: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    sent_at: int = 0
    language: str = "en"
    automatic: bool = False
    unsubscribe: str | None = None

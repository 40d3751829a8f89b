"""Facts that were committed. The journal keeps them; live screens and webhooks follow them.

Events carry ids, never text, so that erasing a customer never has to rewrite history. An event of
a conversation carries the conversation's next `seq`, taken under its row lock in the same write.
"""

from dataclasses import asdict, dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Event:
    """The base of all events; `kind` is its name in the journal and in webhooks."""

    kind: ClassVar[str] = ""

    def data(self) -> dict[str, Any]:
        """The event's ids, as they are stored in the journal."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class MessageAdded(Event):
    """A message, note or system line joined the conversation."""

    kind: ClassVar[str] = "message.added"
    conversation_id: int
    seq: int
    message_id: int
    message_kind: str


@dataclass(frozen=True, slots=True)
class MessageChanged(Event):
    """A message's delivery state or content changed."""

    kind: ClassVar[str] = "message.changed"
    conversation_id: int
    seq: int
    message_id: int


REARRANGED = "rearranged"  # messages came, went or have other numbers: screens load it again


@dataclass(frozen=True, slots=True)
class ConversationChanged(Event):
    """Status, assignee, queue, tags, subject or any other property of a conversation changed."""

    kind: ClassVar[str] = "conversation.changed"
    conversation_id: int
    seq: int
    what: str


@dataclass(frozen=True, slots=True)
class ContactChanged(Event):
    """A contact moved: waiting, offered, active, wrap_up, ended."""

    kind: ClassVar[str] = "contact.changed"
    contact_id: int
    conversation_id: int
    queue_id: int
    status: str
    agent_id: int | None


@dataclass(frozen=True, slots=True)
class OfferChanged(Event):
    """An offer was made, accepted, declined, timed out or rescinded."""

    kind: ClassVar[str] = "offer.changed"
    offer_id: int
    contact_id: int
    conversation_id: int
    agent_id: int
    status: str


@dataclass(frozen=True, slots=True)
class PresenceChanged(Event):
    """An agent became available, away, not ready or offline, or their load changed."""

    kind: ClassVar[str] = "presence.changed"
    agent_id: int
    state: str


@dataclass(frozen=True, slots=True)
class ConsultChanged(Event):
    """A colleague was asked, joined, declined, left, or took over."""

    kind: ClassVar[str] = "consult.changed"
    consult_id: int
    conversation_id: int
    from_agent_id: int
    to_agent_id: int
    status: str


@dataclass(frozen=True, slots=True)
class ClockChanged(Event):
    """A promise began (started), was kept (met) or broken (breached).

    `clock` is first, next or resolve. Only what no other event of the conversation tells is told.
    """

    kind: ClassVar[str] = "clock.changed"
    conversation_id: int
    clock_id: int
    clock: str
    state: str


@dataclass(frozen=True, slots=True)
class CustomerChanged(Event):
    """A customer was created, edited or gained an identity."""

    kind: ClassVar[str] = "customer.changed"
    customer_id: int


@dataclass(frozen=True, slots=True)
class ArticleChanged(Event):
    """An article was written, published or withdrawn: indexes follow."""

    kind: ClassVar[str] = "article.changed"
    article_id: int


@dataclass(frozen=True, slots=True)
class KnowledgeChanged(Event):
    """Many articles of a brand changed at once, or what topics are learned from: read it again.

    `what` is articles, training, corrected or synonyms; without a brand it concerns all of them.
    """

    kind: ClassVar[str] = "knowledge.changed"
    what: str
    brand_id: int | None = None


@dataclass(frozen=True, slots=True)
class SetupChanged(Event):
    """The set-up was changed: inbox, queue, skill, agent, team, brand, hours, macro."""

    kind: ClassVar[str] = "setup.changed"
    what: str
    id: int


@dataclass(frozen=True, slots=True)
class AccessChanged(Event):
    """What an agent may see changed, or a session ended: their sockets are checked again."""

    kind: ClassVar[str] = "access.changed"
    agent_id: int


@dataclass(frozen=True, slots=True)
class OutboxAdded(Event):
    """Something waits to leave the house; the delivery worker wakes."""

    kind: ClassVar[str] = "outbox.added"
    outbox_id: int


@dataclass(frozen=True, slots=True)
class ScenarioChanged(Event):
    """A supervisor asked "what if", or called it off; who reckons it wakes."""

    kind: ClassVar[str] = "scenario.changed"
    scenario_id: int


@dataclass(frozen=True, slots=True)
class SupervisionChanged(Event):
    """What supervisors do or are told: `what` is broadcast, alert, watch, whisper,
    promise, task or review.

    `id` is its own; of a watch and a whisper the conversation's. `agent_id` is
    whom it concerns; none: everybody.
    """

    kind: ClassVar[str] = "supervision.changed"
    what: str
    id: int
    agent_id: int | None = None


KINDS: dict[str, type[Event]] = {
    event.kind: event
    for event in (
        MessageAdded,
        MessageChanged,
        ConversationChanged,
        ContactChanged,
        OfferChanged,
        PresenceChanged,
        ConsultChanged,
        ClockChanged,
        CustomerChanged,
        ArticleChanged,
        KnowledgeChanged,
        SetupChanged,
        AccessChanged,
        OutboxAdded,
        SupervisionChanged,
        ScenarioChanged,
    )
}

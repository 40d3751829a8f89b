"""What is routed and where: inboxes, queues, contacts, offers, and the wallboard over them."""

from typing import Any, Literal

from pydantic import Field

from app.web.api.shapes.base import Body, Shape
from app.web.api.values import Id, Line, Name


class InboxShape(Shape):
    """A configured entrance of a channel."""

    id: int
    brand_id: int
    queue_id: int
    channel: str
    name: str
    key: str
    address: str


class QueueShape(Shape):
    """A queue and who waits in it."""

    id: int
    name: str
    brand_id: int | None
    priority: str
    closed: bool
    agents_may_pull: bool
    interruptible: bool = Field(description="its emails and forms, by chats")
    target_s: int = Field(description="a chat is to be answered within")
    mail_target_s: int = Field(description="an email or form is to be answered within")
    goal_pct: int
    waiting: int
    oldest_at: int | None


class QueuePatch(Body):
    """Open or close a queue (supervisors)."""

    closed: bool


class OfferShape(Shape):
    """An offer that waits for an answer until `expires_at`; `decision` says why it was made."""

    id: int
    status: str
    made_at: int
    expires_at: int
    decision: dict[str, Any]
    contact_id: int
    conversation_id: int
    queue_id: int
    queue_name: str
    channel: str
    priority: str
    enqueued_at: int = Field(description="since when the customer waits")
    customer_id: int
    customer_name: str
    customer_email: str
    subject: str
    preview: str
    language: str


class DispositionShape(Shape):
    """What may have become of a contact; `queue_id` null: in every queue."""

    id: int
    name: str = Field(examples=["Refunded"])
    queue_id: int | None


class OutcomeBody(Body):
    """What became of a contact of yours, and a word about it; what is left out stays."""

    disposition_id: Id | None = None
    note: Line | None = None


class DeclineBody(Body):
    """Why not."""

    reason: Name = ""


class MadeOfferShape(Shape):
    """An offer that was made for a contact; `decision` is routing's record of why this agent."""

    id: int
    agent_id: int
    status: str = Field(description="pending, accepted, declined, timed_out or rescinded")
    reason: str
    decision: dict[str, Any]
    made_at: int
    expires_at: int
    ended_at: int | None


class WhyShape(Shape):
    """Why a contact waits: the reason of whoever came nearest, and how many stop at each rule."""

    closest: str | None = Field(examples=["capacity"])
    params: dict[str, int | str] = Field(description="what the reason speaks of")
    by_reason: dict[str, int] = Field(examples=[{"not_available": 3, "capacity": 1}])
    ahead: int = Field(description="contacts before it in its queue")
    changes_at: int | None = Field(description="when waiting alone changes something")
    offered_to: int | None


class ContactShape(Shape):
    """One episode of work in a conversation: how it was routed, and why."""

    id: int
    conversation_id: int
    queue_id: int
    agent_id: int | None
    preferred_agent_id: int | None
    channel: str
    cost: int = Field(description="capacity units")
    status: str = Field(description="waiting, offered, active, wrap_up or ended")
    outcome: str
    priority: str
    skills: list[list[int]] = Field(description="[skill id, level] that are needed")
    excluded: list[int] = Field(description="agents who declined or did not answer")
    moves: int = Field(description="transfers and overflows")
    enqueued_at: int
    preferred_until: int | None
    answered_at: int | None
    replied_at: int | None
    wrap_up_at: int | None
    wrap_up_until: int | None
    disposition_id: int | None = Field(description="what became of it: see /dispositions")
    wrap_up_note: str
    ended_at: int | None
    offers: list[MadeOfferShape]
    why_waiting: WhyShape | None = Field(description="only while it waits")


class PriorityBody(Body):
    """Another priority for a contact."""

    priority: Literal["low", "normal", "high", "urgent"]


class AgentReasonShape(Shape):
    """Why this agent has not got the contact; `code` is one of routing's reasons."""

    agent_id: int
    name: str
    code: str
    params: dict[str, Any]


class PastOfferShape(Shape):
    """An offer, and how many agents were passed over for which reason when it was made."""

    agent_name: str
    status: str
    reason: str
    made_at: int
    ended_at: int | None
    takers: int = Field(description="agents who could have taken it, this one included")
    gave_way: bool
    refused: dict[str, int]
    agent_id: int
    step: int = Field(description="the step that let the agent in; 0: all skills of the queue")
    preferred: bool = Field(description="the customer knows them, or somebody chose them")
    skilled: bool = Field(description="the queue asks for who masters it best")
    runner_up: str = Field(description="who would have been next; empty: nobody")
    interrupts: bool = Field(description="they had no room, but work that this may interrupt")


class StepShape(Shape):
    """What is enough from `at` on."""

    at: int
    skills: list[tuple[str, int]] = Field(description="[skill, least level]")


class RoutingShape(Shape):
    """The way of a contact, explained."""

    contact_id: int
    conversation_id: int
    status: str
    queue_name: str
    priority: str
    head_start_ms: int = Field(description="how much earlier it counts as having come")
    enqueued_at: int
    moves: int
    boosts: list[tuple[str, int]] = Field(description="where the head start comes from, in ms")
    needs: list[tuple[str, int]] = Field(description="[skill, least level]")
    steps: list[StepShape]
    callback_to: str = Field(description="the customer is called back there; empty: they wait")
    callback_at: int | None = Field(description="and not before")
    ahead: int | None = Field(description="contacts before it in its queue, while it waits")
    changes_at: int | None = Field(description="when waiting alone changes something")
    agents: list[AgentReasonShape] = Field(description="of its queue, while it waits")
    others: int = Field(description="agents signed in who do not work in this queue")
    offers: list[PastOfferShape]


class CountsShape(Shape):
    """What came and what became of it in 24 hours; abandons without the short ones."""

    offered: int
    answered: int
    in_target: int
    abandoned: int
    short_abandoned: int
    service_level: float | None = Field(description="answered in target ÷ (answered + abandoned)")
    asa_ms: float | None = Field(description="average speed of answer")
    abandonment: float | None


class QueueFigures(Shape):
    """One queue on the wallboard."""

    id: int
    name: str
    closed: bool
    target_s: int
    goal_pct: int
    waiting: int
    overdue: int = Field(description="waiting for longer than the queue's target")
    oldest_at: int | None
    active: int
    agents_free: int = Field(description="could take what waits, by interrupting letters too")
    agents_interruptible: int = Field(description="of the free: only by interrupting")
    agents_in: int
    day: CountsShape


class HeldShape(Shape):
    """A contact in an agent's hands."""

    conversation_id: int
    title: str
    channel: str
    status: str


class AgentFigures(Shape):
    """One agent on the wallboard."""

    id: int
    name: str
    state: str
    reason: str
    pause: str = Field(description="the reason they chose for being away")
    since_at: int
    used: int
    capacity: int
    help_wanted_at: int | None
    held: list[HeldShape]


class WallboardShape(Shape):
    """The whole wallboard at the moment `at`; `before` are the hours of `day` a week earlier."""

    at: int
    waiting: int
    oldest_at: int | None
    goal: float
    queues: list[QueueFigures]
    agents: list[AgentFigures]
    day: CountsShape
    before: CountsShape


class CallbackShape(Shape):
    """A call to the customer that is to be made."""

    to: str
    tries: int = Field(description="calls that nobody answered")
    of: int = Field(description="so many are made at most")
    next_at: int | None = Field(description="not before")


class BoardContactShape(Shape):
    """A contact behind a number of the wallboard."""

    id: int
    conversation_id: int
    title: str
    subject: str
    channel: str
    queue_name: str
    agent_name: str | None
    status: str
    outcome: str
    enqueued_at: int
    answered_at: int | None
    ended_at: int | None
    moves: int
    callback: CallbackShape | None


class MacroActionsShape(Shape):
    """What is done when a message is sent with the macro; `then` is done, snooze or empty."""

    tags: list[str]
    queue_id: int | None
    priority: str
    then: str


class MacroShape(Shape):
    """A text that is written often; `text` holds placeholders such as {{customer.name}}."""

    id: int
    brand_id: int | None
    name: str
    shortcut: str
    text: str
    locale: str
    actions: MacroActionsShape

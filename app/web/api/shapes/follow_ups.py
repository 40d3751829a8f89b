"""Promises to customers and tasks, what is due, and how well promises are kept."""

from typing import Literal

from pydantic import Field

from app.web.api.shapes.base import Body, Shape
from app.web.api.values import Asked, Id, Line, Moment

PromiseState = Literal["open", "kept", "broken", "withdrawn"]
TaskKind = Literal["task", "birthday", "thanks", "apology"]


class PromiseShape(Shape):
    """What was promised to a customer, by when, and what became of it."""

    id: int
    customer_id: int
    customer_name: str
    brand_id: int | None
    conversation_id: int | None
    message_id: int | None = Field(description="the reply that made or kept it")
    owner_id: int
    owner_name: str
    text: str = Field(examples=["Call back about the refund"])
    state: PromiseState
    due_at: int
    overdue: bool = Field(description="open, though its time is over")
    created_at: int
    closed_at: int | None
    closed_by: str | None = Field(description="the name of who said what became of it")
    moved: int = Field(description="how often its date was put off")


class PromiseBody(Body):
    """A promise: by `due_at`, or by what `when` says in words."""

    text: Line = Field(examples=["Call back about the refund"])
    due_at: Moment | None = None
    when: Asked = Field(
        "",
        description="English or Chinese, in the business time of the conversation's queue",
        examples=["tomorrow 12:00", "in 2 hours", "周五"],
    )
    owner_id: Id | None = Field(None, description="who is to keep it; you without it")
    message_id: Id | None = None


class ChangeBody(Body):
    """Another date or owner for a promise; what is left out stays."""

    due_at: Moment | None = None
    when: Asked = Field("", description="the date in words", examples=["tomorrow 12:00"])
    owner_id: Id | None = None
    reason: Line = Field(
        description="stays in the conversation", examples=["The part arrives on Monday"]
    )


class ClosingBody(Body):
    """What became of a promise."""

    state: Literal["kept", "broken", "withdrawn"]


class TaskShape(Shape):
    """What somebody has to do."""

    id: int
    customer_id: int | None
    customer_name: str | None
    brand_id: int | None
    conversation_id: int | None
    owner_id: int
    owner_name: str
    kind: TaskKind
    text: str
    due_at: int | None
    overdue: bool
    done_at: int | None
    created_at: int


class TaskBody(Body):
    """A task: of a conversation, of a customer, or of nobody in particular."""

    text: Line = Field(examples=["Send a card"])
    due_at: Moment | None = None
    owner_id: Id | None = Field(None, description="who is to do it; you without it")
    customer_id: Id | None = None
    conversation_id: Id | None = None
    kind: TaskKind = "task"


class TaskChangeBody(Body):
    """Another time or owner for a task; what is left out stays."""

    due_at: Moment | None = None
    owner_id: Id | None = None


class DoneBody(Body):
    """Whether it is done."""

    done: bool


class DueShape(Shape):
    """One line of the due list. `id` is that of its kind; of a callback and a snooze it is the
    conversation's."""

    kind: Literal["promise", "task", "callback", "snooze", "message"]
    id: int
    at: int | None = Field(description="null: a task without a time")
    text: str
    customer_id: int | None
    customer: str
    conversation_id: int | None


class PromiseSumsShape(Shape):
    """Promises that were due: counts, and the share that was kept in time."""

    kept: int
    kept_late: int
    broken: int
    late: int = Field(description="open still, though their time is over")
    running: int
    withdrawn: int
    moved: int = Field(description="whose date was put off, whatever became of them")
    rate: float | None = Field(description="kept ÷ (kept + kept_late + broken + late)")


class PromiseLineShape(Shape):
    """Those of one agent, team or queue."""

    id: int
    name: str
    sums: PromiseSumsShape


class PromiseReportShape(Shape):
    """How well promises are kept."""

    all: PromiseSumsShape
    agents: list[PromiseLineShape]
    teams: list[PromiseLineShape]
    queues: list[PromiseLineShape]

"""Alerts and their rules, consults, and who has listened in."""

from typing import Annotated, Literal

from pydantic import Field

from app.web.api.shapes.base import Body, Shape
from app.web.api.values import Id, Text

Metric = Literal[
    "waiting", "longest_wait", "service_level", "available", "abandonment", "help_wanted"
]
Seconds = Annotated[int, Field(ge=0, le=24 * 3600)]


class AlertShape(Shape):
    """A threshold that was crossed for long enough."""

    id: int
    rule_id: int
    state: str = Field(description="raised, acknowledged (somebody sees to it) or over")
    name: str
    metric: str
    direction: str
    threshold: int
    queue_name: str | None = Field(description="null: all queues together")
    value: int = Field(description="the worst that was measured")
    began_at: int
    raised_at: int
    acknowledged_by: str | None = Field(description="the name of who sees to it")
    acknowledged_at: int | None
    ended_at: int | None


class AlertRuleShape(Shape):
    """When to raise an alert, and how to tell of it."""

    id: int
    name: str
    metric: str
    queue_id: int | None
    direction: str
    threshold: int
    for_s: int
    quiet_s: int
    banner: bool
    sound: bool
    webhook_url: str
    active: bool


class SavedRuleShape(AlertRuleShape):
    """A rule as it was saved. `secret` signs its webhook; it is shown where it is new, and only
    in this answer."""

    secret: str | None


class AlertRuleBody(Body):
    """A whole rule: in a PUT, what is left out takes its default."""

    name: str = Field(pattern=r"^[^\x00]*$", min_length=1, max_length=120, examples=["Long wait"])
    metric: Metric = Field(description="longest_wait in s, shares in percent, else a count")
    queue_id: Id | None = Field(None, description="null: all queues together")
    direction: Literal["above", "below"] = "above"
    threshold: int = Field(ge=0, le=1_000_000, examples=[120])
    for_s: Seconds = Field(60, description="crossed for so long before it is raised")
    quiet_s: Seconds = Field(900, description="not raised again within this time")
    banner: bool = True
    sound: bool = False
    webhook_url: str = Field("", pattern=r"^[^\x00]*$", max_length=500)
    active: bool = True


class ConsultShape(Shape):
    """A colleague who was asked into a conversation that stays with the agent who asked."""

    id: int
    conversation_id: int
    status: str = Field(description="asked, joined, declined, ended or handed")
    from_agent_id: int
    from_name: str
    to_agent_id: int
    to_name: str
    asked_at: int
    expires_at: int = Field(description="asked until then")
    joined_at: int | None
    ended_at: int | None


class ConsultBody(Body):
    """Whom to ask, and what; the question becomes a note in the conversation."""

    agent_id: Id
    question: Text = Field("", max_length=20_000)


class WatchShape(Shape):
    """One stretch in which a supervisor listened in, in one way."""

    who: str = Field(description="the supervisor's name")
    mode: str = Field(description="monitor, whisper or barge")
    began_at: int
    ended_at: int | None

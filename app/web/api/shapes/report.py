"""What was, over the API: sums and figures of queues and agents, step by step."""

from pydantic import Field

from app.web.api.shapes.base import Shape


class QueueReportShape(Shape):
    """A queue in a step of the time asked for. Sums may be added up, figures may not."""

    queue_id: int
    starts_at: int
    ends_at: int
    offered: int = Field(description="contacts that came in this step; what became of them follows")
    answered: int
    in_target: int = Field(description="answered within the queue's target")
    abandoned: int = Field(description="without those who left within 5 s")
    short_abandoned: int
    waits_ms: int = Field(description="of the answered, together")
    longest_ms: int
    handled: int
    handling_ms: int
    wrap_up_ms: int
    transferred: int = Field(description="moves to another queue by hand")
    overflowed: int = Field(description="moves to another queue by rule")
    service_level: float | None = Field(description="in_target ÷ (answered + abandoned)")
    asa_ms: float | None = Field(description="waits_ms ÷ answered")
    aht_ms: float | None = Field(description="(handling_ms + wrap_up_ms) ÷ handled")
    abandonment: float | None = Field(description="abandoned ÷ (answered + abandoned)")


class AgentReportShape(Shape):
    """An agent in a step of the time asked for."""

    agent_id: int
    starts_at: int
    ends_at: int
    available_ms: int
    away_ms: int
    not_ready_ms: int
    busy_ms: int = Field(description="available with at least one contact in hand")
    unit_ms: int = Field(description="units of capacity in use × time")
    offered: int = Field(description="offers made in this step")
    accepted: int
    declined: int
    timed_out: int
    handled: int = Field(description="contacts that ended in this step")
    handling_ms: int
    wrap_up_ms: int
    occupancy: float | None = Field(description="busy_ms ÷ available_ms")
    aht_ms: float | None = Field(description="(handling_ms + wrap_up_ms) ÷ handled")


class DeflectionSums(Shape):
    """Visits in which help pages had something to show."""

    visits: int
    confirmed: int = Field(description="said that it was the answer, and did not come back")
    assumed: int = Field(description="an answer or article was seen, and nobody asked for 72 hours")
    pending: int = Field(description="the same, but less than 72 hours ago")
    revoked: int = Field(description="taken back: asked a person within 7 days")
    sent: int = Field(description="a person was asked in the same visit")
    settled: int = Field(description="visits older than 72 hours")
    contacts: int = Field(description="of the settled: a person was asked within 72 hours")
    contact_rate: float | None = Field(description="contacts ÷ settled")


class DeflectionLine(DeflectionSums):
    """The same for one article or one question."""

    article_id: int | None
    label: str = Field(description="the article's title, or the question")
    uses: int = Field(description="how often agents answered with the article")


class EffectShape(Shape):
    """Contact rate of those who saw help minus that of those held out, with its 95 % interval."""

    difference: float
    low: float
    high: float


class DeflectionReportShape(Shape):
    """What help pages avoided; `effect` is null unless both arms have settled visits."""

    shown: DeflectionSums
    held: DeflectionSums
    effect: EffectShape | None
    articles: list[DeflectionLine]
    questions: list[DeflectionLine]

"""What reports are made of: the log of routing, spans of presence, and rows of a quarter of an hour."""

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, UniqueConstraint

from app.models.base import Json, id_column, metadata, moment, ref

routing_log = Table(  # what each pass of routing was told and what it decided, so that a day can be replayed
    "routing_log", metadata, id_column(),
    moment("at", index=True),
    Column("kind", String(10), nullable=False),  # state: all there is, at a start · pass: what changed since
    Column("policy", Integer, nullable=False, server_default="0"),
    Column("data", Json, nullable=False),
    Column("digest", String(64), nullable=False, server_default=""),
)  # fmt: skip

contact_moves = Table(  # from queue to queue: by hand it counts as a wrong queue
    "contact_moves", metadata, id_column(),
    ref("contact_id", "contacts", index=True, cascade=True),
    ref("from_queue_id", "queues"),
    ref("to_queue_id", "queues"),
    ref("agent_id", "agents", null=True),  # who moved it; none: an overflow
    ref("rule_id", "queue_rules", null=True),  # the rule that had sent it to the first queue
    Column("why", String(20), nullable=False),  # transfer too_many too_long nobody_staffed closed declined_by_all
    moment("at", index=True),
)  # fmt: skip

presence_spans = Table(  # one row for each time an agent was in a state
    "presence_spans", metadata, id_column(),
    ref("agent_id", "agents", cascade=True),
    Column("state", String(12), nullable=False),
    Column("reason", String(120), nullable=False, server_default=""),
    ref("pause_reason_id", "pause_reasons", null=True),
    moment("began_at"),
    moment("ended_at", null=True),
    Index("ix_presence_spans_agent_id_began_at", "agent_id", "began_at"),
    Index("ix_presence_spans_ended_at", "ended_at"),
)  # fmt: skip

queue_intervals = Table(  # a quarter of an hour of a queue and channel; sums only, so that rows add up
    "queue_intervals", metadata, id_column(),
    ref("queue_id", "queues", cascade=True),
    Column("channel", String(20), nullable=False),
    Column("priority", String(10), nullable=False),
    Column("language", String(10), nullable=False, server_default=""),
    moment("starts_at"),
    Column("offered", Integer, nullable=False),  # contacts that came in this quarter, and what became of them:
    Column("answered", Integer, nullable=False),
    Column("in_target", Integer, nullable=False),
    Column("abandoned", Integer, nullable=False),  # without the short ones
    Column("short_abandoned", Integer, nullable=False),
    Column("waits_ms", BigInteger, nullable=False),  # of the answered
    Column("longest_ms", BigInteger, nullable=False),
    Column("handled", Integer, nullable=False),
    Column("handling_ms", BigInteger, nullable=False),
    Column("wrap_up_ms", BigInteger, nullable=False),
    Column("transferred", Integer, nullable=False),  # moved to another queue by hand
    Column("overflowed", Integer, nullable=False),
    UniqueConstraint("queue_id", "channel", "priority", "language", "starts_at"),
    Index("ix_queue_intervals_starts_at", "starts_at"),
)  # fmt: skip

agent_intervals = Table(  # a quarter of an hour of an agent
    "agent_intervals", metadata, id_column(),
    ref("agent_id", "agents", cascade=True),
    moment("starts_at"),
    Column("available_ms", Integer, nullable=False),
    Column("away_ms", Integer, nullable=False),
    Column("not_ready_ms", Integer, nullable=False),
    Column("busy_ms", Integer, nullable=False),  # with at least one contact in hand
    Column("unit_ms", BigInteger, nullable=False),  # units in use × time
    Column("offered", Integer, nullable=False),
    Column("accepted", Integer, nullable=False),
    Column("declined", Integer, nullable=False),
    Column("timed_out", Integer, nullable=False),
    Column("handled", Integer, nullable=False),
    Column("handling_ms", BigInteger, nullable=False),
    Column("wrap_up_ms", BigInteger, nullable=False),
    UniqueConstraint("agent_id", "starts_at"),
    Index("ix_agent_intervals_starts_at", "starts_at"),
)  # fmt: skip

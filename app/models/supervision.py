"""What supervisors work with: watches, broadcasts, alerts, screens on the wall, scenarios."""

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text, text

from app.models.base import Json, id_column, metadata, moment, ref

watches = Table(  # who listens in, and how near: kept for ever, shown to the agent as the policy says
    "watches", metadata, id_column(),
    ref("conversation_id", "conversations", index=True, cascade=True),
    ref("agent_id", "agents"),
    Column("mode", String(10), nullable=False),  # monitor whisper barge
    moment("began_at"),
    moment("seen_at", null=True),  # the supervisor's page was there: who is gone watches no longer
    moment("ended_at", null=True),
    Index("ix_watches_ended_at", "ended_at"),
)  # fmt: skip

broadcasts = Table(  # a word of a supervisor to everybody, or to those of a queue, for some hours
    "broadcasts", metadata, id_column(),
    ref("queue_id", "queues", null=True, cascade=True),
    ref("agent_id", "agents"),
    Column("brands", Json, nullable=True),  # of whoever said it: heard by agents of these; null: all
    Column("text", String(500), nullable=False),
    Column("dismissed", Json, nullable=False, server_default="[]"),  # agents who have read it
    moment("created_at"),
    moment("until_at", index=True),
)  # fmt: skip

alert_rules = Table(
    "alert_rules", metadata, id_column(),
    Column("name", String(120), nullable=False),
    Column("metric", String(30), nullable=False),  # waiting longest_wait service_level available abandonment
    ref("queue_id", "queues", null=True, cascade=True),  # none: over all queues
    Column("direction", String(5), nullable=False, server_default="above"),  # above below
    Column("threshold", Integer, nullable=False),  # contacts, seconds, percent or agents, as the metric is
    Column("for_s", Integer, nullable=False, server_default="60"),  # it has to hold for so long
    Column("quiet_s", Integer, nullable=False, server_default="900"),  # and is not repeated for so long
    Column("banner", Boolean, nullable=False, server_default=text("true")),
    Column("sound", Boolean, nullable=False, server_default=text("false")),
    Column("webhook_url", String(500), nullable=False, server_default=""),
    Column("secret", String(80), nullable=False, server_default=""),  # signs its webhooks
    Column("active", Boolean, nullable=False, server_default=text("true")),
    moment("created_at"),
)  # fmt: skip

alerts = Table(  # each time a rule was broken
    "alerts", metadata, id_column(),
    ref("rule_id", "alert_rules", index=True, cascade=True),
    Column("value", Integer, nullable=False),  # what was measured when it began, worst since
    moment("began_at"),  # the threshold was crossed
    moment("raised_at", null=True),  # it had held for long enough
    ref("acknowledged_by", "agents", null=True),
    moment("acknowledged_at", null=True),
    moment("ended_at", null=True),
)  # fmt: skip

alert_calls = Table(  # webhooks on their way; who receives one knows it again by its id
    "alert_calls", metadata, id_column(),
    ref("rule_id", "alert_rules", index=True, cascade=True),
    Column("url", String(500), nullable=False),
    Column("body", Text, nullable=False),
    Column("state", String(8), nullable=False, server_default="queued"),  # queued sent failed
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("error", Text, nullable=False, server_default=""),
    moment("next_at"),
    moment("created_at"),
    moment("sent_at", null=True),
    Index("ix_alert_calls_state_next_at", "state", "next_at"),
)  # fmt: skip

screens = Table(  # a wallboard on the wall: whoever has the address reads, and can do nothing else
    "screens", metadata, id_column(),
    Column("name", String(120), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
    Column("brands", Json, nullable=True),  # null: all
    Column("locale", String(10), nullable=False, server_default="en"),
    Column("time_zone", String(60), nullable=False, server_default="UTC"),
    ref("created_by", "agents", null=True),
    moment("created_at"),
    moment("seen_at", null=True),
    moment("revoked_at", null=True),
)  # fmt: skip

scenarios = Table(  # a "what if": the question, how far it is, the answer
    "scenarios", metadata, id_column(),
    Column("kind", String(10), nullable=False),  # replay forecast staffing
    Column("name", String(120), nullable=False),
    Column("question", Json, nullable=False),
    Column("state", String(10), nullable=False, server_default="queued"),  # queued running done failed
    Column("progress", Integer, nullable=False, server_default="0"),  # per cent
    Column("answer", Json, nullable=True),
    Column("error", Text, nullable=False, server_default=""),
    ref("created_by", "agents", null=True),
    moment("created_at"),
    moment("finished_at", null=True),
    Index("ix_scenarios_state", "state"),
)  # fmt: skip

"""What is routed: contacts, the offers made for them, and the record of why."""

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, text

from app.models.base import Json, id_column, metadata, moment, ref

contacts = Table(
    "contacts", metadata, id_column(),
    ref("conversation_id", "conversations", index=True, cascade=True),
    ref("queue_id", "queues"),
    ref("agent_id", "agents", null=True),  # whose it is, from the offer on
    ref("preferred_agent_id", "agents", null=True),
    Column("channel", String(20), nullable=False),
    Column("cost", Integer, nullable=False),  # capacity units
    Column("status", String(10), nullable=False),  # waiting offered active wrap_up ended
    Column("outcome", String(12), nullable=False, server_default=""),  # handled abandoned self_served left
    Column("priority", String(10), nullable=False, server_default="normal"),
    Column("boost_ms", Integer, nullable=False, server_default="0"),
    Column("boosts", Json, nullable=False, server_default="[]"),  # where it comes from: [["priority", 300000], ...]
    ref("rule_id", "queue_rules", null=True),  # the rule that chose the first queue
    Column("skills", Json, nullable=False),  # [[skill id, level], ...]
    Column("steps", Json, nullable=False, server_default="[]"),  # the queue's, as they were at the entry
    Column("been_in", Json, nullable=False, server_default="[]"),  # queues it has overflowed from
    Column("exclusion_cleared", Boolean, nullable=False, server_default=text("false")),  # its extra round was given
    Column("excluded", Json, nullable=False),  # agents that declined or did not answer
    moment("ask_again_at", null=True),  # they are asked again from then on, if nobody else can
    Column("moves", Integer, nullable=False, server_default="0"),  # transfers and overflows
    Column("version", Integer, nullable=False, server_default="0"),
    moment("enqueued_at"),  # first entry; kept through decline, time-out and transfer
    moment("preferred_until", null=True),
    moment("answered_at", null=True),  # accepted by an agent
    moment("replied_at", null=True),  # the agent's first reply
    moment("announced_at", null=True),  # what the customer was told of the wait, and when
    Column("announced_low_ms", Integer, nullable=True),
    Column("announced_high_ms", Integer, nullable=True),
    Column("callback", Json, nullable=True),  # {"to": "...", "tries": 0, "next_at": ms}: it waits without the customer
    ref("disposition_id", "dispositions", null=True),
    Column("wrap_up_note", String(500), nullable=False, server_default=""),
    moment("wrap_up_at", null=True),  # when it began
    moment("wrap_up_until", null=True),
    moment("ended_at", null=True),
    Index("ix_contacts_status_queue_id", "status", "queue_id"),
    Index("ix_contacts_agent_id_status", "agent_id", "status"),
    Index("ix_contacts_enqueued_at", "enqueued_at"),
    # How long things take in a queue, asked whenever somebody in line is told how long it will be.
    Index("ix_contacts_entered", "queue_id", "channel", "enqueued_at"),
    Index("ix_contacts_ended", "queue_id", "channel", "ended_at"),
)  # fmt: skip

offers = Table(
    "offers", metadata, id_column(),
    ref("contact_id", "contacts", index=True, cascade=True),
    ref("agent_id", "agents"),
    Column("status", String(10), nullable=False),  # pending accepted declined timed_out rescinded
    Column("reason", String(200), nullable=False, server_default=""),
    Column("decision", Json, nullable=False),  # why this agent: routing's decision record
    moment("made_at"),
    moment("expires_at"),
    moment("ended_at", null=True),
    Index("ix_offers_status_expires_at", "status", "expires_at"),
    Index("ix_offers_agent_id_status", "agent_id", "status"),
)  # fmt: skip

sla_clocks = Table(  # a promise that runs: first answer, next answer, resolution
    "sla_clocks", metadata, id_column(),
    ref("conversation_id", "conversations", index=True, cascade=True),
    ref("contact_id", "contacts", null=True, index=True, cascade=True),
    ref("queue_id", "queues"),
    ref("hours_id", "business_hours", null=True),  # none: around the clock
    Column("kind", String(8), nullable=False),  # first next resolve
    Column("target_ms", Integer, nullable=False),  # of business time
    moment("started_at"),
    moment("due_at", null=True),  # none while it is paused, or if the hours never open
    moment("paused_at", null=True),
    Column("left_ms", Integer, nullable=True),  # business time that was left when it was paused
    moment("met_at", null=True),
    moment("breached_at", null=True),
    moment("ended_at", null=True),
    Index("ix_sla_clocks_ended_at_due_at", "ended_at", "due_at"),
)  # fmt: skip

consults = Table(  # a colleague is asked while the customer stays with the first agent
    "consults", metadata, id_column(),
    ref("conversation_id", "conversations", index=True, cascade=True),
    ref("contact_id", "contacts", cascade=True),
    ref("from_agent_id", "agents"),
    ref("to_agent_id", "agents"),
    Column("status", String(10), nullable=False),  # asked joined declined ended handed
    moment("asked_at"),
    moment("joined_at", null=True),
    moment("ended_at", null=True),
    Index("ix_consults_to_agent_id_status", "to_agent_id", "status"),
    Index("ix_consults_status_asked_at", "status", "asked_at"),
)  # fmt: skip

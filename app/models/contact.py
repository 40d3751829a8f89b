"""What is routed: contacts, the offers made for them, and the record of why."""

from sqlalchemy import Column, Index, Integer, String, Table

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
    Column("skills", Json, nullable=False),  # [[skill id, level], ...]
    Column("excluded", Json, nullable=False),  # agents that declined or did not answer
    moment("ask_again_at", null=True),  # they are asked again from then on, if nobody else can
    Column("moves", Integer, nullable=False, server_default="0"),  # transfers and overflows
    Column("version", Integer, nullable=False, server_default="0"),
    moment("enqueued_at"),  # first entry; kept through decline, time-out and transfer
    moment("preferred_until", null=True),
    moment("answered_at", null=True),  # accepted by an agent
    moment("replied_at", null=True),  # the agent's first reply
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

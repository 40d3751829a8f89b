"""What agents note about a customer and owe them: facts, promises, tasks."""

from sqlalchemy import Column, Index, Integer, String, Table, Text

from app.models.base import id_column, metadata, moment, ref

customer_facts = Table(  # what the next agent should know first
    "customer_facts", metadata, id_column(),
    ref("customer_id", "customers", index=True, cascade=True),
    ref("brand_id", "brands", null=True),
    ref("conversation_id", "conversations", null=True),
    ref("agent_id", "agents", null=True),
    Column("kind", String(12), nullable=False),  # preference problem suggestion fact
    Column("text", Text, nullable=False),
    Column("source", String(40), nullable=False, server_default="agent"),
    moment("at"),
    moment("stale_at", null=True),  # to be asked about again from then on
    moment("ended_at", null=True),  # no longer so
)  # fmt: skip

promises = Table(
    "promises", metadata, id_column(),
    ref("customer_id", "customers", cascade=True),
    ref("brand_id", "brands", null=True),
    ref("conversation_id", "conversations", null=True, index=True),
    ref("message_id", "messages", null=True),
    ref("owner_id", "agents"),
    ref("created_by", "agents", null=True),
    Column("text", Text, nullable=False),
    Column("state", String(10), nullable=False, server_default="open"),  # open kept broken withdrawn
    moment("due_at"),
    moment("closed_at", null=True),
    ref("closed_by", "agents", null=True),
    moment("warned_at", null=True),  # its owner was told that it is due soon
    moment("overdue_at", null=True),  # … and that its time is over
    moment("created_at"),
    Column("moved", Integer, nullable=False, server_default="0"),  # how often its date was put off
    Index("ix_promises_owner_id_state_due_at", "owner_id", "state", "due_at"),
    Index("ix_promises_customer_id_state", "customer_id", "state", "due_at"),
    Index("ix_promises_state_due_at", "state", "due_at"),
)  # fmt: skip

tasks = Table(
    "tasks", metadata, id_column(),
    ref("customer_id", "customers", null=True, index=True, cascade=True),
    ref("brand_id", "brands", null=True),
    ref("conversation_id", "conversations", null=True),
    ref("owner_id", "agents"),
    ref("created_by", "agents", null=True),
    Column("kind", String(20), nullable=False, server_default="task"),  # task birthday thanks apology
    Column("text", Text, nullable=False),
    moment("due_at", null=True),
    moment("done_at", null=True),
    moment("created_at"),
    Index("ix_tasks_owner_id_done_at_due_at", "owner_id", "done_at", "due_at"),
)  # fmt: skip

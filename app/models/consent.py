"""What customers have agreed to, what they prefer, and their rights over what is kept of them."""

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text, UniqueConstraint, text

from app.models.base import Json, id_column, metadata, moment, ref

consent_texts = Table(  # the words that somebody agreed to; a new wording is a new version
    "consent_texts", metadata, id_column(),
    ref("brand_id", "brands", null=True),
    Column("purpose", String(40), nullable=False),
    Column("channel", String(20), nullable=False, server_default=""),  # none: every channel
    Column("locale", String(10), nullable=False),
    Column("version", Integer, nullable=False),
    Column("text", Text, nullable=False),
    ref("created_by", "agents", null=True),
    moment("created_at"),
    UniqueConstraint("brand_id", "purpose", "channel", "locale", "version"),
)  # fmt: skip

consents = Table(  # only ever appended to: the latest row before a moment answers for that moment
    "consents", metadata, id_column(),
    ref("customer_id", "customers", cascade=True),
    ref("brand_id", "brands", null=True),  # none: every brand
    Column("purpose", String(40), nullable=False),
    Column("channel", String(20), nullable=False, server_default=""),  # none: every channel
    Column("status", String(10), nullable=False),  # granted denied revoked
    ref("text_id", "consent_texts", null=True),
    Column("source", String(40), nullable=False),
    ref("agent_id", "agents", null=True),
    moment("at"),
    moment("expires_at", null=True),
    Index("ix_consents_customer_id_purpose", "customer_id", "purpose", "channel", "at"),
)  # fmt: skip

contact_preferences = Table(
    "contact_preferences", metadata, id_column(),
    ref("customer_id", "customers", cascade=True),
    Column("channel", String(20), nullable=False, server_default=""),
    Column("hours", Json, nullable=False),  # {"from": "09:00", "to": "18:00", "days": [0, 1]}
    Column("language", String(10), nullable=False, server_default=""),
    Column("topics", Json, nullable=False),
    Column("personalised", Boolean, nullable=False, server_default=text("true")),
    Column("set_by", String(10), nullable=False, server_default="customer"),  # customer agent
    moment("changed_at"),
    UniqueConstraint("customer_id"),
)  # fmt: skip

portal_sessions = Table(  # a customer signed in to their own page; a link by mail is one that was not used yet
    "portal_sessions", metadata, id_column(),
    Column("hash", String(64), nullable=False, unique=True),
    Column("kind", String(7), nullable=False),  # link session
    ref("customer_id", "customers", index=True, cascade=True),
    ref("brand_id", "brands"),
    Column("email", String(254), nullable=False, server_default=""),
    Column("csrf", String(64), nullable=False, server_default=""),
    moment("created_at"),
    moment("seen_at"),
    moment("expires_at"),
    moment("used_at", null=True),
)  # fmt: skip

rights_requests = Table(  # export, erasure, correction: with the clock the law sets
    "rights_requests", metadata, id_column(),
    ref("customer_id", "customers", null=True, index=True),
    ref("brand_id", "brands", null=True),
    Column("kind", String(12), nullable=False),  # export erase correct object
    Column("state", String(10), nullable=False, server_default="open"),  # open done refused
    Column("asked_by", String(10), nullable=False),  # customer agent
    ref("agent_id", "agents", null=True),
    ref("file_id", "files", null=True),
    Column("details", Json, nullable=False),
    moment("asked_at"),
    moment("due_at"),
    moment("done_at", null=True),
    Index("ix_rights_requests_state_due_at", "state", "due_at"),
)  # fmt: skip

legal_holds = Table(  # while one lasts, nothing of the customer is erased
    "legal_holds", metadata, id_column(),
    ref("customer_id", "customers", index=True),
    Column("reason", Text, nullable=False),
    ref("agent_id", "agents", null=True),
    moment("since_at"),
    moment("until_at", null=True),
    moment("ended_at", null=True),
)  # fmt: skip

retention_rules = Table(  # how long something is kept; a brand's own row goes before the one of all brands
    "retention_rules", metadata, id_column(),
    Column("kind", String(40), nullable=False),  # page_views, closed_conversations, ...
    ref("brand_id", "brands", null=True, cascade=True),  # none: of every brand without a row of its own
    Column("days", Integer, nullable=False),
    Column("active", Boolean, nullable=False, server_default=text("false")),  # not: kept without an end
    ref("changed_by", "agents", null=True),
    moment("changed_at"),
    UniqueConstraint("kind", "brand_id"),
)  # fmt: skip

retention_runs = Table(
    "retention_runs", metadata, id_column(),
    Column("dry", Boolean, nullable=False),
    Column("counts", Json, nullable=False),  # {"page_views": 12, "files": 3}
    Column("errors", Json, nullable=False, server_default="{}"),  # {"raw_mails": "what went wrong"}
    ref("agent_id", "agents", null=True),  # none: by itself
    moment("at"),
    moment("done_at", null=True),  # none: it goes on where it was cut
)  # fmt: skip

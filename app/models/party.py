"""What belongs to a customer besides their identities: organisations, merges, doubts, where a value came from."""

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text, UniqueConstraint, text

from app.models.base import BigId, Json, id_column, metadata, moment, ref

identity_holders = Table(  # others who gave an identity that is somebody else's: many of them, and it is shared
    "identity_holders", metadata, id_column(),
    ref("identity_id", "identities", cascade=True),
    ref("customer_id", "customers", index=True, cascade=True),
    moment("at"),
    UniqueConstraint("identity_id", "customer_id"),
)  # fmt: skip

field_values = Table(  # what each source says of a customer; one value a field is in use
    "field_values", metadata, id_column(),
    ref("customer_id", "customers", cascade=True),
    Column("field", String(60), nullable=False),
    Column("value", Text, nullable=False),
    Column("source", String(40), nullable=False),  # agent customer mail widget api form, or the name of an import's source
    Column("verified", Boolean, nullable=False, server_default=text("false")),
    Column("state", String(10), nullable=False, server_default="used"),  # used conflict (somebody should decide) earlier
    ref("agent_id", "agents", null=True),
    moment("at"),
    Index("ix_field_values_customer_id_field", "customer_id", "field", "state"),
)  # fmt: skip

memberships = Table(  # people in organisations
    "memberships", metadata, id_column(),
    ref("organisation_id", "customers", cascade=True),
    ref("customer_id", "customers", index=True, cascade=True),
    Column("role", String(80), nullable=False, server_default=""),
    moment("since_at", null=True),
    moment("until_at", null=True),
    moment("created_at"),
    UniqueConstraint("organisation_id", "customer_id"),
)  # fmt: skip

customer_tags = Table(
    "customer_tags", metadata, id_column(),
    ref("customer_id", "customers", cascade=True),
    Column("name", String(60), nullable=False, index=True),
    Column("set_by", String(10), nullable=False, server_default="agent"),  # agent customer: kept apart
    ref("agent_id", "agents", null=True),
    moment("at"),
    UniqueConstraint("customer_id", "name", "set_by"),
)  # fmt: skip

customer_merges = Table(
    "customer_merges", metadata, id_column(),
    ref("winner_id", "customers", index=True, cascade=True),
    ref("loser_id", "customers", index=True, cascade=True),
    ref("agent_id", "agents", null=True),  # none: a signed sign-in, an import
    Column("reason", String(200), nullable=False, server_default=""),
    Column("moved", Json, nullable=False),  # {table: [ids]}, and what the winner was like before
    moment("at"),
    moment("undone_at", null=True),
    ref("undone_by", "agents", null=True),
)  # fmt: skip

duplicate_pairs = Table(  # two who may be one: people decide
    "duplicate_pairs", metadata, id_column(),
    ref("a_id", "customers", cascade=True),  # the smaller id
    ref("b_id", "customers", index=True, cascade=True),
    Column("reasons", Json, nullable=False),  # codes: ["same_phone_tail", "same_name"]
    Column("score", Integer, nullable=False),
    Column("state", String(10), nullable=False, server_default="open"),  # open dismissed merged
    ref("decided_by", "agents", null=True),
    moment("decided_at", null=True),
    moment("found_at"),
    UniqueConstraint("a_id", "b_id"),
    Index("ix_duplicate_pairs_state_score", "state", "score"),
)  # fmt: skip

customer_imports = Table(
    "customer_imports", metadata, id_column(),
    Column("kind", String(6), nullable=False),  # csv vcard
    ref("file_id", "files", null=True),
    Column("name", String(255), nullable=False),
    Column("source", String(40), nullable=False),
    ref("brand_id", "brands", null=True),
    Column("mapping", Json, nullable=False),  # {"column of the file": "field"}
    Column("verified", Boolean, nullable=False, server_default=text("false")),  # the addresses in it were checked
    Column("state", String(10), nullable=False, server_default="preview"),  # preview running done failed
    Column("total", Integer, nullable=False, server_default="0"),
    Column("position", Integer, nullable=False, server_default="0"),  # rows that are done
    Column("created", Integer, nullable=False, server_default="0"),
    Column("merged", Integer, nullable=False, server_default="0"),
    Column("rejected", Integer, nullable=False, server_default="0"),
    Column("error", Text, nullable=False, server_default=""),
    ref("agent_id", "agents", null=True),
    moment("created_at"),
    moment("started_at", null=True),
    moment("ended_at", null=True),
    Index("ix_customer_imports_state", "state"),
)  # fmt: skip

rejected_rows = Table(  # never silently dropped
    "rejected_rows", metadata, id_column(),
    ref("import_id", "customer_imports", cascade=True),
    Column("number", Integer, nullable=False),  # counted from 1, without the heading
    Column("raw", Json, nullable=False),
    Column("reasons", Json, nullable=False),  # codes: ["email_invalid"]
    UniqueConstraint("import_id", "number"),
)  # fmt: skip

suppressed_identities = Table(  # of erased customers: a keyed hash, so that an import does not bring them back
    "suppressed_identities", metadata, id_column(),
    Column("kind", String(12), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
    moment("at"),
)  # fmt: skip

access_log = Table(  # who looked at whom, and why; triggers refuse to change or delete a row
    "access_log", metadata, id_column(),
    moment("at", index=True),
    Column("customer_id", BigId, nullable=True),  # no constraint: it outlives what it tells of
    Column("agent_id", BigId, nullable=True),
    Column("actor", String(10), nullable=False, server_default="agent"),  # agent customer api system
    Column("action", String(20), nullable=False),  # viewed exported revealed merged unmerged erased changed ...
    Column("what", String(80), nullable=False, server_default=""),
    Column("why", String(300), nullable=False, server_default=""),
    Column("ip", String(45), nullable=False, server_default=""),
    Column("detail", Json, nullable=False),
    Index("ix_access_log_customer_id_at", "customer_id", "at"),
    Index("ix_access_log_agent_id_at", "agent_id", "at"),
    Index(  # what administrators are told of, until somebody has seen to it
        "ix_access_log_alarms",
        "action",
        "at",
        sqlite_where=text("action IN ('mass_view', 'mass_view_seen')"),
        postgresql_where=text("action IN ('mass_view', 'mass_view_seen')"),
    ),
)  # fmt: skip

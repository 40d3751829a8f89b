"""Who works here and what they work with: brands, teams, skills, business hours, queues, inboxes."""

from sqlalchemy import Boolean, Column, Integer, String, Table, Text, UniqueConstraint, text

from app.models.base import Json, id_column, metadata, moment, ref

brands = Table(
    "brands", metadata, id_column(),
    Column("name", String(120), nullable=False),
    Column("slug", String(60), nullable=False, unique=True),
    Column("locale", String(10), nullable=False, server_default="en"),
    Column("color", String(9), nullable=False, server_default="#3b5bdb"),
    Column("policy_url", String(500), nullable=False, server_default=""),
    Column("signature", Text, nullable=False, server_default=""),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    moment("created_at"),
)  # fmt: skip

teams = Table(
    "teams", metadata, id_column(),
    Column("name", String(120), nullable=False, unique=True),
    moment("created_at"),
)  # fmt: skip

skills = Table(
    "skills", metadata, id_column(),
    Column("name", String(120), nullable=False, unique=True),
    Column("kind", String(20), nullable=False, server_default="topic"),  # language | topic
    Column("code", String(40), nullable=False, server_default=""),  # a language's tag, a topic's key
)  # fmt: skip

business_hours = Table(
    "business_hours", metadata, id_column(),
    Column("name", String(120), nullable=False),
    Column("time_zone", String(60), nullable=False, server_default="UTC"),
    Column("spans", Json, nullable=False),  # {"0": [["09:00", "17:30"]], ...}; 0 is Monday
    Column("holidays", Json, nullable=False),  # ["2026-12-25", ...]
)  # fmt: skip

queues = Table(
    "queues", metadata, id_column(),
    ref("brand_id", "brands", null=True, index=True),
    ref("team_id", "teams", null=True),
    ref("hours_id", "business_hours", null=True),
    Column("name", String(120), nullable=False),
    Column("priority", String(10), nullable=False, server_default="normal"),  # low normal high urgent
    Column("agent_rule", String(20), nullable=False, server_default="longest_idle"),
    Column("occupancy", String(10), nullable=False, server_default="pack"),
    Column("target_s", Integer, nullable=False, server_default="60"),  # service level of chats: answered within
    Column("mail_target_s", Integer, nullable=False, server_default="14400"),  # of emails and forms
    Column("goal_pct", Integer, nullable=False, server_default="80"),
    Column("agents_may_pull", Boolean, nullable=False, server_default=text("false")),
    Column("closed", Boolean, nullable=False, server_default=text("false")),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    moment("created_at"),
)  # fmt: skip

queue_skills = Table(
    "queue_skills", metadata, id_column(),
    ref("queue_id", "queues", index=True, cascade=True),
    ref("skill_id", "skills", cascade=True),
    Column("level", Integer, nullable=False, server_default="1"),
    UniqueConstraint("queue_id", "skill_id"),
)  # fmt: skip

inboxes = Table(
    "inboxes", metadata, id_column(),
    ref("brand_id", "brands", index=True),
    ref("queue_id", "queues"),
    ref("hours_id", "business_hours", null=True),
    Column("channel", String(20), nullable=False),
    Column("name", String(120), nullable=False),
    Column("key", String(40), nullable=False, unique=True),  # public: names the inbox at the doors
    Column("address", String(254), nullable=False, server_default="", index=True),
    Column("settings", Json, nullable=False),  # the channel's own: mail servers, form fields, widget texts
    Column("active", Boolean, nullable=False, server_default=text("true")),
    # IMAP cursor and health, written by the fetching worker
    Column("uidvalidity", Integer, nullable=True),
    Column("uid", Integer, nullable=True),
    moment("last_success_at", null=True),
    moment("last_error_at", null=True),
    Column("last_error", Text, nullable=False, server_default=""),
    moment("created_at"),
)  # fmt: skip

queue_rules = Table(  # first match wins, in order of position; an inbox's own queue is the last resort
    "queue_rules", metadata, id_column(),
    Column("position", Integer, nullable=False),
    ref("inbox_id", "inboxes", null=True, cascade=True),
    Column("language", String(10), nullable=False, server_default=""),
    Column("topic", String(200), nullable=False, server_default=""),  # words, comma separated; any matches
    ref("queue_id", "queues", cascade=True),
    Column("priority", String(10), nullable=False, server_default=""),
)  # fmt: skip

macros = Table(
    "macros", metadata, id_column(),
    ref("brand_id", "brands", null=True),
    Column("name", String(120), nullable=False),
    Column("shortcut", String(40), nullable=False, server_default=""),
    Column("text", Text, nullable=False),
    Column("locale", String(10), nullable=False, server_default=""),
    moment("created_at"),
)  # fmt: skip

installation = Table(  # what the installation remembers of itself: one row a fact
    "installation", metadata,
    Column("name", String(60), primary_key=True),
    Column("value", Json, nullable=False),
)  # fmt: skip

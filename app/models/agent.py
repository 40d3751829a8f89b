"""Agents, what they may do and how they are doing: accounts, presence, sessions, keys, invitations."""

from sqlalchemy import Boolean, Column, Integer, String, Table, Text, UniqueConstraint, text

from app.models.base import BigId, Json, id_column, metadata, moment, ref

agents = Table(
    "agents", metadata, id_column(),
    Column("name", String(120), nullable=False),
    Column("email", String(254), nullable=False, unique=True),  # lower case
    Column("password", String(255), nullable=False, server_default=""),  # argon2; empty: cannot sign in
    Column("role", String(12), nullable=False, server_default="agent"),  # agent supervisor admin
    Column("locale", String(10), nullable=False, server_default="en"),
    Column("time_zone", String(60), nullable=False, server_default="UTC"),
    ref("photo_file_id", "files", null=True),
    Column("publishes", Boolean, nullable=False, server_default=text("true")),  # articles; others ask for a review
    Column("capacity", Integer, nullable=False, server_default="6"),
    Column("usual_capacity", Integer, nullable=True),  # while a supervisor has changed it for some hours
    moment("capacity_until", null=True),
    Column("max_by_channel", Json, nullable=False),  # {"chat": 3, "email": 6}
    Column("signature", Text, nullable=False, server_default=""),  # under their mails, above the brand's
    Column("preferences", Json, nullable=False),  # theme, density, shortcuts, sounds, enter_sends
    Column("active", Boolean, nullable=False, server_default=text("true")),
    moment("created_at"),
)  # fmt: skip

# A row beside each agent, because it changes all day: the claim of an offer is a conditional UPDATE of it.
presence = Table(
    "presence", metadata,
    ref("agent_id", "agents", cascade=True),
    Column("state", String(12), nullable=False, server_default="offline"),  # available away not_ready offline
    Column("reason", String(120), nullable=False, server_default=""),
    ref("pause_reason_id", "pause_reasons", null=True),
    moment("help_wanted_at", null=True),  # the agent asks a supervisor to come
    ref("help_conversation_id", "conversations", null=True),
    moment("since_at"),
    moment("seen_at"),
    Column("used", Integer, nullable=False, server_default="0"),  # capacity units in use
    Column("epoch", Integer, nullable=False, server_default="0"),  # counts changes that void an offer
    moment("last_assigned_at"),
    UniqueConstraint("agent_id"),
)  # fmt: skip

team_members = Table(
    "team_members", metadata, id_column(),
    ref("team_id", "teams", index=True, cascade=True),
    ref("agent_id", "agents", index=True, cascade=True),
    UniqueConstraint("team_id", "agent_id"),
)  # fmt: skip

agent_brands = Table(  # none: the agent sees every brand
    "agent_brands", metadata, id_column(),
    ref("agent_id", "agents", index=True, cascade=True),
    ref("brand_id", "brands", cascade=True),
    UniqueConstraint("agent_id", "brand_id"),
)  # fmt: skip

agent_skills = Table(
    "agent_skills", metadata, id_column(),
    ref("agent_id", "agents", index=True, cascade=True),
    ref("skill_id", "skills", cascade=True),
    Column("level", Integer, nullable=False, server_default="1"),
    UniqueConstraint("agent_id", "skill_id"),
)  # fmt: skip

agent_queues = Table(
    "agent_queues", metadata, id_column(),
    ref("agent_id", "agents", index=True, cascade=True),
    ref("queue_id", "queues", index=True, cascade=True),
    Column("delay_s", Integer, nullable=False, server_default="0"),  # helps out after so many seconds
    UniqueConstraint("agent_id", "queue_id"),
)  # fmt: skip

sessions = Table(  # the cookie holds the token, the table its hash
    "sessions", metadata,
    Column("hash", String(64), primary_key=True),
    ref("agent_id", "agents", index=True, cascade=True),
    Column("csrf", String(64), nullable=False),
    Column("user_agent", String(300), nullable=False, server_default=""),
    Column("ip", String(45), nullable=False, server_default=""),
    moment("created_at"),
    moment("seen_at"),
    moment("expires_at"),
    ref("brand_id", "brands", null=True),  # the one brand its lists show; none: all that the agent serves
)  # fmt: skip

calendar_feeds = Table(  # an agent's calendar for other programs; the address holds the token
    "calendar_feeds", metadata,
    ref("agent_id", "agents", cascade=True),
    Column("hash", String(64), nullable=False, unique=True),
    Column("texts", Boolean, nullable=False, server_default=text("false")),  # names and words, not kinds alone
    moment("created_at"),
    moment("read_at", null=True),
    UniqueConstraint("agent_id"),
)  # fmt: skip

invitations = Table(
    "invitations", metadata, id_column(),
    Column("email", String(254), nullable=False),
    Column("role", String(12), nullable=False),
    Column("grants", Json, nullable=False),  # {"brands": [1], "teams": [2], "queues": [3]}
    Column("hash", String(64), nullable=False, unique=True),
    ref("invited_by", "agents", null=True),
    moment("created_at"),
    moment("expires_at"),
    moment("used_at", null=True),
)  # fmt: skip

password_resets = Table(
    "password_resets", metadata, id_column(),
    ref("agent_id", "agents", cascade=True),
    Column("hash", String(64), nullable=False, unique=True),
    moment("created_at"),
    moment("expires_at"),
    moment("used_at", null=True),
)  # fmt: skip

api_keys = Table(
    "api_keys", metadata, id_column(),
    ref("agent_id", "agents", cascade=True),  # a key may do what this agent may do
    Column("name", String(120), nullable=False),
    Column("prefix", String(12), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
    moment("created_at"),
    moment("last_used_at", null=True),
    moment("revoked_at", null=True),
)  # fmt: skip

idempotency_keys = Table(
    "idempotency_keys", metadata, id_column(),
    Column("scope", String(80), nullable=False),  # whose key: an API key, a widget
    Column("key", String(200), nullable=False),
    Column("fingerprint", String(64), nullable=False),  # of the request: the same key with another body is an error
    Column("status", Integer, nullable=False),
    Column("body", Text, nullable=False),
    moment("created_at", index=True),
    UniqueConstraint("scope", "key"),
)  # fmt: skip

audit = Table(  # who did what, when; only ever appended to
    "audit", metadata, id_column(),
    moment("at", index=True),
    Column("agent_id", BigId, nullable=True),
    Column("ip", String(45), nullable=False, server_default=""),
    Column("action", String(60), nullable=False),
    Column("subject", String(120), nullable=False, server_default=""),
    Column("detail", Json, nullable=False),
)  # fmt: skip

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
    Column("greetings", Json, nullable=False, server_default="{}"),  # how its agents begin a reply, by language
    Column("weekly_sends", Integer, nullable=True),  # messages that we start a customer may get in a week; none: any number
    Column("resend_days", Integer, nullable=False, server_default="30"),  # the same again sooner is asked about; 0: never
    Column("portal", Boolean, nullable=False, server_default=text("true")),  # its customers have pages of their own
    Column("portal_names", Boolean, nullable=False, server_default=text("false")),  # which tell them who looked by name, else by role
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
    Column("holidays", Json, nullable=False),  # ["2026-12-25", ...]: closed besides
    Column("country", String(2), nullable=False, server_default=""),  # its public holidays are closed too
    Column("region", String(10), nullable=False, server_default=""),  # as package holidays names them
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
    # Further promises, in seconds of business time; none: no clock. The first answer's are above.
    Column("next_target_s", Integer, nullable=True),
    Column("resolve_target_s", Integer, nullable=True),
    Column("mail_next_target_s", Integer, nullable=True),
    Column("mail_resolve_target_s", Integer, nullable=True),
    Column("sla_boost", Boolean, nullable=False, server_default=text("true")),  # a near deadline counts in line
    Column("steps", Json, nullable=False, server_default="[]"),  # [{"after_s": 60, "skills": [[id, level]]}]
    Column("overflow", Json, nullable=False, server_default="[]"),  # [{"when", "limit", "way", "queue_id", "text"}]
    Column("parallel_offers", Integer, nullable=False, server_default="1"),
    Column("keep_free", Integer, nullable=False, server_default="0"),  # agents kept whole for big items
    Column("drain_after_s", Integer, nullable=False, server_default="30"),  # 0: nobody is held free
    Column("drain_for_s", Integer, nullable=False, server_default="120"),
    Column("interruptible", Boolean, nullable=False, server_default=text("false")),  # its letters, by what is live
    Column("wrap_up_s", Integer, nullable=True),  # none: as the channel grants
    Column("disposition_required", Boolean, nullable=False, server_default=text("false")),
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
    Column("left_to_fetch", Integer, nullable=False, server_default="0"),  # of a large backlog, as it goes down
    moment("last_success_at", null=True),
    moment("last_error_at", null=True),
    Column("last_error", Text, nullable=False, server_default=""),
    moment("created_at"),
)  # fmt: skip

mail_logins = Table(  # a mailbox that is signed in to with OAuth; tokens are sealed (security.sealed)
    "mail_logins", metadata,
    ref("inbox_id", "inboxes", cascade=True),
    Column("state", String(12), nullable=False, server_default="asked"),  # asked agreed refused: somebody must agree (again)
    Column("error", Text, nullable=False, server_default=""),
    Column("access_token", Text, nullable=False, server_default=""),
    Column("refresh_token", Text, nullable=False, server_default=""),
    moment("expires_at", null=True),
    Column("asked_state", String(64), nullable=False, server_default=""),  # hash of what the browser must bring back
    Column("verifier", Text, nullable=False, server_default=""),
    ref("agreed_by", "agents", null=True),
    moment("agreed_at", null=True),
    UniqueConstraint("inbox_id"),
)  # fmt: skip

queue_rules = Table(  # first match wins, in order of position; an inbox's own queue is the last resort
    "queue_rules", metadata, id_column(),
    Column("position", Integer, nullable=False),
    ref("inbox_id", "inboxes", null=True, cascade=True),
    Column("language", String(10), nullable=False, server_default=""),
    Column("topic", String(200), nullable=False, server_default=""),  # words, comma separated; any matches
    # What the classification of a contact found; none: any.
    Column("class_topic", String(80), nullable=False, server_default=""),
    Column("urgency", String(10), nullable=False, server_default=""),  # urgent
    Column("mood", String(10), nullable=False, server_default=""),  # negative positive
    ref("queue_id", "queues", cascade=True),
    ref("skill_id", "skills", null=True),  # asked for besides those of the queue
    Column("priority", String(10), nullable=False, server_default=""),
)  # fmt: skip

pause_reasons = Table(  # why an agent is away; one may count as work
    "pause_reasons", metadata, id_column(),
    Column("name", String(80), nullable=False, unique=True),
    Column("position", Integer, nullable=False, server_default="0"),
    Column("productive", Boolean, nullable=False, server_default=text("false")),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    moment("created_at"),
)  # fmt: skip

dispositions = Table(  # what became of a contact, chosen while wrapping up
    "dispositions", metadata, id_column(),
    Column("name", String(80), nullable=False),
    ref("queue_id", "queues", null=True, cascade=True),  # none: in every queue
    Column("position", Integer, nullable=False, server_default="0"),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    moment("created_at"),
)  # fmt: skip

macros = Table(
    "macros", metadata, id_column(),
    ref("brand_id", "brands", null=True),
    Column("name", String(120), nullable=False),
    Column("shortcut", String(40), nullable=False, server_default=""),
    Column("text", Text, nullable=False),
    Column("locale", String(10), nullable=False, server_default=""),
    # What is done when it is sent: {"tags": [...], "queue_id": 3, "priority": "high", "then": "done"}.
    Column("actions", Json, nullable=False, server_default="{}"),
    moment("created_at"),
)  # fmt: skip

installation = Table(  # what the installation remembers of itself: one row a fact
    "installation", metadata,
    Column("name", String(60), primary_key=True),
    Column("value", Json, nullable=False),
)  # fmt: skip

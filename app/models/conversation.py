"""Conversations, their messages and everything that hangs on them."""

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text, UniqueConstraint, text

from app.models.base import BigId, Json, id_column, metadata, moment, ref

conversations = Table(
    "conversations", metadata, id_column(),
    ref("brand_id", "brands"),
    ref("inbox_id", "inboxes"),
    ref("customer_id", "customers", index=True),
    ref("queue_id", "queues", null=True),
    ref("assignee_id", "agents", null=True),
    Column("contact_id", BigId, nullable=True),  # the episode of work that is going on (no constraint: they name each other)
    Column("channel", String(20), nullable=False),
    Column("subject", String(500), nullable=False, server_default=""),
    Column("status", String(10), nullable=False, server_default="open"),  # open snoozed done
    Column("spam", Boolean, nullable=False, server_default=text("false")),
    Column("self_served", Boolean, nullable=False, server_default=text("false")),
    Column("language", String(10), nullable=False, server_default=""),
    Column("last_seq", Integer, nullable=False, server_default="0"),
    Column("last_inbound_seq", Integer, nullable=False, server_default="0"),  # unread where an agent has read less
    Column("preview", String(200), nullable=False, server_default=""),
    Column("preview_kind", String(10), nullable=False, server_default="inbound"),
    moment("created_at"),
    moment("last_message_at"),
    moment("last_inbound_at", null=True),
    moment("waiting_since", null=True),  # the customer's oldest unanswered message
    moment("snoozed_until", null=True),
    moment("customer_seen_at", null=True),
    Column("merged_into_id", BigId, nullable=True),  # its messages are there now; mail for it goes there
    moment("emptied_at", null=True),  # its words were removed when their time was over
    # The list is read by brand and status, newest first; Mine by assignee; due snoozes by time.
    Index("ix_conversations_list", "status", "spam", "last_message_at"),
    Index("ix_conversations_mine", "assignee_id", "status", "last_message_at"),
    Index("ix_conversations_queue", "queue_id", "status", "last_message_at"),
    Index(
        "ix_conversations_spam",
        "last_message_at",
        sqlite_where=text("spam = 1"),
        postgresql_where=text("spam"),
    ),
    Index("ix_conversations_snoozed", "status", "snoozed_until"),
)  # fmt: skip

messages = Table(
    "messages", metadata, id_column(),
    ref("conversation_id", "conversations", cascade=True),
    Column("seq", Integer, nullable=False),
    Column("key", String(64), nullable=False),  # made by the sender: idempotent, and the id on the page
    Column("kind", String(10), nullable=False),  # inbound outbound note system
    Column("channel", String(20), nullable=False),
    ref("agent_id", "agents", null=True),
    ref("customer_id", "customers", null=True),
    Column("text", Text, nullable=False),  # what people read; of a system line, its code
    Column("full_text", Text, nullable=True),  # with quotes and signature, where it differs
    Column("html", Text, nullable=True),  # the sender's own; sanitised when shown
    Column("subject", String(500), nullable=False, server_default=""),
    Column("state", String(12), nullable=False, server_default="received"),
    Column("state_reason", Text, nullable=False, server_default=""),
    Column("email_id", String(250), nullable=True),  # Message-ID header, in or out
    Column("details", Json, nullable=False),  # to, cc, trust, defects, form fields, parameters of a system line
    Column("searchable", Text, nullable=False, server_default=""),
    moment("sent_at"),
    moment("send_at", null=True),  # not before: it can be taken back until then, or was planned
    moment("created_at"),
    UniqueConstraint("conversation_id", "seq"),
    UniqueConstraint("conversation_id", "key"),
    Index("ix_messages_email_id", "email_id"),
    Index(  # when did an agent last answer?
        "ix_messages_replies",
        "agent_id",
        "created_at",
        sqlite_where=text("kind = 'outbound'"),
        postgresql_where=text("kind = 'outbound'"),
    ),
)  # fmt: skip

inbound_keys = Table(  # every door is idempotent: what came once does not come again
    "inbound_keys", metadata, id_column(),
    ref("inbox_id", "inboxes"),
    Column("external_id", String(250), nullable=False),
    ref("message_id", "messages", null=True, cascade=True),
    ref("conversation_id", "conversations", null=True, cascade=True),
    moment("created_at"),
    UniqueConstraint("inbox_id", "external_id"),
)  # fmt: skip

recipients = Table(  # whom a message of ours went to by mail, and what became of it for each
    "recipients", metadata, id_column(),
    ref("message_id", "messages", index=True, cascade=True),
    Column("email", String(254), nullable=False),
    Column("role", String(3), nullable=False, server_default="to"),  # to cc bcc
    Column("state", String(12), nullable=False, server_default="queued"),  # queued sent delivered read delayed failed uncertain
    Column("reason", Text, nullable=False, server_default=""),
    moment("changed_at"),
    UniqueConstraint("message_id", "email"),
)  # fmt: skip

participants = Table(  # further people in an email thread
    "participants", metadata, id_column(),
    ref("conversation_id", "conversations", index=True, cascade=True),
    Column("email", String(254), nullable=False),
    Column("name", String(200), nullable=False, server_default=""),
    UniqueConstraint("conversation_id", "email"),
)  # fmt: skip

files = Table(  # the bytes lie in DATA_DIR/files, named by their SHA-256
    "files", metadata, id_column(),
    Column("hash", String(64), nullable=False, unique=True),
    Column("size", Integer, nullable=False),
    moment("created_at"),
)  # fmt: skip

attachments = Table(
    "attachments", metadata, id_column(),
    ref("message_id", "messages", null=True, index=True, cascade=True),  # null: uploaded, not sent yet
    ref("file_id", "files"),
    Column("key", String(64), nullable=False, unique=True),
    Column("owner", String(80), nullable=False, server_default=""),  # who uploaded it: only they may send it
    Column("name", String(255), nullable=False),
    Column("content_type", String(120), nullable=False),
    Column("size", Integer, nullable=False),
    Column("content_id", String(250), nullable=True),
    Column("width", Integer, nullable=True),
    Column("height", Integer, nullable=True),
    moment("created_at"),
)  # fmt: skip

drafts = Table(
    "drafts", metadata, id_column(),
    ref("agent_id", "agents", cascade=True),
    ref("conversation_id", "conversations", index=True, cascade=True),
    Column("kind", String(10), nullable=False),  # outbound note
    Column("text", Text, nullable=False),
    Column("addresses", Json, nullable=False, server_default="{}"),  # {"to": "…", "cc": "…", "bcc": "…"}
    Column("files", Json, nullable=False, server_default="[]"),  # keys of uploads
    Column("materials", Json, nullable=False, server_default="{}"),  # {"article:7": sending it again was agreed to}
    moment("updated_at"),
    UniqueConstraint("agent_id", "conversation_id", "kind"),
)  # fmt: skip

reads = Table(  # how far an agent has read
    "reads", metadata, id_column(),
    ref("agent_id", "agents", cascade=True),
    ref("conversation_id", "conversations", cascade=True),
    Column("seq", Integer, nullable=False),
    UniqueConstraint("agent_id", "conversation_id"),
)  # fmt: skip

tags = Table(
    "tags", metadata, id_column(),
    Column("name", String(60), nullable=False, unique=True),
)  # fmt: skip

conversation_tags = Table(
    "conversation_tags", metadata, id_column(),
    ref("conversation_id", "conversations", index=True, cascade=True),
    ref("tag_id", "tags", index=True, cascade=True),
    UniqueConstraint("conversation_id", "tag_id"),
)  # fmt: skip

journal = Table(  # every event that was committed; ids only
    "journal", metadata, id_column(),
    Column("conversation_id", BigId, nullable=True),
    Column("seq", Integer, nullable=True),
    Column("kind", String(30), nullable=False),
    Column("data", Json, nullable=False),
    moment("at", index=True),
    Index("ix_journal_conversation_id_seq", "conversation_id", "seq"),
)  # fmt: skip

"""Work that must not be lost: the outbox, the raw mails as they came, and the leases of workers."""

from sqlalchemy import Column, Index, Integer, String, Table, Text, UniqueConstraint, text

from app.models.base import Json, id_column, metadata, moment, ref

outbox = Table(
    "outbox", metadata, id_column(),
    Column("kind", String(20), nullable=False),  # email: a message · system_email: invitation, reset, acknowledgement · agent_email: to an agent
    ref("message_id", "messages", null=True, index=True, cascade=True),
    ref("inbox_id", "inboxes", null=True),
    Column("payload", Json, nullable=False),
    Column("purpose", String(40), nullable=False, server_default=""),  # goes only with consent for it; none: service
    Column("state", String(12), nullable=False, server_default="queued"),  # queued held sending sent failed uncertain
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("error", Text, nullable=False, server_default=""),
    Column("lease", String(64), nullable=False, server_default=""),
    moment("lease_until", null=True),
    moment("next_at"),
    moment("created_at"),
    moment("content_at", null=True),  # the words are going out: who dies from here on does not know
    moment("sent_at", null=True),
    Index("ix_outbox_state_next_at", "state", "next_at"),
    Index(  # what consent is asked for
        "ix_outbox_purpose",
        "purpose",
        sqlite_where=text("purpose <> ''"),
        postgresql_where=text("purpose <> ''"),
    ),
)  # fmt: skip

raw_mails = Table(  # kept before any flag is set at the server; parsed in a second step
    "raw_mails", metadata, id_column(),
    ref("inbox_id", "inboxes"),
    ref("file_id", "files"),
    Column("hash", String(64), nullable=False),
    Column("size", Integer, nullable=False),  # at the server; more than the file's: only the header was kept
    Column("source", String(8), nullable=False),  # imap smtp api
    Column("uidvalidity", Integer, nullable=True),
    Column("uid", Integer, nullable=True),
    Column("mail_from", String(254), nullable=False, server_default=""),
    Column("rcpt_to", Json, nullable=False),
    Column("state", String(10), nullable=False, server_default="stored"),  # stored parsed failed
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("error", Text, nullable=False, server_default=""),
    ref("message_id", "messages", null=True, index=True),
    moment("next_at"),
    moment("received_at"),
    UniqueConstraint("inbox_id", "hash"),
    Index("ix_raw_mails_state_next_at", "state", "next_at"),
)  # fmt: skip

mail_addresses = Table(  # what we know of an address as one to write to
    "mail_addresses", metadata, id_column(),
    Column("email", String(254), nullable=False, unique=True),
    Column("state", String(12), nullable=False),  # bounced: hard, nothing goes there by itself · complained: said it is spam
    Column("reason", Text, nullable=False, server_default=""),
    ref("message_id", "messages", null=True),  # the message that told us
    moment("since_at"),
)  # fmt: skip

blocked_senders = Table(  # mail from them is kept as spam and never answered
    "blocked_senders", metadata, id_column(),
    Column("pattern", String(254), nullable=False, unique=True),  # an address, or @ and a domain
    Column("note", String(200), nullable=False, server_default=""),
    ref("created_by", "agents", null=True),
    moment("created_at"),
)  # fmt: skip

automatic_mails = Table(  # what the product wrote by itself, and to whom, for as long as the limits look back
    "automatic_mails", metadata, id_column(),
    Column("email", String(254), nullable=False),
    moment("at", index=True),
    Index("ix_automatic_mails_email_at", "email", "at"),
)  # fmt: skip

leases = Table(  # one owner at a time; the fence grows with each owner, so that a late one is refused
    "leases", metadata,
    Column("name", String(60), primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("fence", Integer, nullable=False),
    moment("until_at"),
)  # fmt: skip

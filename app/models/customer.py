"""Customers and the identities by which they are known."""

from sqlalchemy import Boolean, Column, Index, String, Table, Text, UniqueConstraint, text

from app.models.base import BigId, Json, id_column, metadata, moment, ref

customers = Table(
    "customers", metadata, id_column(),
    Column("name", String(200), nullable=False, server_default=""),
    Column("kind", String(20), nullable=False, server_default="person"),  # person organisation
    Column("party", String(12), nullable=False, server_default="customer"),  # customer press government association partner supplier employee
    Column("email", String(254), nullable=False, server_default="", index=True),  # to write to
    Column("phone", String(32), nullable=False, server_default=""),
    Column("language", String(10), nullable=False, server_default=""),
    Column("time_zone", String(60), nullable=False, server_default=""),
    Column("company", String(200), nullable=False, server_default=""),
    Column("notes", Text, nullable=False, server_default=""),
    Column("fields", Json, nullable=False),
    Column("blocked", Boolean, nullable=False, server_default=text("false")),
    Column("searchable", Text, nullable=False, server_default=""),  # name and identities, folded
    Column("birthday", String(10), nullable=False, server_default=""),  # 1990-05-17, or --05-17
    Column("source", String(40), nullable=False, server_default=""),  # how we first heard of them: mail widget form api, an import's source
    Column("merged_into_id", BigId, nullable=True, index=True),  # an alias: this id still leads there
    moment("erased_at", null=True),
    moment("created_at"),
    moment("seen_at"),
)  # fmt: skip

identities = Table(
    "identities", metadata, id_column(),
    ref("customer_id", "customers", index=True, cascade=True),
    Column("kind", String(12), nullable=False),
    Column("value", String(254), nullable=False),  # normalised by channels.identity
    Column("verified", Boolean, nullable=False, server_default=text("false")),
    Column("shared", Boolean, nullable=False, server_default=text("false")),  # several people use it: it tells nobody apart
    Column("source", String(40), nullable=False, server_default=""),
    moment("verified_at", null=True),
    moment("last_seen_at", null=True),
    moment("created_at"),
    UniqueConstraint("kind", "value"),
)  # fmt: skip

visitor_sessions = Table(  # a browser that opened a widget; the token is held by the browser only
    "visitor_sessions", metadata, id_column(),
    Column("hash", String(64), nullable=False, unique=True),
    ref("inbox_id", "inboxes", index=True),
    ref("customer_id", "customers", null=True, index=True),
    ref("conversation_id", "conversations", null=True, index=True),  # the one that is going on
    Column("visitor", String(64), nullable=False),
    Column("locale", String(10), nullable=False, server_default="en"),
    Column("page_url", String(1000), nullable=False, server_default=""),
    Column("page_title", String(300), nullable=False, server_default=""),
    Column("suggested", Json, nullable=False),  # ids of the articles that were shown
    moment("created_at"),
    moment("seen_at", index=True),
    Index("ix_visitor_sessions_visitor", "visitor"),
)  # fmt: skip

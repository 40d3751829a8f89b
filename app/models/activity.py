"""What customers do elsewhere and tell us of by API or widget: page views, carts, orders, returns, signals."""

from sqlalchemy import BigInteger, Column, Index, String, Table, UniqueConstraint, text

from app.models.base import Json, id_column, metadata, moment, ref

activities = Table(  # what the API calls events
    "activities", metadata, id_column(),
    ref("brand_id", "brands"),
    ref("customer_id", "customers", null=True, cascade=True),
    Column("visitor", String(64), nullable=False, server_default=""),  # the hash of a browser's id, until it signs in
    Column("kind", String(40), nullable=False),  # page_view cart order return device_signal, or the sender's own word
    Column("source", String(40), nullable=False),
    Column("key", String(200), nullable=False),  # idempotent: once for each source
    Column("title", String(300), nullable=False, server_default=""),
    Column("url", String(1000), nullable=False, server_default=""),
    Column("amount", BigInteger, nullable=True),  # in the currency's smallest unit
    Column("currency", String(3), nullable=False, server_default=""),
    Column("payload", Json, nullable=False),
    moment("at"),
    moment("received_at"),
    UniqueConstraint("source", "key"),
    Index("ix_activities_customer_id_at", "customer_id", "at"),
    Index(  # what waits for its person
        "ix_activities_visitor",
        "visitor",
        sqlite_where=text("customer_id IS NULL"),
        postgresql_where=text("customer_id IS NULL"),
    ),
    Index("ix_activities_at", "at"),
)  # fmt: skip

orders = Table(
    "orders", metadata, id_column(),
    ref("brand_id", "brands"),
    ref("customer_id", "customers", index=True, cascade=True),
    Column("source", String(40), nullable=False),  # the system whose orders these are
    Column("external_id", String(120), nullable=False),
    Column("number", String(60), nullable=False, server_default=""),  # as the customer knows it
    Column("status", String(30), nullable=False, server_default=""),
    Column("total", BigInteger, nullable=False, server_default="0"),  # in the currency's smallest unit
    Column("currency", String(3), nullable=False),
    Column("lines", Json, nullable=False),  # [{"sku", "name", "quantity", "amount"}]
    Column("details", Json, nullable=False),
    Column("url", String(1000), nullable=False, server_default=""),
    moment("placed_at"),
    moment("changed_at"),  # at the source
    moment("as_of"),  # when we were told
    UniqueConstraint("brand_id", "source", "external_id"),
    Index("ix_orders_customer_id_placed_at", "customer_id", "placed_at"),
)  # fmt: skip

order_returns = Table(
    "order_returns", metadata, id_column(),
    ref("brand_id", "brands"),
    ref("customer_id", "customers", index=True, cascade=True),
    ref("order_id", "orders", null=True, index=True, cascade=True),
    Column("source", String(40), nullable=False),
    Column("external_id", String(120), nullable=False),
    Column("status", String(30), nullable=False, server_default=""),
    Column("reason", String(300), nullable=False, server_default=""),
    Column("amount", BigInteger, nullable=False, server_default="0"),
    Column("currency", String(3), nullable=False),
    Column("lines", Json, nullable=False),
    moment("at"),
    moment("as_of"),
    UniqueConstraint("brand_id", "source", "external_id"),
)  # fmt: skip

sends = Table(  # what was sent to whom, so that nobody gets the same twice
    "sends", metadata, id_column(),
    ref("customer_id", "customers", cascade=True),
    ref("brand_id", "brands"),
    ref("conversation_id", "conversations", null=True),
    ref("message_id", "messages", null=True, index=True),
    ref("agent_id", "agents", null=True),
    Column("material", String(80), nullable=False),  # article:7 macro:3 file:SHA-256 campaign:spring; first: we wrote first
    moment("at"),  # when it left, or is planned for
    Index("ix_sends_customer_id_material", "customer_id", "material"),
    Index("ix_sends_customer_id_at", "customer_id", "at"),
)  # fmt: skip

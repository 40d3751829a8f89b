"""Articles in their locales, and what became of the suggestions made from them."""

from sqlalchemy import Column, Index, Integer, String, Table, Text, UniqueConstraint

from app.models.base import Json, id_column, metadata, moment, ref

articles = Table(
    "articles", metadata, id_column(),
    ref("brand_id", "brands", index=True),
    Column("slug", String(120), nullable=False),
    Column("category", String(120), nullable=False, server_default=""),
    Column("visibility", String(10), nullable=False, server_default="public"),  # public customer internal
    Column("status", String(10), nullable=False, server_default="draft"),  # draft published
    Column("version", Integer, nullable=False, server_default="1"),
    Column("helped", Integer, nullable=False, server_default="0"),
    Column("not_helped", Integer, nullable=False, server_default="0"),
    moment("created_at"),
    moment("updated_at"),
    UniqueConstraint("brand_id", "slug"),
)  # fmt: skip

article_texts = Table(
    "article_texts", metadata, id_column(),
    ref("article_id", "articles", cascade=True),
    Column("locale", String(10), nullable=False),
    Column("title", String(300), nullable=False),
    Column("body", Text, nullable=False),  # Markdown
    Column("alternatives", Json, nullable=False),  # the same question in other words
    moment("updated_at"),
    UniqueConstraint("article_id", "locale"),
)  # fmt: skip

deflections = Table(  # one row a visit in which articles were suggested before anything was sent
    "deflections", metadata, id_column(),
    Column("key", String(64), nullable=False, unique=True),  # made by the browser
    ref("inbox_id", "inboxes"),
    Column("query", Text, nullable=False),
    Column("shown", Json, nullable=False),
    ref("article_id", "articles", null=True),  # the one that was opened last
    Column("outcome", String(10), nullable=False),  # shown opened solved sent
    moment("created_at"),
    moment("updated_at"),
    Index("ix_deflections_inbox_id_created_at", "inbox_id", "created_at"),
)  # fmt: skip

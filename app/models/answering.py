"""What answers by machine need: the topics a desk sorts by, and what a language model was asked."""

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text

from app.models.base import Json, id_column, metadata, moment, ref

topics = Table(  # a topic's words decide until enough examples were learned
    "topics", metadata, id_column(),
    ref("brand_id", "brands", null=True, cascade=True),  # none: of every brand
    Column("name", String(80), nullable=False),
    Column("words", Text, nullable=False, server_default=""),  # comma separated; any matches
    moment("created_at"),
)  # fmt: skip

model_calls = Table(  # every question that left the house for a language model, and what came back
    "model_calls", metadata, id_column(),
    ref("brand_id", "brands", cascade=True),
    Column("question", Text, nullable=False),
    Column("articles", Json, nullable=False),  # ids of those whose passages went along
    Column("output", Text, nullable=False, server_default=""),
    Column("used", Boolean, nullable=False),  # it quoted the passages and nothing else
    Column("error", String(200), nullable=False, server_default=""),
    Column("took_ms", Integer, nullable=False),
    moment("created_at"),
    Index("ix_model_calls_created_at", "created_at"),
)  # fmt: skip

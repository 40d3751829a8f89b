"""What customers ask: whether an article answered, what none did, and what a contact is about."""

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from app.models.base import Json, id_column, metadata, moment, ref

deflections = Table(  # one row a visit in which articles were suggested before anything was sent
    "deflections", metadata, id_column(),
    Column("key", String(64), nullable=False, unique=True),  # made by the browser
    ref("inbox_id", "inboxes"),
    Column("query", Text, nullable=False),
    Column("shown", Json, nullable=False),
    ref("article_id", "articles", null=True),  # the one that was opened last
    Column("outcome", String(10), nullable=False),  # shown opened solved sent
    Column("visitor", String(64), nullable=False, server_default=""),  # who, to know them again
    Column("arm", String(5), nullable=False, server_default="shown"),  # shown held: of those who see none, to compare
    ref("answered_article_id", "articles", null=True),  # its passage was given as the answer
    Column("confidence", Float, nullable=True),
    moment("came_back_at", null=True),  # and asked after all
    ref("conversation_id", "conversations", null=True, index=True),
    moment("created_at"),
    moment("updated_at"),
    Index("ix_deflections_inbox_id_created_at", "inbox_id", "created_at"),
    Index("ix_deflections_visitor", "visitor", "created_at"),
)  # fmt: skip

article_uses = Table(  # an agent answered with it
    "article_uses", metadata, id_column(),
    ref("conversation_id", "conversations", index=True, cascade=True),
    ref("article_id", "articles", cascade=True),
    ref("agent_id", "agents"),
    Column("how", String(10), nullable=False),  # inserted linked
    moment("created_at"),
    Index("ix_article_uses_article_id_created_at", "article_id", "created_at"),
)  # fmt: skip

unanswered_questions = Table(  # asked, and no article answered: what should be written next
    "unanswered_questions", metadata, id_column(),
    ref("brand_id", "brands"),
    Column("query", Text, nullable=False),  # without personal data
    Column("locale", String(10), nullable=False, server_default=""),
    Column("source", String(10), nullable=False),  # search widget form mail api
    ref("conversation_id", "conversations", null=True, index=True, cascade=True),
    Column("hits", Integer, nullable=False, server_default="0"),  # how many articles were shown
    Column("clicked", Boolean, nullable=False, server_default=text("false")),
    moment("created_at"),
    Index("ix_unanswered_questions_brand_id_created_at", "brand_id", "created_at"),
)  # fmt: skip

training_examples = Table(  # a text and the topic it is of
    "training_examples", metadata, id_column(),
    ref("brand_id", "brands", null=True, index=True),
    Column("text", Text, nullable=False),
    Column("label", String(200), nullable=False),
    Column("locale", String(10), nullable=False, server_default=""),
    Column("source", String(10), nullable=False),  # api agent
    ref("conversation_id", "conversations", null=True, index=True, cascade=True),
    moment("created_at"),
)  # fmt: skip

contact_classes = Table(  # what a conversation was taken to be about, and why
    "contact_classes", metadata, id_column(),
    ref("conversation_id", "conversations", cascade=True),
    Column("topic", String(200), nullable=False, server_default=""),
    Column("topic_score", Float, nullable=True),
    Column("language", String(10), nullable=False, server_default=""),
    Column("urgency", String(10), nullable=False, server_default=""),
    Column("mood", String(10), nullable=False, server_default=""),
    Column("evidence", Json, nullable=False),  # {"mood": "the sentence that caused it"}
    ref("corrected_by", "agents", null=True),
    moment("corrected_at", null=True),
    moment("created_at"),
    UniqueConstraint("conversation_id"),
)  # fmt: skip

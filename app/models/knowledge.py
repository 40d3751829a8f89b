"""Articles in their locales: their categories, texts, versions, drafts, reviews, files and imports."""

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text, UniqueConstraint, text

from app.models.base import Json, id_column, metadata, moment, ref

categories = Table(  # a category, or with a parent a section of one
    "categories", metadata, id_column(),
    ref("brand_id", "brands"),
    ref("parent_id", "categories", null=True),
    Column("slug", String(120), nullable=False),
    Column("names", Json, nullable=False),  # {"en": "Delivery", "zh_Hans": "配送"}
    Column("position", Integer, nullable=False, server_default="0"),
    Column("external_id", String(250), nullable=True),
    moment("created_at"),
    UniqueConstraint("brand_id", "slug"),
    UniqueConstraint("brand_id", "external_id"),
)  # fmt: skip

articles = Table(
    "articles", metadata, id_column(),
    ref("brand_id", "brands", index=True),
    Column("external_id", String(250), nullable=True),  # the caller's own
    Column("slug", String(120), nullable=False),
    ref("category_id", "categories", null=True, index=True),
    Column("visibility", String(10), nullable=False, server_default="public"),  # public customer internal
    Column("status", String(10), nullable=False, server_default="draft"),  # draft review published archived
    Column("locale", String(10), nullable=False, server_default="en"),  # the one the others are translated from
    Column("version", Integer, nullable=False, server_default="1"),
    Column("helped", Integer, nullable=False, server_default="0"),
    Column("not_helped", Integer, nullable=False, server_default="0"),
    Column("views", Integer, nullable=False, server_default="0"),
    ref("owner_id", "agents", null=True),
    ref("conversation_id", "conversations", null=True),  # it was written from
    moment("check_by", null=True),  # somebody should read it again by then
    moment("publish_at", null=True),  # planned
    moment("archive_at", null=True),
    moment("published_at", null=True),
    moment("created_at"),
    moment("updated_at"),
    UniqueConstraint("brand_id", "slug"),
    UniqueConstraint("brand_id", "external_id"),
    Index(
        "ix_articles_publish_at", "publish_at",
        sqlite_where=text("publish_at IS NOT NULL"), postgresql_where=text("publish_at IS NOT NULL"),
    ),
    Index(
        "ix_articles_archive_at", "archive_at",
        sqlite_where=text("archive_at IS NOT NULL"), postgresql_where=text("archive_at IS NOT NULL"),
    ),
)  # fmt: skip

article_texts = Table(
    "article_texts", metadata, id_column(),
    ref("article_id", "articles", cascade=True),
    Column("locale", String(10), nullable=False),
    Column("title", String(300), nullable=False),
    Column("body", Text, nullable=False),  # Markdown
    Column("alternatives", Json, nullable=False),  # the same question in other words
    Column("revision", Integer, nullable=False, server_default="1"),  # grows with each change of this text
    Column("translated_from_revision", Integer, nullable=True),  # of the article's own language, if in another
    moment("updated_at"),
    UniqueConstraint("article_id", "locale"),
)  # fmt: skip

article_versions = Table(  # every text that was ever saved, the present one too
    "article_versions", metadata, id_column(),
    ref("article_id", "articles", cascade=True),
    Column("locale", String(10), nullable=False),
    Column("version", Integer, nullable=False),  # the text's revision
    Column("title", String(300), nullable=False),
    Column("body", Text, nullable=False),
    Column("alternatives", Json, nullable=False),
    ref("author_id", "agents", null=True),  # none: it came by itself
    Column("note", String(300), nullable=False, server_default=""),
    moment("created_at"),
    UniqueConstraint("article_id", "locale", "version"),
)  # fmt: skip

article_drafts = Table(  # what an agent is writing: kept by itself, seen by nobody before it is saved or asked for
    "article_drafts", metadata, id_column(),
    ref("article_id", "articles", null=True, index=True, cascade=True),  # none: of an article that is not there yet
    ref("brand_id", "brands"),
    ref("agent_id", "agents", cascade=True),
    Column("locale", String(10), nullable=False),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("alternatives", Json, nullable=False),
    Column("revision", Integer, nullable=False, server_default="0"),  # of the text it began from; 0: none
    moment("updated_at"),
    UniqueConstraint("agent_id", "article_id", "locale"),
)  # fmt: skip

article_reviews = Table(  # somebody asks that it be published, or a change of what is; who decided, and how
    "article_reviews", metadata, id_column(),
    ref("article_id", "articles", index=True, cascade=True),
    Column("locale", String(10), nullable=False, server_default=""),  # of the proposed text; empty: the article as it is
    Column("title", Text, nullable=False, server_default=""),
    Column("body", Text, nullable=False, server_default=""),
    Column("alternatives", Json, nullable=False),
    Column("revision", Integer, nullable=False, server_default="0"),  # of the text it would replace
    ref("asked_by", "agents"),
    Column("note", Text, nullable=False, server_default=""),
    Column("outcome", String(10), nullable=False, server_default="open"),  # open published returned taken_back
    ref("decided_by", "agents", null=True),
    Column("comment", Text, nullable=False, server_default=""),
    moment("asked_at"),
    moment("decided_at", null=True),
    Index("ix_article_reviews_outcome", "outcome"),
)  # fmt: skip

article_redirects = Table(  # an address an article had before
    "article_redirects", metadata, id_column(),
    ref("brand_id", "brands"),
    Column("slug", String(120), nullable=False),
    ref("article_id", "articles", index=True, cascade=True),
    moment("created_at"),
    UniqueConstraint("brand_id", "slug"),
)  # fmt: skip

article_files = Table(  # pictures in articles: as public as the article they are in
    "article_files", metadata, id_column(),
    ref("article_id", "articles", null=True, index=True, cascade=True),  # none: uploaded, not saved yet
    ref("brand_id", "brands"),
    ref("agent_id", "agents", null=True),
    ref("file_id", "files"),
    Column("key", String(64), nullable=False, unique=True),
    Column("name", String(255), nullable=False),
    Column("content_type", String(120), nullable=False),
    Column("size", Integer, nullable=False),
    Column("width", Integer, nullable=True),
    Column("height", Integer, nullable=True),
    moment("created_at"),
)  # fmt: skip

article_imports = Table(  # a file of articles that was looked at, and what became of it
    "article_imports", metadata, id_column(),
    ref("brand_id", "brands"),
    ref("agent_id", "agents", null=True),
    ref("file_id", "files"),
    Column("kind", String(10), nullable=False),  # markdown csv zendesk zammad
    Column("name", String(255), nullable=False),
    Column("options", Json, nullable=False),
    Column("counts", Json, nullable=False),
    Column("state", String(10), nullable=False, server_default="seen"),  # seen done failed
    moment("created_at"),
    moment("done_at", null=True),
)  # fmt: skip

synonyms = Table(  # words that mean the same to a brand's customers
    "synonyms", metadata, id_column(),
    ref("brand_id", "brands", index=True, cascade=True),
    Column("words", Json, nullable=False),  # ["parcel", "package"]
    moment("created_at"),
)  # fmt: skip

article_feedback = Table(  # what a reader said; the sums are on the article
    "article_feedback", metadata, id_column(),
    ref("article_id", "articles", cascade=True),
    Column("locale", String(10), nullable=False, server_default=""),
    Column("helped", Boolean, nullable=False),
    Column("reason", String(20), nullable=False, server_default=""),
    Column("comment", Text, nullable=False, server_default=""),
    moment("created_at"),
    Index("ix_article_feedback_article_id_created_at", "article_id", "created_at"),
)  # fmt: skip

"""articles with categories, versions, drafts and reviews; what was asked and what it was about."""

import re

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "categories",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("brand_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("parent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("slug", sa.String(length=120), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("external_id", sa.String(length=250), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brands.id"], name=op.f("fk_categories_brand_id_brands")
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["categories.id"], name=op.f("fk_categories_parent_id_categories")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_categories")),
        sa.UniqueConstraint(
            "brand_id", "external_id", name=op.f("uq_categories_brand_id_external_id")
        ),
        sa.UniqueConstraint("brand_id", "slug", name=op.f("uq_categories_brand_id_slug")),
    )
    op.create_table(
        "synonyms",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("brand_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id"],
            ["brands.id"],
            name=op.f("fk_synonyms_brand_id_brands"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_synonyms")),
    )
    with op.batch_alter_table("synonyms", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_synonyms_brand_id"), ["brand_id"], unique=False)

    op.create_table(
        "article_imports",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("brand_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("agent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("file_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=10), server_default="seen", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name=op.f("fk_article_imports_agent_id_agents")
        ),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brands.id"], name=op.f("fk_article_imports_brand_id_brands")
        ),
        sa.ForeignKeyConstraint(
            ["file_id"], ["files.id"], name=op.f("fk_article_imports_file_id_files")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_imports")),
    )
    op.create_table(
        "contact_classes",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column(
            "conversation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("topic", sa.String(length=200), server_default="", nullable=False),
        sa.Column("topic_score", sa.Float(), nullable=True),
        sa.Column("language", sa.String(length=10), server_default="", nullable=False),
        sa.Column("urgency", sa.String(length=10), server_default="", nullable=False),
        sa.Column("mood", sa.String(length=10), server_default="", nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column(
            "corrected_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("corrected_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_contact_classes_conversation_id_conversations"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["corrected_by"], ["agents.id"], name=op.f("fk_contact_classes_corrected_by_agents")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_classes")),
        sa.UniqueConstraint("conversation_id", name=op.f("uq_contact_classes_conversation_id")),
    )
    op.create_table(
        "training_examples",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("brand_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("locale", sa.String(length=10), server_default="", nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column(
            "conversation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brands.id"], name=op.f("fk_training_examples_brand_id_brands")
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_training_examples_conversation_id_conversations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_examples")),
    )
    with op.batch_alter_table("training_examples", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_training_examples_brand_id"), ["brand_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_training_examples_conversation_id"), ["conversation_id"], unique=False
        )

    op.create_table(
        "unanswered_questions",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("brand_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("locale", sa.String(length=10), server_default="", nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column(
            "conversation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("hits", sa.Integer(), server_default="0", nullable=False),
        sa.Column("clicked", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brands.id"], name=op.f("fk_unanswered_questions_brand_id_brands")
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_unanswered_questions_conversation_id_conversations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unanswered_questions")),
    )
    with op.batch_alter_table("unanswered_questions", schema=None) as batch_op:
        batch_op.create_index(
            "ix_unanswered_questions_brand_id_created_at", ["brand_id", "created_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_unanswered_questions_conversation_id"), ["conversation_id"], unique=False
        )

    op.create_table(
        "article_drafts",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column(
            "article_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("brand_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("agent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("alternatives", sa.JSON(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="0", nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"],
            ["agents.id"],
            name=op.f("fk_article_drafts_agent_id_agents"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.id"],
            name=op.f("fk_article_drafts_article_id_articles"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brands.id"], name=op.f("fk_article_drafts_brand_id_brands")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_drafts")),
        sa.UniqueConstraint(
            "agent_id",
            "article_id",
            "locale",
            name=op.f("uq_article_drafts_agent_id_article_id_locale"),
        ),
    )
    with op.batch_alter_table("article_drafts", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_article_drafts_article_id"), ["article_id"], unique=False
        )

    op.create_table(
        "article_feedback",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column(
            "article_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("locale", sa.String(length=10), server_default="", nullable=False),
        sa.Column("helped", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=20), server_default="", nullable=False),
        sa.Column("comment", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.id"],
            name=op.f("fk_article_feedback_article_id_articles"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_feedback")),
    )
    with op.batch_alter_table("article_feedback", schema=None) as batch_op:
        batch_op.create_index(
            "ix_article_feedback_article_id_created_at", ["article_id", "created_at"], unique=False
        )

    op.create_table(
        "article_files",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column(
            "article_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("brand_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("agent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("file_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("content_type", sa.String(length=120), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name=op.f("fk_article_files_agent_id_agents")
        ),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.id"],
            name=op.f("fk_article_files_article_id_articles"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brands.id"], name=op.f("fk_article_files_brand_id_brands")
        ),
        sa.ForeignKeyConstraint(
            ["file_id"], ["files.id"], name=op.f("fk_article_files_file_id_files")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_files")),
        sa.UniqueConstraint("key", name=op.f("uq_article_files_key")),
    )
    with op.batch_alter_table("article_files", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_article_files_article_id"), ["article_id"], unique=False
        )

    op.create_table(
        "article_redirects",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("brand_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("slug", sa.String(length=120), nullable=False),
        sa.Column(
            "article_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.id"],
            name=op.f("fk_article_redirects_article_id_articles"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brands.id"], name=op.f("fk_article_redirects_brand_id_brands")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_redirects")),
        sa.UniqueConstraint("brand_id", "slug", name=op.f("uq_article_redirects_brand_id_slug")),
    )
    with op.batch_alter_table("article_redirects", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_article_redirects_article_id"), ["article_id"], unique=False
        )

    op.create_table(
        "article_reviews",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column(
            "article_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("locale", sa.String(length=10), server_default="", nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("body", sa.Text(), server_default="", nullable=False),
        sa.Column("alternatives", sa.JSON(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="0", nullable=False),
        sa.Column("asked_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("outcome", sa.String(length=10), server_default="open", nullable=False),
        sa.Column(
            "decided_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("comment", sa.Text(), server_default="", nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.id"],
            name=op.f("fk_article_reviews_article_id_articles"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["agents.id"], name=op.f("fk_article_reviews_asked_by_agents")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["agents.id"], name=op.f("fk_article_reviews_decided_by_agents")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_reviews")),
    )
    with op.batch_alter_table("article_reviews", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_article_reviews_article_id"), ["article_id"], unique=False
        )
        batch_op.create_index("ix_article_reviews_outcome", ["outcome"], unique=False)

    op.create_table(
        "article_uses",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column(
            "conversation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "article_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("agent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("how", sa.String(length=10), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name=op.f("fk_article_uses_agent_id_agents")
        ),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.id"],
            name=op.f("fk_article_uses_article_id_articles"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_article_uses_conversation_id_conversations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_uses")),
    )
    with op.batch_alter_table("article_uses", schema=None) as batch_op:
        batch_op.create_index(
            "ix_article_uses_article_id_created_at", ["article_id", "created_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_article_uses_conversation_id"), ["conversation_id"], unique=False
        )

    op.create_table(
        "article_versions",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column(
            "article_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("alternatives", sa.JSON(), nullable=False),
        sa.Column("author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("note", sa.String(length=300), server_default="", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.id"],
            name=op.f("fk_article_versions_article_id_articles"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["agents.id"], name=op.f("fk_article_versions_author_id_agents")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_versions")),
        sa.UniqueConstraint(
            "article_id",
            "locale",
            "version",
            name=op.f("uq_article_versions_article_id_locale_version"),
        ),
    )
    with op.batch_alter_table("agents", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("publishes", sa.Boolean(), server_default=sa.text("(true)"), nullable=False)
        )

    with op.batch_alter_table("article_texts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("revision", sa.Integer(), server_default="1", nullable=False))
        batch_op.add_column(sa.Column("translated_from_revision", sa.Integer(), nullable=True))

    with op.batch_alter_table("articles", schema=None) as batch_op:
        batch_op.add_column(sa.Column("external_id", sa.String(length=250), nullable=True))
        batch_op.add_column(
            sa.Column(
                "category_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
            )
        )
        batch_op.add_column(
            sa.Column("locale", sa.String(length=10), server_default="en", nullable=False)
        )
        batch_op.add_column(sa.Column("views", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(
            sa.Column(
                "owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
            )
        )
        batch_op.add_column(
            sa.Column(
                "conversation_id",
                sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
                nullable=True,
            )
        )
        batch_op.add_column(sa.Column("check_by", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("publish_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("archive_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("published_at", sa.BigInteger(), nullable=True))
        batch_op.create_index(batch_op.f("ix_articles_category_id"), ["category_id"], unique=False)
        batch_op.create_unique_constraint(
            batch_op.f("uq_articles_brand_id_external_id"), ["brand_id", "external_id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_articles_category_id_categories"), "categories", ["category_id"], ["id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_articles_owner_id_agents"), "agents", ["owner_id"], ["id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_articles_conversation_id_conversations"),
            "conversations",
            ["conversation_id"],
            ["id"],
        )

    _name_categories()
    _keep_texts()
    with op.batch_alter_table("articles", schema=None) as batch_op:
        batch_op.create_index(
            "ix_articles_archive_at",
            ["archive_at"],
            unique=False,
            sqlite_where=sa.text("archive_at IS NOT NULL"),
            postgresql_where=sa.text("archive_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_articles_publish_at",
            ["publish_at"],
            unique=False,
            sqlite_where=sa.text("publish_at IS NOT NULL"),
            postgresql_where=sa.text("publish_at IS NOT NULL"),
        )
        batch_op.drop_column("category")

    with op.batch_alter_table("deflections", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("visitor", sa.String(length=64), server_default="", nullable=False)
        )
        batch_op.add_column(
            sa.Column("arm", sa.String(length=5), server_default="shown", nullable=False)
        )
        batch_op.add_column(
            sa.Column(
                "answered_article_id",
                sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
                nullable=True,
            )
        )
        batch_op.add_column(sa.Column("confidence", sa.Float(), nullable=True))
        batch_op.add_column(sa.Column("came_back_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(
            sa.Column(
                "conversation_id",
                sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
                nullable=True,
            )
        )
        batch_op.create_index(
            batch_op.f("ix_deflections_conversation_id"), ["conversation_id"], unique=False
        )
        batch_op.create_index("ix_deflections_visitor", ["visitor", "created_at"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_deflections_conversation_id_conversations"),
            "conversations",
            ["conversation_id"],
            ["id"],
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_deflections_answered_article_id_articles"),
            "articles",
            ["answered_article_id"],
            ["id"],
        )


def _name_categories() -> None:
    """Every name that stood in an article becomes a category of its brand."""
    conn = op.get_bind()
    articles = sa.table(
        "articles", *map(sa.column, ("brand_id", "category", "category_id", "created_at"))
    )
    categories = sa.table(
        "categories",
        sa.column("id"),
        sa.column("brand_id"),
        sa.column("slug"),
        sa.column("names", sa.JSON()),
        sa.column("position"),
        sa.column("created_at"),
    )
    locales = dict(conn.execute(sa.text("SELECT id, locale FROM brands")).all())
    used = conn.execute(
        sa.select(articles.c.brand_id, articles.c.category, sa.func.min(articles.c.created_at))
        .where(articles.c.category != "")
        .group_by(articles.c.brand_id, articles.c.category)
        .order_by(articles.c.brand_id, articles.c.category)
    ).all()
    taken: set[tuple[int, str]] = set()
    for position, (brand_id, name, created_at) in enumerate(used):
        slug = wanted = re.sub(r"[^\w]+", "-", name.casefold()).strip("-_")[:80] or "category"
        number = 1
        while (brand_id, slug) in taken:
            number += 1
            slug = f"{wanted}-{number}"
        taken.add((brand_id, slug))
        conn.execute(
            sa.insert(categories).values(
                brand_id=brand_id,
                slug=slug,
                names={locales.get(brand_id, "en"): name},
                position=position,
                created_at=created_at,
            )
        )
        made = sa.select(categories.c.id).where(
            categories.c.brand_id == brand_id, categories.c.slug == slug
        )
        conn.execute(
            sa.update(articles)
            .where(articles.c.brand_id == brand_id, articles.c.category == name)
            .values(category_id=made.scalar_subquery())
        )


def _keep_texts() -> None:
    """Which language is an article's own, and the text as it is now as its first version."""
    for statement in (
        """UPDATE articles SET locale = coalesce(
               (SELECT t.locale FROM article_texts t JOIN brands b ON b.id = articles.brand_id
                WHERE t.article_id = articles.id AND t.locale = b.locale),
               (SELECT min(t.locale) FROM article_texts t WHERE t.article_id = articles.id), 'en')""",
        "UPDATE articles SET published_at = updated_at WHERE status = 'published'",
        """UPDATE article_texts SET translated_from_revision = 1 WHERE locale !=
               (SELECT a.locale FROM articles a WHERE a.id = article_texts.article_id)""",
        """INSERT INTO article_versions
               (article_id, locale, version, title, body, alternatives, created_at)
           SELECT article_id, locale, 1, title, body, alternatives, updated_at FROM article_texts""",
    ):
        op.execute(statement)


def downgrade() -> None:
    with op.batch_alter_table("deflections", schema=None) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_deflections_answered_article_id_articles"), type_="foreignkey"
        )
        batch_op.drop_constraint(
            batch_op.f("fk_deflections_conversation_id_conversations"), type_="foreignkey"
        )
        batch_op.drop_index("ix_deflections_visitor")
        batch_op.drop_index(batch_op.f("ix_deflections_conversation_id"))
        batch_op.drop_column("conversation_id")
        batch_op.drop_column("came_back_at")
        batch_op.drop_column("confidence")
        batch_op.drop_column("answered_article_id")
        batch_op.drop_column("arm")
        batch_op.drop_column("visitor")

    with op.batch_alter_table("articles", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "category", sa.VARCHAR(length=120), server_default=sa.text("('')"), nullable=False
            )
        )

    _name_in_articles()
    with op.batch_alter_table("articles", schema=None) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_articles_conversation_id_conversations"), type_="foreignkey"
        )
        batch_op.drop_constraint(batch_op.f("fk_articles_owner_id_agents"), type_="foreignkey")
        batch_op.drop_constraint(
            batch_op.f("fk_articles_category_id_categories"), type_="foreignkey"
        )
        batch_op.drop_constraint(batch_op.f("uq_articles_brand_id_external_id"), type_="unique")
        batch_op.drop_index(
            "ix_articles_publish_at",
            sqlite_where=sa.text("publish_at IS NOT NULL"),
            postgresql_where=sa.text("publish_at IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_articles_category_id"))
        batch_op.drop_index(
            "ix_articles_archive_at",
            sqlite_where=sa.text("archive_at IS NOT NULL"),
            postgresql_where=sa.text("archive_at IS NOT NULL"),
        )
        batch_op.drop_column("published_at")
        batch_op.drop_column("archive_at")
        batch_op.drop_column("publish_at")
        batch_op.drop_column("check_by")
        batch_op.drop_column("conversation_id")
        batch_op.drop_column("owner_id")
        batch_op.drop_column("views")
        batch_op.drop_column("locale")
        batch_op.drop_column("category_id")
        batch_op.drop_column("external_id")

    with op.batch_alter_table("article_texts", schema=None) as batch_op:
        batch_op.drop_column("translated_from_revision")
        batch_op.drop_column("revision")

    with op.batch_alter_table("agents", schema=None) as batch_op:
        batch_op.drop_column("publishes")

    op.drop_table("article_versions")
    with op.batch_alter_table("article_uses", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_article_uses_conversation_id"))
        batch_op.drop_index("ix_article_uses_article_id_created_at")

    op.drop_table("article_uses")
    with op.batch_alter_table("article_reviews", schema=None) as batch_op:
        batch_op.drop_index("ix_article_reviews_outcome")
        batch_op.drop_index(batch_op.f("ix_article_reviews_article_id"))

    op.drop_table("article_reviews")
    with op.batch_alter_table("article_redirects", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_article_redirects_article_id"))

    op.drop_table("article_redirects")
    with op.batch_alter_table("article_files", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_article_files_article_id"))

    op.drop_table("article_files")
    with op.batch_alter_table("article_feedback", schema=None) as batch_op:
        batch_op.drop_index("ix_article_feedback_article_id_created_at")

    op.drop_table("article_feedback")
    with op.batch_alter_table("article_drafts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_article_drafts_article_id"))

    op.drop_table("article_drafts")
    with op.batch_alter_table("unanswered_questions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_unanswered_questions_conversation_id"))
        batch_op.drop_index("ix_unanswered_questions_brand_id_created_at")

    op.drop_table("unanswered_questions")
    with op.batch_alter_table("training_examples", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_training_examples_conversation_id"))
        batch_op.drop_index(batch_op.f("ix_training_examples_brand_id"))

    op.drop_table("training_examples")
    op.drop_table("contact_classes")
    op.drop_table("article_imports")
    with op.batch_alter_table("synonyms", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_synonyms_brand_id"))

    op.drop_table("synonyms")
    op.drop_table("categories")


def _name_in_articles() -> None:
    conn = op.get_bind()
    rows = conn.execute(
        sa.select(sa.column("id"), sa.column("names", sa.JSON())).select_from(
            sa.table("categories")
        )
    )
    for category_id, names in rows.all():
        conn.execute(
            sa.text("UPDATE articles SET category = :name WHERE category_id = :id"),
            {"name": next(iter(names.values()), "")[:120], "id": category_id},
        )

"""A picture of an article: for whoever the article is for, else for those who write."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from app.models.conversation import files
from app.models.knowledge import article_files, articles
from app.queries.attachment import Download


@dataclass(frozen=True, slots=True)
class ArticleFile:
    """The file, whose brand it is of, and for whom: "" where no article is published with it."""

    download: Download
    brand_id: int
    visibility: str


def article_file(conn: Connection, key: str) -> ArticleFile | None:
    """The picture with this key."""
    row = conn.execute(
        select(
            article_files,
            files.c.hash,
            articles.c.status,
            articles.c.visibility,
        )
        .join(files, files.c.id == article_files.c.file_id)
        .outerjoin(articles, articles.c.id == article_files.c.article_id)
        .where(article_files.c.key == key)
    ).first()
    if row is None:
        return None
    return ArticleFile(
        Download(row.hash, row.name, row.content_type, row.size, row.width is not None),
        row.brand_id,
        row.visibility if row.status == "published" else "",
    )

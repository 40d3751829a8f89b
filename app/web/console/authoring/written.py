"""What stands in the form of an article: as typed, and as the actions take it."""

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field

from app.actions.article import ArticleDetails, ArticleDraft, ArticleText
from app.actions.article_bulk import day_at
from app.db import Invalid
from app.queries.article_editor import DraftRow, EditorArticle
from app.queries.article_exchange import day_of

Long = Annotated[str, Field(max_length=250_000)]
Short = Annotated[str, Field(max_length=500)]


class Written(BaseModel):
    """The fields of the form. Moments are local to the agent; `then` says what follows saving."""

    lang: Short = "en"
    title: Long = ""
    body: Long = ""
    alternatives: Long = ""
    category: Short = ""
    visibility: Short = "public"
    slug: Short = ""
    brand: int | None = None
    version: int | None = None
    revision: int = 0
    owner: Short = ""
    check_by: Short = ""
    publish_at: Short = ""
    archive_at: Short = ""
    note: Annotated[str, Field(max_length=2_000)] = ""
    minor: bool = False
    then: Short = "save"

    @property
    def text(self) -> ArticleText:
        """The language that was written."""
        lines = tuple(line.strip() for line in self.alternatives.splitlines() if line.strip())
        return ArticleText(self.title, self.body.replace("\r\n", "\n"), lines)

    def draft(self) -> ArticleDraft:
        """What is to be saved; Invalid for an owner or a day that cannot be read."""
        if self.owner and not self.owner.isdecimal():
            raise Invalid(owner="unknown")
        owner = int(self.owner) if self.owner else None
        return ArticleDraft(
            {self.lang: self.text},
            category=self.category,
            visibility=self.visibility,
            slug=self.slug,
            details=ArticleDetails(owner, day_at(self.check_by)),
            note=self.note,
            minor=self.minor,
        )

    def plan(self, time_zone: str) -> tuple[int | None, int | None]:
        """When it is to be published and archived, ms; Invalid for what is no date and time."""
        return (
            moment_at(self.publish_at, time_zone, "publish_at"),
            moment_at(self.archive_at, time_zone, "archive_at"),
        )


def written(article: EditorArticle, locale: str, draft: DraftRow | None, time_zone: str) -> Written:
    """The form of an article in one of its languages; an unsaved draft stands before the text."""
    text = draft or article.texts.get(locale)
    held = article.texts.get(locale)
    return Written(
        lang=locale,
        title=text.title if text else "",
        body=text.body if text else "",
        alternatives="\n".join(text.alternatives) if text else "",
        category=article.category,
        visibility=article.visibility,
        slug=article.slug,
        brand=article.brand_id,
        version=article.version,
        revision=draft.revision if draft else held.revision if held else 0,
        owner=str(article.owner_id or ""),
        check_by=day_of(article.check_by),
        publish_at=_local(article.publish_at, time_zone),
        archive_at=_local(article.archive_at, time_zone),
    )


def moment_at(text: str, time_zone: str, field: str) -> int | None:
    """A local date and time such as 2026-05-31T09:00 as a moment; None for an empty field."""
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(time_zone))
    except (ValueError, OverflowError) as error:
        raise Invalid(**{field: "unknown"}) from error
    return int(at.timestamp() * 1000)


def _local(at: int | None, time_zone: str) -> str:
    if at is None:
        return ""
    local = datetime.fromtimestamp(at / 1000, ZoneInfo(time_zone))
    return local.strftime("%Y-%m-%dT%H:%M")

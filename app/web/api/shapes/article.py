"""Articles of the knowledge base, and what a search finds among them."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from app.web.api.shapes.base import Body, Shape
from app.web.api.values import NO_NUL, Id, Line, Locale, Seq

Visibility = Literal["public", "customer", "internal"]
Category = Annotated[str, Field(pattern=NO_NUL, max_length=120, examples=["Delivery"])]


class TextShape(Shape):
    """An article in one language; `body` is Markdown."""

    title: str = Field(examples=["When does my parcel arrive?"])
    body: str
    alternatives: list[str] = Field(description="the same question in other words")
    revision: int = Field(description="grows with each change of this text")
    translated_from_revision: int | None = Field(
        description="of the article's own language; behind it: the translation is out of date"
    )
    updated_at: int


class ArticleHead(Shape):
    """An article in a list: its titles by language, without the texts."""

    id: int
    brand_id: int
    slug: str
    category: str
    visibility: str = Field(description="public, customer or internal")
    status: str = Field(description="draft, review, published or archived")
    locale: str = Field(description="the language that the others are translated from")
    external_id: str | None = Field(description="the caller's own id")
    owner_id: int | None
    check_by: int | None = Field(description="somebody should read it again by then")
    version: int = Field(description="grows with each change")
    created_at: int
    updated_at: int
    titles: dict[str, str] = Field(examples=[{"en": "When does my parcel arrive?"}])


class ArticleShape(Shape):
    """An article in all its languages, and what its readers thought of it."""

    id: int
    brand_id: int
    slug: str
    category: str
    visibility: str
    status: str
    locale: str
    external_id: str | None
    owner_id: int | None
    check_by: int | None
    publish_at: int | None
    archive_at: int | None
    conversation_id: int | None = Field(description="the one it was written from")
    version: int
    views: int
    helped: int
    not_helped: int
    created_at: int
    updated_at: int
    texts: dict[str, TextShape]


class TextBody(Body):
    """An article in one language."""

    title: Annotated[Line, Field(min_length=1, max_length=300)]
    body: str = Field(pattern=NO_NUL, max_length=200_000, description="Markdown")
    alternatives: list[Line] = Field(default_factory=list, max_length=50)


class ArticleBody(Body):
    """A new article; a draft, unless `publish`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "brand_id": 1,
                    "category": "Delivery",
                    "publish": True,
                    "texts": {
                        "en": {
                            "title": "When does my parcel arrive?",
                            "body": "Within **three** working days.",
                        }
                    },
                }
            ]
        }
    )

    brand_id: Id
    texts: dict[Locale, TextBody] = Field(min_length=1, max_length=20, description="by language")
    category: Category = ""
    visibility: Visibility = "public"
    slug: Category = Field("", description="empty: made of the title")
    publish: bool = False


class ArticlePatch(Body):
    """What to change; languages and fields that are left out stay."""

    texts: dict[Locale, TextBody] | None = Field(None, max_length=20)
    category: Category | None = None
    visibility: Visibility | None = None
    slug: Category | None = Field(None, description="the old address leads to the new one")
    note: Annotated[Line, Field(max_length=300)] = Field(
        "", description="what changed, for colleagues"
    )
    minor: bool = Field(False, description="translations stay as they are marked")
    version: Seq | None = Field(None, description="refuse (409) if it has changed since")


class VersionShape(Shape):
    """A text as it once was; the newest is what stands there now."""

    version: int
    title: str
    body: str
    alternatives: list[str]
    author: str = Field(description="empty: it came by itself")
    note: str
    created_at: int


class VersionBody(Body):
    """Which text is to come back."""

    locale: Locale
    version: Seq


class ReviewBody(Body):
    """Ask that an article be published; for one that is, `locale` and `text` are the change."""

    note: Line = ""
    locale: Locale | None = None
    text: TextBody | None = None

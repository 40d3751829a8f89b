"""Questions to the knowledge base, what it finds, learns and lacks; articles kept elsewhere."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from app.web.api.knowledge_scope import ABOUT_AUDIENCE, LONGEST, Audience, BrandName, Words
from app.web.api.shapes.base import Body, Row, Shape
from app.web.api.values import NO_NUL, Line, Locale

OwnId = Annotated[
    str,
    Field(
        pattern=r"^[^\x00]+$", min_length=1, max_length=250, examples=["faq-17"],
        description="your own id of the article; another language of it has the same",
    ),
]  # fmt: skip
Label = Annotated[
    str,
    Field(pattern=r"^[^\x00]+$", min_length=1, max_length=200, examples=["late parcel"]),
]
EXAMPLE = "When will my parcel arrive?"
Found = int | str
ABOUT_ID = "your own id if the article came with one, else our number"


class HitShape(Shape):
    """An article that was found. `score` orders the hits of one search and means nothing else."""

    id: Found = Field(description=ABOUT_ID, examples=["faq-17"])
    article_id: int = Field(description="our number of it")
    brand_id: int
    score: float = Field(examples=[21.7])
    title: str = Field(examples=["When does my parcel arrive?"])
    snippet: str = Field(examples=["Your parcel arrives within three working days."])
    matches: list[tuple[int, int]] = Field(
        description="where in the snippet: [start, end)", examples=[[[5, 11], [12, 19]]]
    )
    locale: str = Field(examples=["en"])
    slug: str = Field(examples=["when-does-my-parcel-arrive"])
    visibility: str = Field(examples=["public"])


class QuestionBody(Body):
    """A question in a customer's words."""

    query: Words = Field(examples=[EXAMPLE])
    locale: Locale | None = Field(None, description="the reader's; none: what the letters tell")
    brand: BrandName | None = Field(None, description="its id or word; none: all that you serve")
    audience: Audience = Field("everybody", description=ABOUT_AUDIENCE)


class AnswerShape(Shape):
    """The answer, or that there is none: then `id` is null."""

    id: Found | None = Field(description=ABOUT_ID, examples=["faq-17"])
    confidence: float = Field(
        description="how likely the best article is the right one, 0 to 1", examples=[0.97]
    )
    passage: str | None = Field(
        description="what the article says to it", examples=["Within three working days."]
    )
    article_id: int | None = None
    title: str | None = None
    locale: str | None = None
    slug: str | None = None
    related: list[HitShape] = Field(
        description="what else may help, never to be given as an answer"
    )


class KeptArticleRow(Row):
    """One language of an article that is kept elsewhere."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "faq-17",
                    "title": "When does my parcel arrive?",
                    "body": "Within **three** working days.",
                    "locale": "en",
                }
            ]
        },
    )

    id: OwnId
    title: Annotated[str, Field(pattern=NO_NUL, max_length=300)]
    body: str = Field(pattern=NO_NUL, max_length=200_000, description="Markdown")
    locale: Locale | None = Field(None, description="none: what its letters tell")
    alternatives: list[Line] = Field(
        default_factory=list, max_length=500, description="the same question in other words"
    )
    category: Annotated[str, Field(pattern=NO_NUL, max_length=120)] | None = None
    visibility: Literal["public", "customer", "internal"] | None = Field(
        None, description="public, unless it is there already"
    )
    slug: Annotated[str, Field(pattern=NO_NUL, max_length=120)] | None = Field(
        None, description="of a new article; none: made of the title"
    )


class KeptShape(Shape):
    """What became of the articles, in articles (each in all its languages)."""

    created: int
    changed: int
    unchanged: int
    archived: int = Field(description="not in the set: no reader finds them any more")


class RefusedShape(Shape):
    """A row that was left out, and why, by field."""

    row: int = Field(description="its place in what you sent, from 0")
    id: str | None
    errors: dict[str, str]


class BulkShape(KeptShape):
    """What became of them; what is refused is left out, the others are written."""

    refused: list[RefusedShape]


class TrainingRow(Row):
    """A text and what it is about."""

    text: Annotated[str, Field(pattern=NO_NUL, max_length=LONGEST, examples=[EXAMPLE])]
    label: Label
    locale: Locale | None = None


class TrainedShape(Shape):
    """What was learned from."""

    examples: int
    labels: int


class ClassifyBody(Body):
    """A text in a customer's words."""

    text: Words = Field(examples=[EXAMPLE])
    locale: Locale | None = None
    brand: BrandName | None = Field(None, description="its id or word; none: what holds for all")
    k: int = Field(3, ge=1, le=50, description="how many at most")


class LabelShape(Shape):
    """What a text is about; the scores of all labels are 1 together."""

    label: str = Field(examples=["late parcel"])
    score: float = Field(examples=[0.93])


class UnansweredRow(Row):
    """A question that was not answered."""

    query: str = Field(
        pattern=r"^[^\x00]*[^\x00\s][^\x00]*$",
        max_length=LONGEST,
        examples=["Do you ship to Iceland?"],
    )
    locale: Locale | None = None


class NotedShape(Shape):
    """How many questions were kept."""

    noted: int

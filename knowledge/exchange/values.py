"""What every format is read into and written from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

LocaleOf = Callable[[str], str | None]  # a tag such as zh-TW as a locale we have; None: we do not


@dataclass(frozen=True, slots=True)
class SentText:
    """One language of an article; `body` is Markdown."""

    title: str
    body: str
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SentArticle:
    """An article outside of the house. `id` is the other program's own, empty where it has none;
    `category` names the category and its sections; the first language is its own."""

    id: str
    texts: Mapping[str, SentText]
    category: tuple[str, ...] = ()
    visibility: str = "public"
    status: str = "draft"
    slug: str = ""
    owner: str = ""  # an email address
    check_by: str = ""  # a date, 2026-05-31


@dataclass(frozen=True, slots=True)
class Refused:
    """Something that cannot be taken: where it stood, and why, in a code that screens translate."""

    where: str
    why: str


@dataclass(slots=True)
class Parcel:
    """All that was found in a file; `pictures` by the address that the texts name them with.
    `doubts` is what is taken although something it points at is not there."""

    articles: list[SentArticle] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    doubts: list[Refused] = field(default_factory=list)
    pictures: dict[str, bytes] = field(default_factory=dict)


class Unreadable(Exception):
    """The file as a whole is not what it was said to be; `why` is a code."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why

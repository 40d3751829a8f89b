"""The values that go into the index and come out of it."""

from dataclasses import dataclass
from typing import Literal

Visibility = Literal["public", "customer", "internal"]
Piece = tuple[str, bool]


@dataclass(frozen=True, slots=True)
class Article:
    """One locale version of an article. `body` is Markdown.

    `alternatives` are further phrasings of the question that the article answers. `version` is any
    number that grows with each edit; the index only hands it back. `category` is any number that
    searches can be narrowed to.
    """

    id: int
    locale: str
    title: str
    body: str
    brand: int = 1
    visibility: Visibility = "public"
    alternatives: tuple[str, ...] = ()
    version: int = 1
    category: int | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """One found article. `score` orders the hits of one search; it has no meaning across searches.

    `snippet` is text cut from the article as (text, is_match) pieces, to be escaped by the caller.
    """

    article_id: int
    locale: str
    title: str
    score: float
    snippet: tuple[Piece, ...] = ()

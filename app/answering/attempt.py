"""What the help pages have to say to a question: an answer, two to choose from, or nothing sure.

Only articles that the asker may read are looked at: public ones of the brand, and for somebody who
has proved who they are those for customers. Each is read again from its row before it is shown, so
that one that was withdrawn a moment ago is not.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection

from app.answering.model import quoted
from app.answering.said import questions_in
from app.queries.articles import PUBLIC, ArticlePage, has_articles, readable_article_by_id
from app.runtime import Runtime
from knowledge import thesaurus
from knowledge.answer import Answer, clarify
from knowledge.as_message import as_message
from knowledge.expand import FUNCTION_WORDS
from knowledge.markdown import plain
from knowledge.passage import sentences
from knowledge.text import tokens

MOST_RELATED = 3
BEGINNING = 320  # characters
WHOLE = 480  # columns; an article that is no longer is shown whole
SHARE = 0.3  # of a question's telling words
MOST_SHARED = 2
MOST_PASSAGES = 3  # that a language model may quote
NEAR = 0.2  # less likely than this, nothing is related
NEAR_BEST = 0.5  # of the best one's score: what shares less is not worth naming
_MARK = 3  # characters: what is no longer may be the number of a list


@dataclass(frozen=True, slots=True)
class Source:
    """An article that was shown, with the words of it that answer: `passage` to be quoted, `shown`
    the same as it is written, lists as lists."""

    article_id: int
    locale: str
    title: str
    url: str
    passage: str = ""
    shown: str = ""

    def json(self) -> dict[str, Any]:
        """As a message keeps it."""
        return {
            "article_id": self.article_id,
            "locale": self.locale,
            "title": self.title,
            "url": self.url,
        }


@dataclass(frozen=True, slots=True)
class Attempt:
    """What can be said. `sources` are one for an answer, two for choices, none where nothing is
    sure; `related` may have to do with it, and is never given as the answer."""

    kind: Literal["answer", "choices", "none"]
    text: str = ""  # of an answer: the passage
    sources: tuple[Source, ...] = ()
    related: tuple[Source, ...] = ()
    confidence: float = 0.0
    by_model: bool = False
    asked: str = ""  # what of the text was looked up

    @property
    def shown(self) -> list[int]:
        """Every article that its reader sees: beside an answer nothing related stands."""
        return [it.article_id for it in (self.related if self.kind == "none" else self.sources)]


async def attempt(
    runtime: Runtime,
    brand_id: int,
    brand_slug: str,
    question: str,
    locale: str,
    *,
    by_model: bool = True,
    visibilities: Collection[str] = PUBLIC,
) -> Attempt | None:
    """What the brand's help pages say to a question; None where it has none. With `by_model` a
    language model chooses the sentences, where the brand has one."""
    asked, found = await _asked(runtime, brand_id, question, locale, visibilities)
    pages = await runtime.db.query(_read, brand_id, found, visibilities)
    if pages is None:
        return None
    best_id = found.hit.article_id if found.hit is not None else 0
    base_url = runtime.settings.base_url
    sources = {
        page.id: _source(page, brand_slug, found.passage if page.id == best_id else "", base_url)
        for page in pages.values()
    }
    least = NEAR_BEST * found.hit.score if found.hit is not None else 0.0
    related = tuple(
        sources[hit.article_id]
        for hit in found.related
        if hit.article_id in sources and hit.score >= least
    )
    best = sources.get(found.hit.article_id) if found.hit is not None else None
    if found.sure and best is not None and best.passage and speaks_of(asked, pages[best_id]):
        quotable = [source for source in sources.values() if source.passage]
        quotable = sorted(quotable, key=lambda it: it != best)[:MOST_PASSAGES]
        wanted = [(it.article_id, it.passage) for it in quotable]
        said = await quoted(runtime, brand_id, asked, wanted) if by_model else None
        return Attempt(
            "answer",
            text=said.text if said is not None else best.shown,
            by_model=said is not None,
            sources=tuple(quotable[at] for at in said.sources) if said is not None else (best,),
            related=related[:MOST_RELATED],
            confidence=found.confidence,
            asked=asked,
        )
    choices = tuple(sources[h.article_id] for h in clarify(found) if h.article_id in sources)
    if len(choices) == 2:
        return Attempt("choices", sources=choices, confidence=found.confidence, asked=asked)
    related = related if found.confidence >= NEAR else ()
    near = ((best,) if best is not None and found.confidence >= NEAR else ()) + related
    return Attempt("none", related=near[:MOST_RELATED], confidence=found.confidence, asked=asked)


async def _asked(
    runtime: Runtime, brand_id: int, text: str, locale: str, visibilities: Collection[str]
) -> tuple[str, Answer]:
    """What of a text is asked, and the answer to it: all of it, or, where that is not sure, one of
    its questions. A letter tells much besides, and says good day."""
    tried: list[tuple[str, Answer]] = []
    for part in questions_in(text):
        found = await runtime.knowledge.answer(
            part, brand=brand_id, locale=locale, visibilities=visibilities
        )
        if found.sure:
            return part, found
        tried.append((part, found))
    return tried[0]


def speaks_of(question: str, page: ArticlePage) -> bool:
    """Whether an article has enough of a question's own words, or words of the same meaning.

    In a base of a few articles every word is rare, and the confidence of whatever comes first is
    high: an answer that shares nothing with the question must not be given all the same.
    """
    text = "\n".join((page.title, *page.alternatives, page.body))
    wanted = {token for token in tokens(question, page.locale) if token not in FUNCTION_WORDS}
    shared = wanted.intersection(tokens(text, page.locale))
    meanings = thesaurus.shipped()
    alike = set(meanings.groups(question)).intersection(meanings.groups(text))
    return len(shared) + len(alike) >= min(MOST_SHARED, max(1, round(len(wanted) * SHARE)))


async def article_answer(
    runtime: Runtime,
    brand_id: int,
    brand_slug: str,
    article_id: int,
    question: str,
    locale: str,
    visibilities: Collection[str] = PUBLIC,
) -> Attempt | None:
    """The passage of the article that a visitor has chosen; None if they may not read it."""
    page = await runtime.db.query(
        readable_article_by_id, brand_id, article_id, locale, visibilities
    )
    if page is None:
        return None
    found = await runtime.knowledge.answer(
        question, brand=brand_id, locale=page.locale, visibilities=visibilities
    )
    fits = found.hit is not None and found.hit.article_id == page.id
    passage = found.passage if fits else ""
    source = _source(page, brand_slug, passage, runtime.settings.base_url)
    return Attempt("answer", text=source.shown, sources=(source,), confidence=1.0)


def _read(
    conn: Connection, brand_id: int, found: Answer, visibilities: Collection[str]
) -> dict[int, ArticlePage] | None:
    """The found articles as their rows have them now."""
    hits = [*([found.hit] if found.hit is not None else []), *found.related, *clarify(found)]
    if not hits and not has_articles(conn, brand_id, visibilities):
        return None
    pages = {}
    for hit in hits:
        page = readable_article_by_id(conn, brand_id, hit.article_id, hit.locale, visibilities)
        if page is not None:
            pages[page.id] = page
    return pages


def _source(page: ArticlePage, brand_slug: str, passage: str, base_url: str) -> Source:
    """The article with a passage of it; with its beginning where the passage does not stand in it
    any more."""
    url = f"/help/{brand_slug}/{page.locale}/{page.slug}"
    text = plain(page.body)
    if not passage or _bare(passage) not in _bare(text):
        passage = ""
        for sentence in sentences(text):
            if passage and len(passage) + len(sentence) > BEGINNING:
                break
            passage = f"{passage} {sentence}".strip()
    passage = passage[: 2 * BEGINNING]
    written = as_message(page.body, signs=False, base_url=base_url)
    return Source(page.id, page.locale, page.title, url, passage, _lines_of(written, passage))


def _lines_of(written: str, passage: str) -> str:
    """All of a short article; else the lines that hold the passage, from the first of their list
    on; the passage itself where these are too long."""
    if _columns(written) <= WHOLE:
        return written
    lines, held = written.split("\n"), _bare(passage)
    holding = [
        at
        for at, line in enumerate(lines)
        if any(len(bare := _bare(it)) > _MARK and bare in held for it in sentences(line))
    ]
    if not holding:
        return passage
    first, last = holding[0], holding[-1]
    while first and lines[first - 1]:
        first -= 1
    shown = "\n".join(lines[first : last + 1])
    return shown if len(shown) <= 2 * BEGINNING else passage


def _columns(text: str) -> int:
    return sum(2 if character > "\u2e7f" else 1 for character in text)


def _bare(text: str) -> str:
    return "".join(text.split())

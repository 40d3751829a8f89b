"""Decides whether the best article answers a question or is merely related to it."""

from collections.abc import Collection
from dataclasses import dataclass

from knowledge.expand import terms
from knowledge.gate import confidence
from knowledge.index import Index
from knowledge.passage import passage
from knowledge.rank import Ranked, ranked
from knowledge.search import one_each, shown
from knowledge.text import language, tokens
from knowledge.values import Hit

THRESHOLD = 0.88

_WORD_FOR_WORD = 0.98  # the chance where the article's own words ask the very same
_A_QUESTION = 3  # tokens; one word alone may mean much
_LIKELY = 0.35  # less likely than this, two articles are no choice worth offering
_NEARLY_EQUAL = 0.85


@dataclass(frozen=True, slots=True)
class Answer:
    """The best article, if any; `sure` says whether it may be given as the answer.

    `confidence` is the estimated probability that it is right; `related` are the next best.
    `passage` is the part of the article's text that speaks most of what was asked.
    """

    hit: Hit | None
    confidence: float
    sure: bool
    related: tuple[Hit, ...] = ()
    passage: str = ""


def answer(
    index: Index,
    question: str,
    *,
    brand: int | None,
    locale: str,
    visibilities: Collection[str],
    threshold: float = THRESHOLD,
) -> Answer:
    """The answer to a question, or its best guess with `sure` False.

    An article in another language than `locale`'s is never sure.
    """
    asked = terms(index, question, locale)
    found = ranked(
        index, asked, brand=brand, visibilities=visibilities, locale=locale, question=question
    )
    found = one_each(found, locale)
    hits = shown(index, asked, found, locale, limit=4)
    if not hits:
        return Answer(None, 0.0, sure=False)
    chance = confidence(index, asked, found)
    same = _asking_the_same(question, locale, found)
    if same == {found[0].article_id}:
        chance = max(chance, _WORD_FOR_WORD)
    elif len(same) > 1:
        chance = min(chance, 1 / len(same))
    sure = chance >= threshold and language(found[0].locale) == language(locale)
    return Answer(hits[0], chance, sure, tuple(hits[1:]), passage(index, asked, found[0]))


def _asking_the_same(question: str, locale: str, found: list[Ranked]) -> set[int]:
    """The articles that the question is a title or alternative of, word for word."""
    typed = tokens(question, locale)
    if len(typed) < _A_QUESTION:
        return set()
    return {entry.article_id for entry in found if " ".join(typed) in entry.phrasings}


def clarify(given: Answer) -> tuple[Hit, ...]:
    """The two articles to choose between when both are likely and nearly equal, else nothing."""
    if given.sure or given.hit is None or not given.related or given.confidence < _LIKELY:
        return ()
    second = given.related[0]
    return (given.hit, second) if second.score >= _NEARLY_EQUAL * given.hit.score else ()

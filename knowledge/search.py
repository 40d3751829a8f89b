"""Searching: a question or a half-typed one in, articles out. Any text is a valid question."""

from collections.abc import Collection, Iterable

from knowledge.expand import Term, terms
from knowledge.index import Index
from knowledge.rank import Ranked, ranked
from knowledge.snippet import snippet
from knowledge.text import language
from knowledge.values import Hit, Piece

_PREVIEW_CHARACTERS = 4_000


def search(
    index: Index,
    query: str,
    *,
    brand: int | None,
    locale: str,
    visibilities: Collection[str],
    limit: int = 10,
    categories: Collection[int] | None = None,
) -> list[Hit]:
    """The articles that answer `query`, best first, one hit for each article.

    Only articles of `brand` and of these categories (any if None) and visibilities are seen. Of one
    article's versions the one nearest to `locale` is shown; articles in other languages are found
    where there is nothing in the reader's own.
    """
    asked = terms(index, query, locale)
    found = ranked(
        index,
        asked,
        brand=brand,
        visibilities=visibilities,
        locale=locale,
        categories=categories,
        question=query,
    )
    return shown(index, asked, found, locale, limit)


def suggest(
    index: Index,
    partial: str,
    *,
    brand: int | None,
    locale: str,
    visibilities: Collection[str],
    limit: int = 5,
    categories: Collection[int] | None = None,
) -> list[Hit]:
    """Like `search`, for text that is still being typed: its last word may be unfinished.

    The snippet of a suggestion is its title with what matched marked.
    """
    asked = terms(index, partial, locale, typing=True)
    found = ranked(
        index,
        asked,
        brand=brand,
        visibilities=visibilities,
        locale=locale,
        categories=categories,
        question=partial,
    )
    return [
        _hit(entry, _pieces(entry.title, asked, entry.locale))
        for entry in one_each(found, locale)[: max(0, limit)]
    ]


def shown(
    index: Index, asked: list[Term], found: list[Ranked], locale: str, limit: int
) -> list[Hit]:
    """The first `limit` articles of what was found, as a reader of `locale` gets them."""
    return [
        _hit(entry, _pieces(_text(index, entry.entry_id), asked, entry.locale))
        for entry in one_each(found, locale)[: max(0, limit)]
    ]


def _hit(entry: Ranked, pieces: tuple[Piece, ...]) -> Hit:
    return Hit(entry.article_id, entry.locale, entry.title, entry.score, pieces)


def _pieces(text: str, asked: list[Term], locale: str) -> tuple[Piece, ...]:
    """The telling part of a text with what was typed marked: function words only if nothing else
    was. Where nothing of it stands there, what means the same is marked."""
    telling = [term for term in asked if term.asked and term.weight == 1.0] or asked
    pieces = snippet(text, _tokens(telling), locale)
    if not any(is_match for _, is_match in pieces):
        return snippet(text, _tokens(term for term in asked if not term.asked), locale)
    return pieces


def _tokens(terms: Iterable[Term]) -> set[str]:
    return {token for term in terms for token in term.variants}


def one_each(found: Iterable[Ranked], locale: str) -> list[Ranked]:
    """Of each article the version nearest to the reader's locale, in the order of the best one.

    What is written in another language is shown only where there is nothing in the reader's own.
    """
    chosen: dict[int, Ranked] = {}
    for entry in found:
        held = chosen.setdefault(entry.article_id, entry)
        if _distance(entry.locale, locale) < _distance(held.locale, locale):
            chosen[entry.article_id] = entry
    readable = [entry for entry in chosen.values() if _distance(entry.locale, locale) < 2]
    return readable or list(chosen.values())


def _distance(held: str, wanted: str) -> int:
    if held.lower().replace("_", "-") == wanted.lower().replace("_", "-"):
        return 0
    return 1 if language(held) == language(wanted) else 2


def _text(index: Index, entry_id: int) -> str:
    with index.reading() as connection:
        row = connection.execute("SELECT text FROM entry WHERE id = ?", (entry_id,)).fetchone()
    return str(row[0])[:_PREVIEW_CHARACTERS] if row else ""

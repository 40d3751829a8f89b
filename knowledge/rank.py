"""Finds candidate articles with FTS5 and orders them by BM25, field by field.

The score of an article is three times that of its best phrasing (title or alternative question)
plus that of its body, each by BM25 (Robertson and Zaragoza, 2009) with the field's own statistics.
"""

from collections.abc import Collection
from dataclasses import dataclass
from math import log
from sqlite3 import Connection

from knowledge.expand import Term
from knowledge.index import Index
from knowledge.vocabulary import FieldStatistics

_TITLE_WEIGHT = 3.0
_K1 = 1.2
_B = 0.75
_CANDIDATES = 80
_COMMON = 0.25


@dataclass(frozen=True, slots=True)
class Ranked:
    """An entry of the index with its score."""

    entry_id: int
    article_id: int
    locale: str
    title: str
    score: float


def ranked(
    index: Index, terms: list[Term], *, brand: int | None, visibilities: Collection[str]
) -> list[Ranked]:
    """The entries that share a term with the question, best first.

    Brand and visibility are part of the SQL, so what may not be seen is never even a candidate.
    """
    if not terms or not visibilities:
        return []
    with index.reading() as connection:
        match = _match(index, terms)
        entries = _candidates(connection, match, brand, tuple(visibilities))
        scores = [
            Ranked(entry_id, article_id, locale, title, _score(index, connection, entry_id, terms))
            for entry_id, (article_id, locale, title) in entries.items()
        ]
    return sorted(scores, key=lambda entry: (-entry.score, entry.article_id, entry.locale))


def _match(index: Index, terms: list[Term]) -> str:
    """An FTS5 expression for any of the terms, without the very common ones where rarer exist."""
    rows = max(1, index.bodies.rows)
    shares = [
        sum(index.bodies.frequency[token] for token in term.variants) / rows for term in terms
    ]
    telling = [term for term, share in zip(terms, shares, strict=True) if 0.0 <= share <= _COMMON]
    asked = telling if len(telling) >= 2 else terms
    wanted = dict.fromkeys(token for term in asked for token in term.variants)
    return " OR ".join('"' + token.replace('"', '""') + '"' for token in wanted)


def _candidates(
    connection: Connection, match: str, brand: int | None, visibilities: tuple[str, ...]
) -> dict[int, tuple[int, str, str]]:
    places = ", ".join("?" * len(visibilities))
    allowed = f"e.visibility IN ({places})" + ("" if brand is None else " AND e.brand = ?")
    bound = (match, *visibilities, *(() if brand is None else (brand,)), _CANDIDATES)
    found: dict[int, tuple[int, str, str]] = {}
    for source in (
        "phrasing_fts f JOIN phrasing p ON p.id = f.rowid JOIN entry e ON e.id = p.entry_id",
        "body_fts f JOIN entry e ON e.id = f.rowid",
    ):
        rows = connection.execute(
            f"SELECT e.id, e.article_id, e.locale, e.title FROM {source}"
            f" WHERE f.tokens MATCH ? AND {allowed} ORDER BY f.rank LIMIT ?",
            bound,
        )
        for entry_id, article_id, locale, title in rows:
            found[entry_id] = (article_id, locale, title)
    return found


def _score(index: Index, connection: Connection, entry_id: int, terms: list[Term]) -> float:
    phrasings = connection.execute(
        "SELECT f.tokens FROM phrasing p JOIN phrasing_fts f ON f.rowid = p.id"
        " WHERE p.entry_id = ?",
        (entry_id,),
    ).fetchall()
    body = connection.execute(
        "SELECT tokens FROM body_fts WHERE rowid = ?", (entry_id,)
    ).fetchone()[0]
    best = max(bm25(row.split(), terms, index.phrasings) for (row,) in phrasings)
    return _TITLE_WEIGHT * best + bm25(body.split(), terms, index.bodies)


def bm25(tokens: list[str], terms: list[Term], field: FieldStatistics) -> float:
    """BM25 of a field's tokens; the variants of a term count as one word, each by its weight."""
    occurrences: dict[str, int] = {}
    for token in tokens:
        occurrences[token] = occurrences.get(token, 0) + 1
    norm = _K1 * (1 - _B + _B * len(tokens) / field.average_length)
    total = 0.0
    for term in terms:
        times = sum(
            weight * occurrences[token]
            for token, weight in term.variants.items()
            if token in occurrences
        )
        if times:
            total += _rarity(term, field) * times * (_K1 + 1) / (times + norm)
    return total


def _rarity(term: Term, field: FieldStatistics) -> float:
    rows = min(field.rows, max(field.frequency[token] for token in term.variants))
    return log(1 + (field.rows - rows + 0.5) / (rows + 0.5))

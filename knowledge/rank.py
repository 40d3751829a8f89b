"""Finds candidate articles with FTS5 and orders them.

The score of an article adds, each by BM25 (Robertson and Zaragoza, 2009) with the field's own
statistics: its best phrasing (title or alternative question), the whole document, neighbouring
words, and the letters of its words, which catches other forms and misspellings of a word.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from sqlite3 import Connection

from knowledge.expand import Term
from knowledge.index import Index
from knowledge.text import language
from knowledge.vocabulary import FieldStatistics, grams, lettered

_PHRASING = 0.6
_NEIGHBOURS = 0.3
_LETTERS = 0.15
_OTHER_LANGUAGE = 0.7
_K1 = 1.2
_B = 0.75
_CANDIDATES = 50
_READ_CLOSELY = 30
_POSTINGS = 30_000


@dataclass(frozen=True, slots=True)
class Ranked:
    """An entry of the index with its score and the tokens that the score was read from."""

    entry_id: int
    article_id: int
    locale: str
    title: str
    score: float
    phrasings: tuple[str, ...]
    document: str


def ranked(
    index: Index,
    terms: list[Term],
    *,
    brand: int | None,
    visibilities: Collection[str],
    locale: str,
) -> list[Ranked]:
    """The entries that share a term with the question, best first.

    Brand and visibility are part of the SQL, so what may not be seen is never even a candidate.
    Entries in another language than `locale`'s count for less.
    """
    if not terms or not visibilities:
        return []
    with index.reading() as connection:
        candidates = _candidates(connection, _match(index, terms), brand, tuple(visibilities))
        rarities = [_rarity(term, index.documents) for term in terms]
        phrasing_rarities = [_rarity(term, index.phrasings) for term in terms]
        read = [
            replace(
                entry,
                score=bm25(entry.document, terms, index.documents, rarities)
                + _PHRASING
                * max(
                    bm25(phrasing, terms, index.phrasings, phrasing_rarities)
                    for phrasing in entry.phrasings
                ),
            )
            for entry in candidates
        ]
        closely = sorted(read, key=_order)[:_READ_CLOSELY]
        neighbours = _neighbours(terms, rarities)
        letters = _asked_letters(terms, index.letters)
        scored = [
            replace(
                entry,
                score=(
                    entry.score
                    + _NEIGHBOURS * _neighbour_score(entry.document, neighbours, index.documents)
                    + _LETTERS * _letter_score(entry.document, letters, index.letters)
                )
                * (1.0 if language(entry.locale) == language(locale) else _OTHER_LANGUAGE),
            )
            for entry in closely
        ]
    return sorted(scored, key=_order)


def bm25(
    field_tokens: str, terms: list[Term], field: FieldStatistics, rarities: list[float]
) -> float:
    """BM25 of a field's tokens; the variants of a term count as one word, each by its weight."""
    occurrences = Counter(field_tokens.split())
    total = 0.0
    norm = _norm(occurrences.total(), field)
    for term, rarity in zip(terms, rarities, strict=True):
        times = 0.0
        for token, weight in term.variants.items():
            if token in occurrences:
                times += weight * occurrences[token]
            elif " " in token:
                times += weight * f" {field_tokens} ".count(f" {token} ")
        if times:
            total += term.weight * rarity * times * (_K1 + 1) / (times + norm)
    return total


def _order(entry: Ranked) -> tuple[float, int, str]:
    return (-entry.score, entry.article_id, entry.locale)


def _norm(length: int, field: FieldStatistics) -> float:
    return _K1 * (1 - _B + _B * length / field.average_length)


def _match(index: Index, terms: list[Term]) -> str:
    """An FTS5 expression for any of the terms.

    The rarest come first; once the expected rows are many enough to choose from, the common rest is
    left out, since it costs the most and tells the least. Two asked terms are always kept.
    """
    frequency = index.documents.frequency
    costs = [sum(_frequency(token, frequency) for token in term.variants) for term in terms]
    wanted: dict[str, None] = {}
    spent = kept = 0
    for cost, term in sorted(zip(costs, terms, strict=True), key=lambda pair: pair[0]):
        if spent + cost > _POSTINGS and kept >= 2:
            break
        spent += cost
        kept += term.asked and cost > 0
        wanted |= dict.fromkeys(term.variants)
    return " OR ".join('"' + token.replace('"', '""') + '"' for token in wanted)


def _candidates(
    connection: Connection, match: str, brand: int | None, visibilities: tuple[str, ...]
) -> list[Ranked]:
    places = ", ".join("?" * len(visibilities))
    allowed = f"e.visibility IN ({places})" + ("" if brand is None else " AND e.brand = ?")
    bound = (match, *visibilities, *(() if brand is None else (brand,)), _CANDIDATES)
    found: set[int] = set()
    for source in (
        "phrasing_fts f JOIN phrasing p ON p.id = f.rowid JOIN entry e ON e.id = p.entry_id",
        "document_fts f JOIN entry e ON e.id = f.rowid",
    ):
        rows = connection.execute(
            f"SELECT e.id FROM {source} WHERE f.tokens MATCH ? AND {allowed}"
            " ORDER BY f.rank LIMIT ?",
            bound,
        )
        found.update(entry_id for (entry_id,) in rows)
    return [_read(connection, entry_id) for entry_id in sorted(found)]


def _read(connection: Connection, entry_id: int) -> Ranked:
    article_id, locale, title, document = connection.execute(
        "SELECT e.article_id, e.locale, e.title, f.tokens FROM entry e"
        " JOIN document_fts f ON f.rowid = e.id WHERE e.id = ?",
        (entry_id,),
    ).fetchone()
    phrasings = connection.execute(
        "SELECT f.tokens FROM phrasing p JOIN phrasing_fts f ON f.rowid = p.id"
        " WHERE p.entry_id = ?",
        (entry_id,),
    )
    texts = tuple(text for (text,) in phrasings)
    return Ranked(entry_id, article_id, locale, title, 0.0, texts, document)


def _frequency(token: str, frequency: Mapping[str, int]) -> int:
    return min(frequency.get(word, 0) for word in token.split(" "))


def _rarity(term: Term, field: FieldStatistics) -> float:
    rows = max(_frequency(token, field.frequency) for token in term.variants)
    return field.rarity(rows)


def _neighbours(terms: list[Term], rarities: list[float]) -> dict[str, float]:
    """Pairs of words typed side by side, with the rarity they can have at most."""
    asked = [
        (next(iter(term.variants)), rarity)
        for term, rarity in zip(terms, rarities, strict=True)
        if term.asked
    ]
    return {
        f"{left} {right}": left_rarity + right_rarity
        for (left, left_rarity), (right, right_rarity) in pairwise(asked)
        if left.isascii() and right.isascii()
    }


def _neighbour_score(document: str, neighbours: dict[str, float], field: FieldStatistics) -> float:
    padded = f" {document} "
    norm = _norm(document.count(" ") + 1, field)
    most = field.rarity(0)
    return sum(
        min(most, rarity) * times * (_K1 + 1) / (times + norm)
        for pair, rarity in neighbours.items()
        if (times := padded.count(f" {pair} "))
    )


def _asked_letters(terms: list[Term], field: FieldStatistics) -> dict[str, float]:
    asked = (next(iter(term.variants)) for term in terms if term.asked and term.weight == 1.0)
    wanted: Iterable[str] = set().union(*(grams(token) for token in lettered(asked)))
    return {gram: field.rarity(field.frequency[gram]) for gram in wanted}


def _letter_score(document: str, letters: dict[str, float], field: FieldStatistics) -> float:
    if not letters:
        return 0.0
    occurrences: Counter[str] = Counter()
    length = 0
    for token in lettered(document.split()):
        parts = grams(token)
        length += len(parts)
        occurrences.update(parts & letters.keys())
    norm = _norm(length, field)
    return sum(
        letters[gram] * times * (_K1 + 1) / (times + norm) for gram, times in occurrences.items()
    )

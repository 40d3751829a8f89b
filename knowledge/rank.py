"""Finds candidate articles with FTS5 and orders them.

The score of an article adds, each by BM25 (Robertson and Zaragoza, 2009) with the field's own
statistics: its best phrasing (title or alternative question), the whole document, neighbouring
words, and the letters of its words, which catches other forms and misspellings of a word. Where an
index has vectors, likeness in meaning leads and the words have their say beside it.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from sqlite3 import Connection

from knowledge.expand import Term
from knowledge.index import Index
from knowledge.score import Bm25, Letters, Neighbours, rarity_of, rows_with
from knowledge.semantic import Near
from knowledge.text import language

_PHRASING = 0.6
_NEIGHBOURS = 0.3
_LETTERS = 0.15
_OTHER_LANGUAGE = 0.7
_CANDIDATES = 40
_ASKED = 200  # of the nearest at a time, whether they may be seen
_READ_CLOSELY = 16
_POSTINGS = 8_000
_WORDS = 0.4  # of the best score by words, beside a cosine
_GOOD = 0.7  # of the possible score is a good one by words
_ASIDE = 0.5  # vectors know no languages


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
    by_phrasing: float = 0.0  # the best phrasing's part of the score, before it is weighed
    by_words: float = 0.0  # the score without vectors
    by_meaning: float = 0.0  # the cosine of the question with the nearest text, given vectors
    by_centre: float = 0.0  # with the mean of all its texts
    unity: float = 1.0  # how alike these are


def ranked(
    index: Index,
    terms: list[Term],
    *,
    brand: int | None,
    visibilities: Collection[str],
    locale: str,
    categories: Collection[int] | None = None,
    question: str = "",
) -> list[Ranked]:
    """The entries that share a term with `terms` or mean about what `question` does, best first.

    Brand, visibility and categories (None: all) are part of the SQL, so what may not be seen is
    never even a candidate, and what may is not crowded out by it.
    Entries in another language than `locale`'s count for less.
    """
    if not terms or not visibilities or (categories is not None and not categories):
        return []
    if isinstance(visibilities, str):
        visibilities = (visibilities,)
    asked = index.meaning(question)
    with index.reading() as connection:
        near = None if index.vectors is None or asked is None else index.vectors.near(asked)
        allowed = _allowed(brand, visibilities, categories)
        candidates = _candidates(index, connection, terms, allowed, near)
        rarities = [rarity_of(term, index.documents) for term in terms]
        first = sorted(_scored(index, candidates, terms, rarities), key=_order)
        closely = list(_read_closely(index, first[:_READ_CLOSELY], terms, rarities))
    found = [_in_language(entry, locale) for entry in (*closely, *first[_READ_CLOSELY:])]
    if near is not None:
        possible = sum(t.weight * rarity for t, rarity in zip(terms, rarities, strict=True))
        found = _by_meaning(found, near, locale, possible)
    return sorted(found, key=_order)


def _by_meaning(entries: list[Ranked], near: Near, locale: str, possible: float) -> list[Ranked]:
    """Scored by the cosine with the question and the share of the best score by words.

    Half of the cosine is that of the nearest text, half that of the mean of all: one text alone
    may resemble many questions. Added, not fused by ranks: a rank does not tell how far behind the
    next one is. `possible` is what an article might score by words: the best of bad ones is not
    taken for a good one.
    """
    best = max((entry.score for entry in entries), default=0.0)
    most = max(best, _GOOD * possible) or 1.0
    found: list[Ranked] = []
    for entry in entries:
        cosine, centre = near.of(entry.entry_id), near.of_centre(entry.entry_id)
        own = 1.0 if language(entry.locale) == language(locale) else _ASIDE
        score = own * ((cosine + centre) / 2 + _WORDS * entry.score / most)
        unity = near.unity(entry.entry_id)
        found.append(replace(entry, score=score, by_meaning=cosine, by_centre=centre, unity=unity))
    return found


def _scored(
    index: Index, candidates: list[Ranked], terms: list[Term], rarities: list[float]
) -> Iterator[Ranked]:
    """By the whole document and the best phrasing."""
    rarities_said = [rarity_of(term, index.phrasings) for term in terms]
    phrasings = Bm25(terms, index.phrasings, rarities_said)
    documents = Bm25(terms, index.documents, rarities)
    for entry in candidates:
        phrasing = max(map(phrasings.score, entry.phrasings))
        document = documents.score(entry.document)
        score = document + _PHRASING * phrasing
        yield replace(entry, score=score, by_phrasing=phrasing)


def _read_closely(
    index: Index, entries: list[Ranked], terms: list[Term], rarities: list[float]
) -> Iterator[Ranked]:
    """With what neighbouring words and letters add; it costs more, so only the best are read."""
    neighbours = Neighbours(terms, rarities, index.documents)
    letters = Letters(terms, index.letters)
    for entry in entries:
        beside = _NEIGHBOURS * neighbours.score(entry.document)
        spelt = _LETTERS * letters.score(entry.document)
        yield replace(entry, score=entry.score + beside + spelt)


def _in_language(entry: Ranked, locale: str) -> Ranked:
    own = language(entry.locale) == language(locale)
    score = entry.score * (1.0 if own else _OTHER_LANGUAGE)
    return replace(entry, score=score, by_words=score)


def _order(entry: Ranked) -> tuple[float, int, str]:
    return (-entry.score, entry.article_id, entry.locale)


def _match(terms: list[Term], frequency: Mapping[str, int]) -> tuple[str, bool]:
    """An FTS5 expression for any of the terms, and whether ranking all its rows is affordable.

    The rarest terms come first; once they bring rows enough to choose from, the common rest is left
    out, since it costs the most and tells the least.
    """
    costs = [sum(rows_with(token, frequency) for token in term.variants) for term in terms]
    wanted: dict[str, None] = {}
    spent = 0
    for cost, term in sorted(zip(costs, terms, strict=True), key=lambda pair: pair[0]):
        if not cost:
            continue
        if spent and spent + cost > _POSTINGS:
            break
        spent += cost
        wanted |= dict.fromkeys(term.variants)
    expression = " OR ".join('"' + token.replace('"', '""') + '"' for token in wanted)
    return expression, spent <= _POSTINGS


def _allowed(
    brand: int | None, visibilities: Collection[str], categories: Collection[int] | None
) -> tuple[str, list[str | int]]:
    """What may be found, as a condition on entry e, and its values."""
    parts = [f"e.visibility IN ({_places(len(visibilities))})"]
    values: list[str | int] = [*visibilities]
    if brand is not None:
        parts.append("e.brand = ?")
        values.append(brand)
    if categories is not None:
        parts.append(f"e.category IN ({_places(len(categories))})")
        values.extend(categories)
    return " AND ".join(parts), values


def _places(number: int) -> str:
    return ", ".join("?" * number)


def _candidates(
    index: Index,
    connection: Connection,
    terms: list[Term],
    allowed: tuple[str, list[str | int]],
    near: Near | None,
) -> list[Ranked]:
    condition, values = allowed
    found: set[int] = set()
    for field, source in (
        (
            index.phrasings,
            "phrasing_fts f JOIN phrasing p ON p.id = f.rowid JOIN entry e ON e.id = p.entry_id",
        ),
        (index.documents, "document_fts f JOIN entry e ON e.id = f.rowid"),
    ):
        match, affordable = _match(terms, field.frequency)
        if not match:
            continue
        # Ranking reads every row; for the commonest words any rows will do.
        order = "ORDER BY f.rank" if affordable else ""
        rows = connection.execute(
            f"SELECT e.id FROM {source} WHERE f.tokens MATCH ? AND {condition} {order} LIMIT ?",
            (match, *values, _CANDIDATES),
        )
        found.update(entry_id for (entry_id,) in rows)
    if near is not None:
        found.update(_nearest(connection, near, allowed))
    return _read(connection, sorted(found))


def _nearest(connection: Connection, near: Near, allowed: tuple[str, list[str | int]]) -> list[int]:
    """The entries most alike in meaning among those that may be seen."""
    condition, values = allowed
    found: dict[int, None] = {}
    ordered = near.entries()
    while len(found) < _CANDIDATES and (some := list(islice(ordered, _ASKED))):
        places = ", ".join("?" * len(some))
        rows = connection.execute(
            f"SELECT e.id FROM entry e WHERE e.id IN ({places}) AND {condition}", (*some, *values)
        )
        seen = {entry_id for (entry_id,) in rows}
        found |= dict.fromkeys(entry_id for entry_id in some if entry_id in seen)
    return list(found)[:_CANDIDATES]


def _read(connection: Connection, entry_ids: list[int]) -> list[Ranked]:
    places = _places(len(entry_ids))
    phrasings: dict[int, list[str]] = {}
    for entry_id, tokens in connection.execute(
        "SELECT p.entry_id, f.tokens FROM phrasing p JOIN phrasing_fts f ON f.rowid = p.id"
        f" WHERE p.entry_id IN ({places})",
        entry_ids,
    ):
        phrasings.setdefault(entry_id, []).append(tokens)
    rows = connection.execute(
        "SELECT e.id, e.article_id, e.locale, e.title, f.tokens FROM entry e"
        f" JOIN document_fts f ON f.rowid = e.id WHERE e.id IN ({places})",
        entry_ids,
    )
    return [
        Ranked(entry_id, article_id, locale, title, 0.0, tuple(phrasings[entry_id]), document)
        for entry_id, article_id, locale, title, document in rows
    ]

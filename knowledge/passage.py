"""Picks the sentences of an article that speak most of what was asked."""

import re

from knowledge.expand import Term
from knowledge.index import Index
from knowledge.rank import Ranked
from knowledge.text import tokens

_SENTENCE = re.compile(r"[^\n]*?(?:[。！？!?；;]+[”’」』)）]?|\.(?=\s|$)|\n|$)")
_MOST_SENTENCES = 400
_NEIGHBOUR = 0.5


def sentences(text: str) -> list[str]:
    """The sentences of `text`; a line break ends one."""
    return [found for each in _SENTENCE.findall(text) if (found := each.strip())]


def passage(index: Index, asked: list[Term], entry: Ranked, length: int = 320) -> str:
    """The sentences around the most telling one, as they are written, about `length` characters.

    The beginning of the text if no sentence says anything of what was asked.
    """
    with index.reading() as connection:
        row = connection.execute("SELECT text FROM entry WHERE id = ?", (entry.entry_id,))
        found = sentences(str(row.fetchone()[0]))[:_MOST_SENTENCES]
    if not found:
        return ""
    values = [_told(index, asked, sentence, entry.locale) for sentence in found]
    first = last = max(range(len(found)), key=lambda at: (values[at], -at))
    size = len(found[first])
    while True:
        before = values[first - 1] if first else -1.0
        after = values[last + 1] + _NEIGHBOUR if last + 1 < len(found) else -1.0
        if before < 0 > after:
            break
        at = last + 1 if after >= before else first - 1
        size += len(found[at]) + 1
        if size > length:
            break
        first, last = min(first, at), max(last, at)
    return joined(found[first : last + 1])


def _told(index: Index, asked: list[Term], sentence: str, locale: str) -> float:
    """How much of the question's information the sentence holds."""
    held = set(tokens(sentence, locale))
    return sum(
        term.weight * index.documents.rarity(_rows(index, term))
        for term in asked
        if not held.isdisjoint(term.variants)
    )


def _rows(index: Index, term: Term) -> int:
    return max(index.documents.frequency[token] for token in term.variants)


def joined(found: list[str]) -> str:
    """Sentences set together again; Chinese needs no space between them."""
    text = found[0]
    for sentence in found[1:]:
        text += ("" if text[-1] in "。！？；” 」" else " ") + sentence
    return text

"""Turns what was typed into weighted terms: the word itself, its corrections, its completions."""

from dataclasses import dataclass

from knowledge.index import Index
from knowledge.text import tokens, words

_MAX_TERMS = 40
_QUESTION_CHARACTERS = 2_000
_COMPLETIONS = 12
_CORRECTED = 0.8
_COMPLETED = 0.9


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that was asked for: index tokens that would satisfy it, with their weights."""

    variants: dict[str, float]


def terms(index: Index, query: str, locale: str, *, typing: bool = False) -> list[Term]:
    """The terms of a question; with `typing`, its last word may be unfinished."""
    query = query[:_QUESTION_CHARACTERS]
    found: dict[str, Term] = {
        token: Term({token: 1.0}) for token in dict.fromkeys(tokens(query, locale))
    }
    written = words(query)
    for word in dict.fromkeys(written):
        stems = tokens(word, locale)
        if stems and stems[0] in found:
            variants = found[stems[0]].variants
            # An article in another language is indexed by other rules than the question.
            variants.setdefault(word, 1.0)
            for known in index.words.corrections(word):
                _allow(variants, known, locale, _CORRECTED)
    if typing and written and query[-1:].isalnum():
        _complete(index, written[-1], found, locale)
    return list(found.values())[:_MAX_TERMS]


def _complete(index: Index, word: str, found: dict[str, Term], locale: str) -> None:
    last = tokens(word, locale)
    if not last or last[0] not in found:
        return
    for known in index.words.completions(word, _COMPLETIONS):
        _allow(found[last[0]].variants, known, locale, _COMPLETED)


def _allow(variants: dict[str, float], word: str, locale: str, weight: float) -> None:
    for token in (word, *tokens(word, locale)[:1]):
        variants[token] = max(weight, variants.get(token, 0.0))

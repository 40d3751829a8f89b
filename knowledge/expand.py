"""Turns what was typed into weighted terms: words, slips of the keyboard, completions, synonyms."""

from dataclasses import dataclass
from itertools import islice

from knowledge import thesaurus
from knowledge.index import Index
from knowledge.text import folded_tokens, tokens, words

_MAX_TERMS = 64
_MAX_MEANINGS = 12
_QUESTION_CHARACTERS = 2_000
_COMPLETIONS = 12
_CORRECTED = 0.8
_COMPLETED = 0.9
_FUNCTION_WORD = 0.6
_PAIRED_SIGN = 0.5  # a Chinese character that also stands in a bigram
_MEANING = 1.2
_PHRASE = 1.5
_TYPED_AGAIN = 0.3
_BEGUN = 0.9  # shared by all the words that may have been begun
_MAX_BEGUN = 4

FUNCTION_WORDS = frozenset(
    token
    for token in folded_tokens(  # written folded: what folds Chinese is not loaded for them
        "a an the of to in on for and or is are was were be been am do does did i me my we our us"
        " you your it its this that these those there have has had can could will would should"
        " with at from by as so if not no what how when where why which who any some get got"
        " please just want need"
        " 的 了 吗 呢 我 你 您 们 是 在 有 就 都 也 吧 啊 请 问 怎 么 什 可 以 如 何 能 否 要 会 个"
        " 怎么 什么 可以 如何 请问 能否 是否 为什么 怎样 我的 我想 你们 我们 有没有 能不能"
    )
)


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that was asked for: tokens that would satisfy it with their weights.

    `weight` is its share in the score; `asked` is False for synonyms that nobody typed. A token of
    several words, parted by spaces, is a phrase.
    """

    variants: dict[str, float]
    weight: float = 1.0
    asked: bool = True


def terms(index: Index, query: str, locale: str, *, typing: bool = False) -> list[Term]:
    """The terms of a question; with `typing`, its last word may be unfinished."""
    query = query[:_QUESTION_CHARACTERS]
    typed = list(dict.fromkeys(tokens(query, locale)))
    paired = {sign for token in typed if len(token) == 2 and not token.isascii() for sign in token}
    found = {token: Term({token: 1.0}, _weight(token, paired)) for token in typed}
    with index.reading():  # no other thread may change the words meanwhile
        corrected = _correct(index, query, found, locale)
        if typing and query[-1:].isalnum():
            _complete(index, query, found, locale)
    meanings = _meanings(index, " ".join((query, *corrected)), set(found))
    if typing:
        meanings += _begun_meanings(index, query)
    return [*_rarest(index, list(found.values())), *meanings[:_MAX_MEANINGS]]


def _correct(index: Index, query: str, found: dict[str, Term], locale: str) -> list[str]:
    """Let known words stand for mistyped ones; returns the likeliest of each."""
    corrected: list[str] = []
    for word in list(dict.fromkeys(words(query)))[:_MAX_TERMS]:
        root = next(iter(tokens(word, locale)), "")
        if root in found:
            # An article in another language is indexed by other rules than the question.
            found[root].variants.setdefault(word, 1.0)
            slips = [] if thesaurus.shipped().knows(root) else index.words.corrections(word)
            corrected.extend(slips[:1])
            for known in slips:
                _allow(found[root].variants, known, locale, _CORRECTED)
    return corrected


def _weight(token: str, paired: set[str]) -> float:
    if token in FUNCTION_WORDS:
        return _FUNCTION_WORD
    return _PAIRED_SIGN if token in paired else 1.0


def _rarest(index: Index, found: list[Term]) -> list[Term]:
    """As many terms as are worth the time, in the order they were typed."""
    if len(found) <= _MAX_TERMS:
        return found
    frequency = index.documents.frequency
    rows = [max(frequency[token] for token in term.variants) for term in found]
    order = sorted(range(len(found)), key=lambda at: (not rows[at], rows[at]))
    return [found[at] for at in sorted(order[:_MAX_TERMS])]


def _complete(index: Index, query: str, found: dict[str, Term], locale: str) -> None:
    """Let known words that begin like the last one stand for it."""
    for word in words(query)[-1:]:
        root = next(iter(tokens(word, locale)), "")
        if root in found:
            for known in index.words.completions(word, _COMPLETIONS):
                _allow(found[root].variants, known, locale, _COMPLETED)


def _meanings(index: Index, query: str, typed: set[str]) -> list[Term]:
    """A term for each group of the thesaurus that was named; by a whole phrase, it weighs more.

    What was typed is among its variants with little weight: an article that says it in the
    customer's own words stays ahead, and a word's rarity is judged with that of its synonyms.
    """
    known = [thesaurus.shipped(), *([index.meanings] if index.meanings is not None else [])]
    found = [
        Term(
            {
                token: _TYPED_AGAIN if token in named or token in typed else 1.0
                for token in sorted(group)
            },
            _MEANING * (_PHRASE if len(named) > 1 else 1.0),
            asked=False,
        )
        for book in known
        for named, group in book.synonyms(query)
    ]
    return sorted(found, key=lambda term: -term.weight)


def _begun_meanings(index: Index, query: str) -> list[Term]:
    """Terms for the Chinese words that the last signs may be the beginning of."""
    groups = list(islice(thesaurus.shipped().begun(query), _MAX_BEGUN))
    known = index.documents.frequency
    return [
        Term(dict.fromkeys(sorted(group), 1.0), _BEGUN / len(groups), asked=False)
        for group in groups
        if any(token in known for token in group)
    ]


def _allow(variants: dict[str, float], word: str, locale: str, weight: float) -> None:
    for token in (word, *tokens(word, locale)[:1]):
        variants[token] = max(weight, variants.get(token, 0.0))

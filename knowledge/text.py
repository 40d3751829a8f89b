"""Turns text into the tokens that are indexed and searched for.

Folding makes spellings meet: compatibility forms, case, Latin accents, and traditional with
simplified Chinese. Text written without spaces becomes single characters and bigrams, English words
become stems, and product codes stay whole beside their parts.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Protocol, cast

from knowledge.stem import stem

_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
_LETTER = rf"(?:(?![{_UNSPACED}])[\w\u0900-\u0dff])"
_RUN = re.compile(
    rf"(?P<unspaced>[{_UNSPACED}]+)|(?P<word>{_LETTER}+(?:[-./'&]{_LETTER}+)*(?:\+\+|\#)?)"
)
_ASCII_WORD = re.compile(r"[a-z0-9_]+(?:[-./'&][a-z0-9_]+)*(?:\+\+|\#)?")  # the same, quicker
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_DROPPED = re.compile(
    "[\u0000\u00ad\u0300-\u036f\u064b-\u065f\u200b-\u200f\u2060\ufe00-\ufe0f\ufeff]"
)
_APOSTROPHES = str.maketrans("’‘ʼ`´", "'''''")
_SEPARATORS = re.compile(r"[-_./&]+")
_UNSTEMMED = frozenset(
    ("cs", "da", "de", "es", "fi", "fr", "hu", "id", "it", "nb", "nl", "nn", "no", "pl", "pt")
)
_MAX_TOKEN = 80


class _Converter(Protocol):
    def convert(self, text: str) -> str: ...


@cache
def _simplifier() -> _Converter:
    # Loaded at the first Chinese character: the dictionaries take a moment.
    from opencc import OpenCC

    return cast(_Converter, OpenCC("t2s"))


def fold(text: str) -> str:
    """One spelling for all that reads the same: NFKC, case, accents, simplified Chinese."""
    if text.isascii():
        return text.lower().replace("\0", "")
    text = unicodedata.normalize("NFKC", text).casefold().translate(_APOSTROPHES)
    text = unicodedata.normalize("NFD", text)
    text = unicodedata.normalize("NFC", _DROPPED.sub("", text))
    if _HAN.search(text):
        text = _simplifier().convert(text.encode("utf-8", "ignore").decode())
    return text


@lru_cache(maxsize=1024)
def language(locale: str) -> str:
    """The language part of a locale, in lower case: "zh" for "zh-Hant" and "zh_TW"."""
    return re.split("[-_]", locale.lower(), maxsplit=1)[0]


def tokens(text: str, locale: str = "") -> list[str]:
    """The index tokens of `text` in order, with repeats."""
    return folded_tokens(fold(text), locale)


def folded_tokens(folded: str, locale: str = "") -> list[str]:
    """The same of a text that is folded already."""
    stems = language(locale) not in _UNSTEMMED
    found: list[str] = []
    for run, unspaced in _runs(folded):
        if unspaced:
            found.extend(run)
            found.extend(bigrams(run))
        else:
            found.extend(_word_tokens(run, stems))
    return found


@lru_cache(maxsize=20_000)  # people use the same words again and again
def _word_tokens(run: str, stems: bool) -> tuple[str, ...]:
    return tuple(stem(form) if stems else form for form in _forms(run))


def words(text: str) -> list[str]:
    """The folded words of `text` as they are written: no stems, no unspaced scripts."""
    return [form for run, unspaced in _runs(fold(text)) if not unspaced for form in _forms(run)]


def bigrams(run: str) -> list[str]:
    """Each pair of neighbouring characters of `run`."""
    return [run[at : at + 2] for at in range(len(run) - 1)]


def searchable(text: str) -> str:
    """What to store beside `text` so that `query` finds it: its tokens, joined by spaces."""
    return " ".join(tokens(text))


def query_tokens(text: str) -> list[str]:
    """The tokens that a stored `searchable` text must all contain to match what was typed."""
    required: list[str] = []
    for run, unspaced in _runs(fold(text)):
        if not unspaced:
            required.append(stem(next(iter(_forms(run)), "")))
        else:
            required.extend(bigrams(run) or [run])
    return [token for token in dict.fromkeys(required) if token]


def query(text: str) -> str:
    """`query_tokens` as quoted terms, all required.

    Safe both as an FTS5 MATCH expression and as PostgreSQL's `plainto_tsquery('simple', ...)`;
    empty when nothing in `text` can be searched for.
    """
    return " ".join(f'"{token}"' for token in query_tokens(text))


def _runs(folded: str) -> Iterator[tuple[str, bool]]:
    if folded.isascii():
        for word in _ASCII_WORD.findall(folded):
            yield word, False
        return
    for match in _RUN.finditer(folded):
        yield match.group(), match.lastgroup == "unspaced"


@lru_cache(maxsize=50_000)
def _forms(run: str) -> tuple[str, ...]:
    """A word without possessive and apostrophe; a compound whole, squeezed and in parts."""
    word = run.removesuffix("'s").replace("'", "").strip("_")
    if word.isalnum():
        return (word[:_MAX_TOKEN],)
    parts = [part for part in _SEPARATORS.split(word) if part]
    forms = [word] if len(parts) <= 1 else [word, "".join(parts), *parts]
    return tuple(form[:_MAX_TOKEN] for form in forms if form)

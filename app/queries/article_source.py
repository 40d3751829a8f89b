"""A conversation as an article could tell it: the question, the answers, nothing personal."""

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from app.db import NotFound
from app.models.agent import agents
from app.models.conversation import conversations, messages, participants
from app.models.customer import customers, identities
from app.models.organisation import brands
from app.pages.locales import locale_of_tag
from app.queries.article_editor import EditorArticle
from app.security.permissions import Actor, visible_conversations
from knowledge.private import Masked, mask

LONGEST_TITLE = 120
LONGEST_ALTERNATIVE = 200
_GREETING = re.compile(
    r"^(?:hi|hello|hey|dear|good (?:morning|afternoon|evening)|hallo|liebe[r]?|guten (?:tag|morgen)"
    r"|您好|你好|尊敬的|亲爱的|親愛的)(?![a-z])[^.?!。？！\n]{0,40}[,，!！.。:：]?\s*$",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"^(?:best(?: regards| wishes)?|kind regards|regards|cheers|sincerely|yours(?: sincerely)?"
    r"|thanks|thank you|mit freundlichen grüßen|viele grüße|祝好|此致|敬礼|敬禮|谢谢|謝謝)(?![a-z])"
    r"[^.?!。？！\n]{0,20}[,，!！.。]?\s*$",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[^.?!。？！\n]+[.?!。？！]*")


@dataclass(frozen=True, slots=True)
class Drafted:
    """What an article from a conversation would say, and what was left out of it."""

    brand_id: int
    conversation_id: int
    locale: str
    title: str
    body: str
    alternatives: tuple[str, ...]
    masked: tuple[Masked, ...]


def article_from_conversation(
    conn: Connection, actor: Actor, conversation_id: int
) -> Drafted | None:
    """The article a conversation would make; None where nobody has answered in it.

    NotFound for a conversation that the actor does not see.
    """
    row = conn.execute(
        select(
            conversations.c.id,
            conversations.c.brand_id,
            conversations.c.customer_id,
            conversations.c.subject,
            conversations.c.language,
            brands.c.locale,
        )
        .join(brands, brands.c.id == conversations.c.brand_id)
        .where(conversations.c.id == conversation_id, visible_conversations(actor))
    ).first()
    if row is None:
        raise NotFound
    said = conn.execute(
        select(messages.c.kind, messages.c.text, messages.c.agent_id)
        .where(
            messages.c.conversation_id == conversation_id,
            messages.c.kind.in_(("inbound", "outbound")),
        )
        .order_by(messages.c.seq)
    ).all()
    answers = [
        bare(one.text) for one in said if one.kind == "outbound" and one.agent_id is not None
    ]
    answers = [text for text in answers if text]
    if not answers:
        return None
    return _told(row, said, answers, _names(conn, row, said))


def drafted_from(conn: Connection, actor: Actor, article: EditorArticle) -> Drafted | None:
    """What was left out of an article that was written from a conversation, for those who may see
    the conversation."""
    if article.conversation_id is None:
        return None
    try:
        return article_from_conversation(conn, actor, article.conversation_id)
    except NotFound:
        return None


def _told(row: Any, said: Any, answers: list[str], names: list[str]) -> Drafted:
    asked = next((bare(one.text) for one in said if one.kind == "inbound"), "")
    title, of_title = mask(_question(asked, row.subject), names)
    body, of_body = mask("\n\n".join(answers), names)
    other, of_other = mask(" ".join(asked.split()), names)
    alternatives = (
        (other,) if other and other != title and len(other) <= LONGEST_ALTERNATIVE else ()
    )
    masked = (*of_title, *of_body, *(of_other if alternatives else ()))
    return Drafted(
        brand_id=row.brand_id,
        conversation_id=row.id,
        locale=locale_of_tag(row.language) or row.locale,
        title=title[:LONGEST_TITLE].strip() or row.subject[:LONGEST_TITLE].strip() or "?",
        body=body,
        alternatives=alternatives,
        masked=tuple(dict.fromkeys(masked)),
    )


def _question(text: str, subject: str) -> str:
    """The first sentence that asks, else the subject, else the first sentence."""
    sentences = [" ".join(one.split()) for one in _SENTENCE.findall(text) if one.strip()]
    asking = [one for one in sentences if one.endswith(("?", "？"))]
    return next(iter([*asking, *([subject.strip()] if subject.strip() else []), *sentences]), "")


def bare(text: str) -> str:
    """A message without greeting, closing and what stands below it."""
    lines = text.strip().splitlines()
    while lines and (not lines[0].strip() or _GREETING.match(lines[0].strip())):
        lines.pop(0)
    for index, line in enumerate(lines):
        if index and _CLOSING.match(line.strip()) and index >= len(lines) - 6:
            lines = lines[:index]
            break
    return "\n".join(lines).strip()


def _names(conn: Connection, row: Any, said: Any) -> list[str]:
    """Whose names may stand in it: the customer's, the others' in the thread, the agents'."""
    found = conn.execute(
        select(customers.c.name, customers.c.email, customers.c.phone).where(
            customers.c.id == row.customer_id
        )
    ).first()
    names = [found.name, found.email, found.phone] if found is not None else []
    names += conn.execute(
        select(participants.c.name).where(participants.c.conversation_id == row.id)
    ).scalars()
    names += conn.execute(
        select(identities.c.value).where(
            identities.c.customer_id == row.customer_id, identities.c.kind.in_(("email", "phone"))
        )
    ).scalars()
    agent_ids = {one.agent_id for one in said if one.agent_id is not None}
    names += conn.execute(select(agents.c.name).where(agents.c.id.in_(agent_ids))).scalars()
    return [name for name in names if name and name.strip()]

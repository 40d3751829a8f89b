"""What a conversation is about, how urgent it is and what mood speaks from it: found when its
contact enters a queue, in the same write, and corrected by agents.

Where it is unsure nothing is set, and nothing here can keep a contact from its queue.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from app.actions.conversation import change_conversation, lock_conversation
from app.actions.rows import add_row
from app.db import Invalid, Tx
from app.events import KnowledgeChanged
from app.models.answering import topics
from app.models.conversation import conversations, messages
from app.models.question import contact_classes, training_examples
from app.security.permissions import Actor
from knowledge.text import fold
from knowledge.tone import tone

READ = 2_000  # characters; what a letter is about stands in its beginning
SURE = 0.6  # the least confidence of a topic that was learned
VALUES = {"urgency": ("", "urgent"), "mood": ("", "negative", "positive")}
LONGEST_TOPIC = 80
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?")
_TOPICS = select(topics).order_by(topics.c.brand_id.is_(None), topics.c.id)


@dataclass(frozen=True, slots=True)
class Classes:
    """What was found; empty where it is unsure. `evidence` are the customer's sentences, and for a
    topic "words" with the word that decided, or "learned"."""

    topic: str = ""
    score: float | None = None
    urgency: str = ""
    mood: str = ""
    evidence: dict[str, str] = field(default_factory=dict)

    @property
    def anything(self) -> bool:
        """Whether there is anything to keep."""
        return bool(self.topic or self.urgency or self.mood)


def classify_contact(tx: Tx, conversation: Row[Any], text: str) -> Classes:
    """Find the classes of a conversation from the words it came with, and keep them. What an agent
    has corrected stays as they said."""
    known = None
    if conversation.contact_id is not None:  # not its first contact
        known = tx.execute(
            select(contact_classes).where(contact_classes.c.conversation_id == conversation.id)
        ).first()
        if known is not None and (known.corrected_at is not None or not text):
            return Classes(
                known.topic, known.topic_score, known.urgency, known.mood, known.evidence
            )
    if not text.strip():
        return Classes()
    words = f"{conversation.subject}\n{text}"[:READ]
    found = _found(tx, conversation.brand_id, words)
    if known is not None:
        tx.execute(
            update(contact_classes).where(contact_classes.c.id == known.id).values(**_row(found))
        )
    elif found.anything:
        add_row(
            tx,
            contact_classes,
            conversation_id=conversation.id,
            language=conversation.language[:10],
            created_at=tx.now,
            **_row(found),
        )
    return found


def correct_class(tx: Tx, actor: Actor, conversation_id: int, what: str, value: str) -> None:
    """An agent knows better. A topic becomes an example that is learned from; "" says that there
    is none. A language is that of the conversation and of its example, and leads it from then on.
    """
    conversation = lock_conversation(tx, conversation_id, actor)
    value = " ".join(value.split())
    if not _may_be(what, value):
        raise Invalid(value="unknown")
    if len(value) > LONGEST_TOPIC:
        raise Invalid(value="too_long")
    row = tx.execute(
        select(contact_classes).where(contact_classes.c.conversation_id == conversation_id)
    ).first()
    if row is None:
        tx.execute(
            insert(contact_classes).values(
                conversation_id=conversation_id,
                language=conversation.language[:10],
                evidence={},
                created_at=tx.now,
            )
        )
    stale = (what, "words") if what == "topic" else (what,)
    evidence = {k: v for k, v in (row.evidence if row else {}).items() if k not in stale}
    changes: dict[str, Any] = {what: value, "evidence": evidence}
    if what == "topic":
        changes["topic_score"] = None
        _learn(tx, conversation, value)
    elif what == "language":
        _speak(tx, conversation_id, value)
    tx.execute(
        update(contact_classes)
        .where(contact_classes.c.conversation_id == conversation_id)
        .values(corrected_by=actor.agent_id, corrected_at=tx.now, **changes)
    )
    change_conversation(tx, conversation_id, "classes")


def _may_be(what: str, value: str) -> bool:
    if what == "language":
        return _LANGUAGE.fullmatch(value) is not None
    return what == "topic" or value in VALUES.get(what, ())


def _speak(tx: Tx, conversation_id: int, language: str) -> None:
    tx.execute(
        update(conversations).where(conversations.c.id == conversation_id).values(language=language)
    )
    tx.execute(
        update(training_examples)
        .where(
            training_examples.c.conversation_id == conversation_id,
            training_examples.c.source == "agent",
        )
        .values(locale=language)
    )


def _found(tx: Tx, brand_id: int, words: str) -> Classes:
    heard = tone(words)
    evidence = {"urgency": heard.urgency_evidence, "mood": heard.mood_evidence}
    topic, score = "", None
    for label, confidence in tx.topics(words, brand_id)[:1]:
        if confidence >= SURE:
            topic, score = label[:200], round(confidence, 3)
            evidence["topic"] = "learned"
    if not topic:
        topic, word = _by_words(tx, brand_id, words)
        evidence["words"] = word
    kept = {name: said for name, said in evidence.items() if said}
    return Classes(topic, score, heard.urgency, heard.mood, kept)


def _by_words(tx: Tx, brand_id: int, text: str) -> tuple[str, str]:
    """The topic with most of its words in a text, its brand's own first; and one of the words."""
    folded = f" {fold(text)} "
    best: tuple[int, str, str] = (0, "", "")
    for row in tx.execute(_TOPICS):
        if row.brand_id not in (brand_id, None):
            continue
        wanted = [fold(word.strip()) for word in row.words.split(",") if word.strip()]
        held = [word for word in wanted if _stands_in(word, folded)]
        if len(held) > best[0]:
            best = (len(held), row.name, held[0])
    return best[1], best[2]


def _stands_in(word: str, folded: str) -> bool:
    """Whole words of scripts with spaces; of others, anywhere."""
    if not word.isascii():
        return word in folded
    at = folded.find(word)
    while at >= 0:
        before, after = folded[at - 1 : at], folded[at + len(word) : at + len(word) + 1]
        if not (before.isalnum() or after.isalnum()):
            return True
        at = folded.find(word, at + 1)
    return False


def _row(found: Classes) -> dict[str, Any]:
    return {
        "topic": found.topic,
        "topic_score": found.score,
        "urgency": found.urgency,
        "mood": found.mood,
        "evidence": found.evidence,
    }


def _learn(tx: Tx, conversation: Row[Any], topic: str) -> None:
    """Keep the words it came with as an example; the conversation gives one at most."""
    tx.execute(
        delete(training_examples).where(
            training_examples.c.conversation_id == conversation.id,
            training_examples.c.source == "agent",
        )
    )
    first = tx.execute(
        select(messages.c.text)
        .where(messages.c.conversation_id == conversation.id, messages.c.kind == "inbound")
        .order_by(messages.c.seq)
        .limit(1)
    ).scalar()
    words = f"{conversation.subject}\n{first or ''}"[:READ].strip()
    if topic and words:
        tx.execute(
            insert(training_examples).values(
                brand_id=conversation.brand_id,
                text=words,
                label=topic,
                locale=conversation.language[:10],
                source="agent",
                conversation_id=conversation.id,
                created_at=tx.now,
            )
        )
    tx.emit(KnowledgeChanged("corrected", conversation.brand_id))

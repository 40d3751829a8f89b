"""What helps with an open conversation: what it was taken to be about, and how others like it were
solved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil

from sqlalchemy import Connection, func, select

from app.db import NotFound
from app.models.agent import agents
from app.models.answering import topics
from app.models.conversation import conversations, messages
from app.models.customer import customers
from app.models.organisation import skills
from app.models.question import contact_classes, training_examples
from app.queries.article_source import bare
from app.queries.search import newest_first, saying_any
from app.security.permissions import Actor, visible_conversations
from knowledge.expand import FUNCTION_WORDS
from knowledge.private import mask
from knowledge.sensitive import mask_numbers
from knowledge.text import query_tokens, tokens

READ = 600  # characters of the question
LOOKED_THROUGH = 200  # of the newest messages that share a word
SHOWN = 4
CANDIDATES = 20  # of which those with the same answer are shown as one
SHARE, MOST_NEEDED = 0.6, 3  # of the question's telling words
SAME = 0.8  # of the words of two answers in common
MOST_TOPICS = 40
MOST_WORDS = 12
LANGUAGES = ("en", "zh")


@dataclass(frozen=True, slots=True)
class Sorted:
    """The classes of a conversation, empty where nothing was sure. `topics` can be chosen."""

    topic: str
    score: float | None
    urgency: str
    mood: str
    evidence: Mapping[str, str]
    corrected_by: str
    topics: tuple[str, ...]
    language: str = ""  # of what the customer writes, as a tag
    languages: tuple[str, ...] = ()  # that can be chosen


@dataclass(frozen=True, slots=True)
class Similar:
    """A solved conversation with words of the question; `answer` is an agent's last reply without
    greeting and personal data, and `more` tells how many others were answered with the same."""

    id: int
    channel: str
    subject: str
    question: str
    answer: str
    at: int
    more: int = 0


@dataclass(frozen=True, slots=True)
class Question:
    """What the customer wants, for searching: subject and first words of the latest question."""

    brand_id: int
    language: str
    text: str


def classes_of(conn: Connection, actor: Actor, conversation_id: int) -> Sorted:
    """What the conversation was taken to be; NotFound where the actor may not see it."""
    row = conn.execute(
        select(
            conversations.c.brand_id,
            conversations.c.language.label("spoken"),
            contact_classes,
            agents.c.name.label("corrector"),
        )
        .select_from(conversations)
        .outerjoin(contact_classes, contact_classes.c.conversation_id == conversations.c.id)
        .outerjoin(agents, agents.c.id == contact_classes.c.corrected_by)
        .where(conversations.c.id == conversation_id, visible_conversations(actor))
    ).first()
    if row is None:
        raise NotFound
    return Sorted(
        topic=row.topic or "",
        score=row.topic_score,
        urgency=row.urgency or "",
        mood=row.mood or "",
        evidence=row.evidence or {},
        corrected_by=row.corrector or "",
        topics=_topics(conn, row.brand_id),
        language=row.spoken,
        languages=_languages(conn),
    )


def _languages(conn: Connection) -> tuple[str, ...]:
    """Those of the product, and those that agents have as skills."""
    codes = conn.execute(select(skills.c.code).where(skills.c.kind == "language")).scalars()
    own = (code.replace("_", "-") for code in codes if code)
    return tuple(dict.fromkeys((*LANGUAGES, *sorted(own))))


def question_of(conn: Connection, actor: Actor, conversation_id: int) -> Question:
    """What the customer asks; of several messages the longest of the last three says most."""
    row = conn.execute(
        select(conversations.c.brand_id, conversations.c.language, conversations.c.subject).where(
            conversations.c.id == conversation_id, visible_conversations(actor)
        )
    ).first()
    if row is None:
        raise NotFound
    last = conn.execute(
        select(messages.c.text)
        .where(messages.c.conversation_id == conversation_id, messages.c.kind == "inbound")
        .order_by(messages.c.seq.desc())
        .limit(3)
    ).scalars()
    longest = max(last, key=len, default="")
    return Question(row.brand_id, row.language, f"{row.subject}\n{longest}".strip()[:READ])


def similar_solved(
    conn: Connection, actor: Actor, conversation_id: int, question: Question
) -> list[Similar]:
    """Solved conversations of brands the actor may see that share most of the question's telling
    words, newest first."""
    wanted = [token for token in query_tokens(question.text) if token not in FUNCTION_WORDS]
    wanted = sorted(dict.fromkeys(wanted), key=len, reverse=True)[:MOST_WORDS]
    if not wanted:
        return []
    rows = saying_any(
        conn,
        select(messages.c.conversation_id, messages.c.searchable, messages.c.text)
        .join(conversations, conversations.c.id == messages.c.conversation_id)
        .where(
            conversations.c.status == "done",
            conversations.c.spam.is_(False),
            conversations.c.id != conversation_id,
            messages.c.kind == "inbound",
            visible_conversations(actor),
        ),
        messages,
        wanted,
    )
    found: dict[int, tuple[int, str]] = {}
    ordered = rows.order_by(newest_first(conn, messages)).limit(LOOKED_THROUGH)
    for row in conn.execute(ordered):
        shared = len(set(wanted).intersection(row.searchable.split()))
        before = found.get(row.conversation_id, (0, ""))[0]
        if shared >= min(MOST_NEEDED, ceil(SHARE * len(wanted))) and shared > before:
            found[row.conversation_id] = (shared, row.text)
    best = sorted(found, key=lambda row_id: (-found[row_id][0], -row_id))[:CANDIDATES]
    return _one_each(_shown(conn, best, {row_id: found[row_id][1] for row_id in best}))


def _one_each(found: Sequence[Similar]) -> list[Similar]:
    """Of answers that say the same the newest."""
    kept: list[tuple[Similar, set[str]]] = []
    for item in found:
        words = set(tokens(item.answer))
        for at, (other, held) in enumerate(kept):
            if len(words & held) >= SAME * len(words | held):
                kept[at] = replace(other, more=other.more + 1), held
                break
        else:
            kept.append((item, words))
    answered = [item for item, words in kept if words]
    return (answered or [item for item, _ in kept])[:SHOWN]


def _shown(conn: Connection, ids: Sequence[int], questions: Mapping[int, str]) -> list[Similar]:
    """The most alike first."""
    latest = (
        select(func.max(messages.c.seq))
        .where(
            messages.c.conversation_id == conversations.c.id,
            messages.c.kind == "outbound",
            messages.c.agent_id.is_not(None),
        )
        .correlate(conversations)
        .scalar_subquery()
    )
    rows = conn.execute(
        select(conversations, messages.c.text.label("answer"), customers.c.name.label("customer"))
        .join(customers, customers.c.id == conversations.c.customer_id)
        .outerjoin(
            messages,
            (messages.c.conversation_id == conversations.c.id) & (messages.c.seq == latest),
        )
        .where(conversations.c.id.in_(ids))
    ).all()
    return [
        Similar(
            id=row.id,
            channel=row.channel,
            subject=mask_numbers(row.subject),
            question=mask_numbers(" ".join(questions[row.id].split()))[:160],
            answer=mask(bare(row.answer or ""), [row.customer])[0][:2_000],
            at=row.last_message_at,
        )
        for row in sorted(rows, key=lambda row: ids.index(row.id))
    ]


def _topics(conn: Connection, brand_id: int) -> tuple[str, ...]:
    """What may be chosen: the topics that were set up, then those that examples name most."""
    named = conn.execute(
        select(topics.c.name)
        .where(topics.c.brand_id.is_(None) | (topics.c.brand_id == brand_id))
        .order_by(topics.c.name)
    ).scalars()
    of = training_examples.c.brand_id
    learned = conn.execute(
        select(training_examples.c.label)
        .where(of.is_(None) | (of == brand_id))
        .group_by(training_examples.c.label)
        .order_by(func.count().desc(), training_examples.c.label)
        .limit(MOST_TOPICS)
    ).scalars()
    return tuple(list(dict.fromkeys([*named, *learned]))[:MOST_TOPICS])

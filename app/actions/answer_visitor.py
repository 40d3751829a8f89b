"""The help pages answer a visitor before a person is asked: what was shown, what the visitor said
to it, and the handover.

A conversation without a contact is still with the machine. Once it has had one, or an article has
solved the matter, nothing here speaks in it again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import Row, select, update

from app import clock
from app.actions.conversation import (
    add_system_line,
    change_conversation,
    lock_conversation,
    take_seq,
)
from app.actions.enqueue import enqueue
from app.actions.receive_message import Received, preview_of
from app.actions.rows import add_row
from app.actions.set_status import end_by_customer
from app.actions.visitor import Said, going_on, session_of, visitor_says
from app.db import Conflict, NotFound, Tx
from app.events import MessageAdded, MessageChanged
from app.models.conversation import conversations, messages
from knowledge.text import searchable

MOST_WORDS = 10_000  # characters
Why = Literal["asked", "unsure", "again", "declined", "came_back", "left_unanswered"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the machine says: `kind` answer, choices, greeting (of somebody who has only said hello)
    or none, with the articles as a message keeps them ({"article_id", "locale", "title", "url"}).
    `text` is in the visitor's language."""

    kind: Literal["answer", "choices", "greeting", "none"]
    text: str
    sources: Sequence[Mapping[str, Any]] = ()
    related: Sequence[Mapping[str, Any]] = ()
    confidence: float = 0.0
    by_model: bool = False


@dataclass(frozen=True, slots=True)
class Reaction:
    """What is said to a visitor's words: an answer, or (None) nothing by machine. `declining` says
    that a person takes over; `asked` that they want one; `reply` what they say to an answer that
    stands."""

    answer: Answer | None
    declining: str
    asked: bool = False
    reply: Literal["thanks", "no", ""] = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of a visitor's words: the message, and what the machine did, if anything;
    `solved` is the article that they thanked for."""

    received: Received
    answered: Answer | None = None
    handed_over: bool = field(default=True)
    solved: int | None = None


def visitor_asks(tx: Tx, session_id: int, said: Said, reaction: Reaction) -> Asked:
    """Store what a visitor wrote; the machine answers it if it may, else a person is asked."""
    session = session_of(tx, session_id)
    going = None if said.fresh else going_on(tx, session)
    before = lock_conversation(tx, going) if going is not None else None
    if before is not None and (before.contact_id is not None or before.channel != "chat"):
        return Asked(visitor_says(tx, session_id, said))
    received = visitor_says(tx, session_id, _held(said))
    if received.duplicate:
        return Asked(received, handed_over=False)
    conversation = lock_conversation(tx, received.conversation_id)
    if conversation.spam:
        return Asked(received, handed_over=False)
    tried = machine_messages(tx, conversation.id)
    standing = [it for it in tried[-1:] if it.details["machine"]["kind"] == "answer"]
    if standing and reaction.reply == "thanks":
        return Asked(received, handed_over=False, solved=_solved(tx, standing[0]))
    if any(message.details["machine"].get("said") == "helped" for message in tried):
        hand_over(tx, conversation.id, "came_back")
    elif standing and reaction.reply == "no":
        _note_said(tx, standing[0], "declined")
        hand_over(tx, conversation.id, "declined")
    elif reaction.asked:
        hand_over(tx, conversation.id, "asked")
    elif reaction.answer is None or (reaction.answer.kind == "greeting" and tried):
        hand_over(tx, conversation.id, "left_unanswered" if tried else "")
    elif reaction.answer.kind == "none" or _was_shown(tried, reaction.answer):
        again = reaction.answer.kind != "none"
        related = () if again else reaction.answer.related
        machine_says(tx, conversation.id, Answer("none", reaction.declining, related=related))
        hand_over(tx, conversation.id, "again" if again else "unsure")
    else:
        machine_says(tx, conversation.id, reaction.answer)
        return Asked(received, reaction.answer, handed_over=False)
    return Asked(received)


def choose_article(tx: Tx, session_id: int, title: str, answer: Answer) -> None:
    """The visitor has chosen one of two: the choice stands in the thread, and its answer."""
    conversation = _with_machine(tx, session_id)
    last = machine_messages(tx, conversation.id)[-1:]
    if not last or last[0].details["machine"]["kind"] != "choices":
        raise Conflict("chosen_already")
    _note_said(tx, last[0], "chosen")
    _say(tx, conversation, "inbound", title, {"choice": True})
    machine_says(tx, conversation.id, answer)


def ask_person(tx: Tx, session_id: int) -> None:
    """The visitor wants a person: at once, and for good."""
    conversation = _with_machine(tx, session_id)
    tried = machine_messages(tx, conversation.id)
    if tried:
        _note_said(tx, tried[-1], "declined")
    hand_over(tx, conversation.id, "declined")


def article_helped(tx: Tx, session_id: int) -> int | None:
    """The answer was one: nobody is asked. Returns the article; a later message hands over."""
    conversation = _with_machine(tx, session_id)
    answers = [
        message
        for message in machine_messages(tx, conversation.id)
        if message.details["machine"]["kind"] == "answer"
    ]
    if not answers:
        raise Conflict("not_answered")
    return _solved(tx, answers[-1])


def _solved(tx: Tx, answer: Row[Any]) -> int:
    """End the conversation with this answer; returns its article."""
    _note_said(tx, answer, "helped")
    end_by_customer(tx, answer.conversation_id, self_served=True)
    return int(answer.details["machine"]["sources"][0]["article_id"])


def machine_says(tx: Tx, conversation_id: int, answer: Answer) -> int:
    """Put an automatic message into the thread, marked as one; returns its id."""
    conversation = lock_conversation(tx, conversation_id)
    told = {
        "kind": answer.kind,
        "sources": [dict(source) for source in answer.sources],
        "related": [dict(source) for source in answer.related],
        "confidence": round(answer.confidence, 3),
        "by_model": answer.by_model,
    }
    return _say(tx, conversation, "outbound", answer.text, {"machine": told})


def hand_over(tx: Tx, conversation_id: int, why: Why | Literal[""]) -> None:
    """A person takes over: they read what was tried and what the visitor said to it, and see in the
    offer what was asked. Nothing is said of a machine that did not speak (`why` empty)."""
    conversation = lock_conversation(tx, conversation_id)
    if why:
        add_system_line(
            tx, conversation_id, "machine_gave_up", why=why, tried=_tried(tx, conversation_id)
        )
    texts = _texts(tx, conversation_id)
    asked = max((it.text for it in texts if "choice" not in it.details), key=len, default="")
    seen: dict[str, Any] = {"preview": preview_of(asked)}
    if conversation.waiting_since is None:
        seen["waiting_since"] = tx.now
    change_conversation(tx, conversation_id, "waiting", preview_kind="inbound", **seen)
    words = "\n".join(it.text for it in texts)[:MOST_WORDS]
    enqueue(tx, lock_conversation(tx, conversation_id), text=words)


def machine_messages(tx: Tx, conversation_id: int) -> list[Row[Any]]:
    """What the machine has said in a conversation, oldest first."""
    rows = tx.execute(
        select(messages)
        .where(
            messages.c.conversation_id == conversation_id,
            messages.c.kind == "outbound",
            messages.c.agent_id.is_(None),
        )
        .order_by(messages.c.seq)
    )
    return [row for row in rows if "machine" in row.details]


def _held(said: Said) -> Said:
    return Said(said.inbound, said.key, said.uploads, said.email, said.name, said.fresh, False)


def _with_machine(tx: Tx, session_id: int) -> Row[Any]:
    """The visitor's conversation while it is still with the machine; Conflict once it is not."""
    session = session_of(tx, session_id)
    if session.conversation_id is None:
        raise NotFound
    conversation = lock_conversation(tx, session.conversation_id)
    if conversation.contact_id is not None or conversation.status != "open":
        raise Conflict("handed_over")
    return conversation


def _was_shown(tried: Sequence[Row[Any]], answer: Answer) -> bool:
    """Whether that article was the answer before: once is enough."""
    new = {source["article_id"] for source in answer.sources}
    return any(
        source["article_id"] in new
        for message in tried
        if message.details["machine"]["kind"] == answer.kind
        for source in message.details["machine"]["sources"]
    )


def _tried(tx: Tx, conversation_id: int) -> list[dict[str, Any]]:
    """What was shown, for the line that the agent reads."""
    return [
        {
            "title": source["title"],
            "article_id": source["article_id"],
            "kind": message.details["machine"]["kind"],
            "said": message.details["machine"].get("said", ""),
        }
        for message in machine_messages(tx, conversation_id)
        for source in message.details["machine"]["sources"]
    ]


def _texts(tx: Tx, conversation_id: int) -> Sequence[Row[Any]]:
    """All that the visitor wrote or chose, for rules, topics and the offer."""
    return tx.execute(
        select(messages.c.text, messages.c.details)
        .where(messages.c.conversation_id == conversation_id, messages.c.kind == "inbound")
        .order_by(messages.c.seq)
    ).all()


def _note_said(tx: Tx, message: Row[Any], said: str) -> None:
    """Keep at an automatic message what the visitor said to it."""
    details = message.details | {"machine": message.details["machine"] | {"said": said}}
    tx.execute(update(messages).where(messages.c.id == message.id).values(details=details))
    seq = take_seq(tx, message.conversation_id)
    tx.emit(MessageChanged(message.conversation_id, seq, message.id))


def _say(tx: Tx, conversation: Row[Any], kind: str, text: str, details: dict[str, Any]) -> int:
    """A message of the exchange with the machine: nobody waits while it goes on."""
    is_answer = kind == "outbound"
    changes: dict[str, Any] = {
        "preview": preview_of(text),
        "preview_kind": kind,
        "last_message_at": tx.now,
        "waiting_since": None if is_answer else conversation.waiting_since,
    }
    if not is_answer:
        changes["last_inbound_seq"] = conversations.c.last_seq + 1
    seq = take_seq(tx, conversation.id, **changes)
    message_id = add_row(
        tx,
        messages,
        conversation_id=conversation.id,
        seq=seq,
        key=clock.new_id(),
        kind=kind,
        channel="chat",
        customer_id=None if is_answer else conversation.customer_id,
        text=text,
        details=details,
        state="sent" if is_answer else "received",
        searchable=searchable(text),
        sent_at=tx.now,
        created_at=tx.now,
    )
    tx.emit(MessageAdded(conversation.id, seq, message_id, kind))
    return message_id

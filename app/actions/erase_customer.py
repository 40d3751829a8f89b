"""Everything that is known of a person goes, under all ids they have had; what counts stays.

The rows change in one write. The bytes of files and the free pages of the database follow: the
erasure is a request that stays open until they are gone (`app.workers.erasures`).
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import String, cast, delete, func, insert, literal, or_, select, text, update

from app.actions.conversation import take_seq
from app.actions.erased_rows import (
    FATES,
    blank_lines,
    blank_rows,
    conversations_of,
    messages_of,
    owned_by,
)
from app.actions.person_log import log_access
from app.actions.set_status import end_by_customer
from app.actions.suppression import suppress
from app.actions.visitor import upload_owner
from app.db import Conflict, NotFound, Tx
from app.events import REARRANGED, ConversationChanged, CustomerChanged, KnowledgeChanged
from app.models.activity import activities
from app.models.agent import idempotency_keys
from app.models.answering import model_calls
from app.models.consent import legal_holds, rights_requests
from app.models.conversation import (
    attachments,
    conversations,
    files,
    messages,
    participants,
    recipients,
)
from app.models.customer import customers, identities, visitor_sessions
from app.models.party import customer_imports, rejected_rows
from app.models.promise import promises, tasks
from app.models.question import deflections
from app.models.work import automatic_mails, blocked_senders, mail_addresses, outbox, raw_mails
from app.queries.aliases import aliases_of, master_of
from app.security.audit import audit
from app.security.permissions import Actor

ANSWER_WITHIN_MS = 30 * 86_400_000  # GDPR 12(3): a month


@dataclass(frozen=True, slots=True)
class Traces:
    """By what a person is found where no id says whose a row is."""

    ids: list[int]
    known_as: frozenset[tuple[str, str]]
    emails: frozenset[str]
    visitors: frozenset[str]
    words: frozenset[str]  # addresses, numbers and the name


def erase_customer(
    tx: Tx,
    customer_id: int,
    actor: Actor | None,
    *,
    by: str = "agent",
    mails: Sequence[int] = (),
) -> int:
    """Erase a person; returns the id of the request, which is open until the files are gone too.

    `mails` are ids of kept mails of theirs that never became a message. Doing it twice does
    nothing more. Raises NotFound, and Conflict "legal_hold" while one lasts.
    """
    master = _locked(tx, customer_id)
    ids = aliases_of(tx.conn, master)
    _refuse_while_held(tx, ids)
    found = traces(tx, ids)
    overwrite_deleted(tx)
    _end_what_goes_on(tx, ids)
    digests = _files(tx, found, mails)
    hashes = suppress(tx, found.known_as)
    _forget_elsewhere(tx, found, mails)
    owners = owned_by(ids)
    blank_lines(tx, owners)
    for fate in FATES:
        blank_rows(tx, fate, owners)
    tx.execute(update(customers).where(customers.c.id.in_(ids)).values(erased_at=tx.now))
    request_id: int = tx.execute(
        insert(rights_requests)
        .values(
            customer_id=master, kind="erase", state="open", asked_by=by,
            agent_id=actor.agent_id if actor else None,
            details={"files": digests, "hashes": hashes},
            asked_at=tx.now, due_at=tx.now + ANSWER_WITHIN_MS,
        )
        .returning(rights_requests.c.id)
    ).scalar_one()  # fmt: skip
    log_access(tx, actor, master, "erased", by=by)
    audit(tx, actor, "customer.erased", f"customer {master}", by=by)
    _tell(tx, ids)
    return request_id


def _locked(tx: Tx, customer_id: int) -> int:
    master = master_of(tx.conn, customer_id)
    row = tx.execute(
        select(customers.c.erased_at).where(customers.c.id == master).with_for_update()
    ).first()
    if row is None or row.erased_at is not None:
        raise NotFound
    return master


def _refuse_while_held(tx: Tx, ids: list[int]) -> None:
    held = select(legal_holds.c.id).where(
        legal_holds.c.customer_id.in_(ids),
        legal_holds.c.ended_at.is_(None),
        or_(legal_holds.c.until_at.is_(None), legal_holds.c.until_at > tx.now),
    )
    if tx.execute(held).first() is not None:
        raise Conflict("legal_hold")


def traces(tx: Tx, ids: list[int]) -> Traces:
    """What tells these ids' rows from others' where nothing else does."""
    known = {
        (row.kind, row.value)
        for row in tx.execute(
            select(identities.c.kind, identities.c.value).where(identities.c.customer_id.in_(ids))
        )
    }
    rows = tx.execute(select(customers).where(customers.c.id.in_(ids))).all()
    emails = {value for kind, value in known if kind == "email"}
    emails |= {row.email.lower() for row in rows if row.email}
    visitors = set(
        tx.execute(
            select(visitor_sessions.c.visitor).where(visitor_sessions.c.customer_id.in_(ids))
        ).scalars()
    ) | {value for kind, value in known if kind == "visitor"}
    names = {row.name for row in rows if " " in row.name.strip() or len(row.name) > 8}
    numbers = {row.phone for row in rows if row.phone}
    numbers |= {value for kind, value in known if kind not in ("email", "visitor")}
    long = {word for word in emails | numbers | names if len(word) > 5}
    return Traces(ids, frozenset(known), frozenset(emails), frozenset(visitors), frozenset(long))


def overwrite_deleted(tx: Tx) -> None:
    """SQLite shall write zeros over what is deleted. (Not FTS5's own secure-delete: it damages an
    index with detail=none; `finish_erasure` merges the indexes instead.)"""
    if tx.conn.dialect.name != "sqlite":
        return
    tx.execute(text("PRAGMA secure_delete=ON"))


def _end_what_goes_on(tx: Tx, ids: list[int]) -> None:
    """Nobody is left to talk to: conversations, promises and tasks end."""
    going_on = select(conversations.c.id).where(
        conversations.c.customer_id.in_(ids), conversations.c.status != "done"
    )
    for conversation_id in list(tx.execute(going_on).scalars()):
        end_by_customer(tx, conversation_id)
    tx.execute(
        update(promises)
        .where(promises.c.customer_id.in_(ids), promises.c.state == "open")
        .values(state="withdrawn", closed_at=tx.now)
    )
    tx.execute(
        update(tasks)
        .where(tasks.c.customer_id.in_(ids), tasks.c.done_at.is_(None))
        .values(done_at=tx.now)
    )


def _files(tx: Tx, found: Traces, mails: Sequence[int]) -> list[str]:
    """The hashes of files that are theirs: attachments, mails as they came, exports, and the lists
    of imports that are over, which may name them."""
    theirs = messages_of(found.ids)
    unsent = attachments.c.message_id.is_(None) & attachments.c.owner.in_(
        [upload_owner(visitor) for visitor in found.visitors]
    )
    queries = (
        select(attachments.c.file_id).where(or_(attachments.c.message_id.in_(theirs), unsent)),
        select(raw_mails.c.file_id).where(
            or_(raw_mails.c.message_id.in_(theirs), raw_mails.c.id.in_(mails))
        ),
        select(rights_requests.c.file_id).where(rights_requests.c.customer_id.in_(found.ids)),
        select(customer_imports.c.file_id).where(customer_imports.c.state.in_(("done", "failed"))),
    )
    file_ids = {file_id for query in queries for file_id in tx.execute(query).scalars() if file_id}
    tx.execute(
        update(customer_imports)
        .where(customer_imports.c.state.in_(("done", "failed")))
        .values(file_id=None)
    )
    hashes = select(files.c.hash).where(files.c.id.in_(sorted(file_ids))).order_by(files.c.hash)
    tx.execute(delete(attachments).where(unsent))
    return list(tx.execute(hashes).scalars())


def _forget_elsewhere(tx: Tx, found: Traces, mails: Sequence[int]) -> None:
    """What other rows say of them: by address, by browser, by words."""
    _leave_others_conversations(tx, found)
    for table in (mail_addresses, automatic_mails):
        tx.execute(delete(table).where(table.c.email.in_(found.emails)))
    tx.execute(delete(blocked_senders).where(blocked_senders.c.pattern.in_(found.emails)))
    tx.execute(
        update(deflections)
        .where(deflections.c.visitor.in_(found.visitors))
        .values(query="", visitor="")
    )
    tx.execute(
        delete(activities).where(
            activities.c.customer_id.is_(None), activities.c.visitor.in_(found.visitors)
        )
    )
    tx.execute(
        update(raw_mails)
        .where(raw_mails.c.id.in_(mails))
        .values(mail_from="", rcpt_to=[], error="", state="erased", message_id=None)
    )
    said = _said_lately(tx, found.ids)
    for table, column in (
        (outbox, outbox.c.payload), (rejected_rows, rejected_rows.c.raw),
        (idempotency_keys, idempotency_keys.c.body), (model_calls, model_calls.c.question),
    ):  # fmt: skip
        for word in _spelt(found.words | said):
            tx.execute(delete(table).where(cast(column, String).contains(word, autoescape=True)))


def _leave_others_conversations(tx: Tx, found: Traces) -> None:
    """Out of the heads of mails between others that named them."""
    where = set(
        tx.execute(
            select(participants.c.conversation_id).where(participants.c.email.in_(found.emails))
        ).scalars()
    ) | set(
        tx.execute(
            select(messages.c.conversation_id)
            .join(recipients, recipients.c.message_id == messages.c.id)
            .where(recipients.c.email.in_(found.emails))
        ).scalars()
    )
    tx.execute(delete(participants).where(participants.c.email.in_(found.emails)))
    tx.execute(
        update(recipients)
        .where(func.lower(recipients.c.email).in_(found.emails))
        .values(email=literal("erased-") + cast(recipients.c.id, String), reason="")
    )
    heads = select(messages.c.id, messages.c.details).where(messages.c.conversation_id.in_(where))
    for row in tx.execute(heads).all():
        kept = without(row.details, found.words)
        if kept != row.details:
            tx.execute(update(messages).where(messages.c.id == row.id).values(details=kept))
    theirs = select(messages.c.conversation_id).where(messages.c.customer_id.in_(found.ids))
    tx.execute(update(conversations).where(conversations.c.id.in_(theirs)).values(preview=""))


def without(value: Any, words: Iterable[str]) -> Any:
    """A JSON value without the strings that contain one of these words."""
    wanted = [word.lower() for word in words]

    def names_them(one: Any) -> bool:
        return isinstance(one, str) and any(word in one.lower() for word in wanted)

    def clean(one: Any) -> Any:
        if isinstance(one, dict):
            return {
                key: clean(each)
                for key, each in one.items()
                if not names_them(key) and not names_them(each)
            }
        if isinstance(one, list):
            return [clean(each) for each in one if not names_them(each)]
        return one

    return clean(value)


def _said_lately(tx: Tx, ids: list[int]) -> frozenset[str]:
    """Beginnings of what was said within the day for which answers to programs are kept."""
    lately = select(messages.c.text).where(
        messages.c.id.in_(messages_of(ids)),
        messages.c.kind != "system",
        messages.c.created_at > tx.now - 2 * 86_400_000,
    )
    beginnings = (line.strip()[:60] for line in tx.execute(lately).scalars())
    return frozenset(line for line in beginnings if len(line) > 12)


def _spelt(words: Iterable[str]) -> Iterator[str]:
    """As they stand in text, and in JSON."""
    for word in words:
        yield from {word, json.dumps(word)[1:-1], json.dumps(word, ensure_ascii=False)[1:-1]}


def _tell(tx: Tx, ids: list[int]) -> None:
    for conversation_id in list(tx.execute(conversations_of(ids)).scalars()):
        seq = take_seq(tx, conversation_id)
        tx.emit(ConversationChanged(conversation_id, seq, REARRANGED))
    for each in ids:
        tx.emit(CustomerChanged(each))
    tx.emit(KnowledgeChanged("corrected"))  # topics are learned anew without their words

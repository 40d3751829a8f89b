"""One attempt to send a mail: claimed, about to go out, and what became of it.

What can be proven. A row is `sending` from the claim on, its Message-ID stored. `content_at` is
committed before the first byte of the content is sent (SMTP's DATA); only after the content's end
may a server accept a mail. So after a crash a row without `content_at` was surely not delivered
and is sent again; one with it may have been, and nobody but the recipient's side knows: it becomes
`uncertain` and a person decides (Retry or Discard). A mail whose answer was seen and written down
is never sent twice, and no other without being asked. An answer to a mail proves that it arrived.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

from sqlalchemy import Row, select, update

from app.actions.delivery import messages_in, set_delivery
from app.actions.mail_pace import within_pace
from app.actions.purpose import WITHDRAWN, may_leave, stop
from app.actions.recipients import follow, note_attempt
from app.actions.schedule import leaves
from app.actions.surface_failure import surface_failure
from app.actions.write_to_agent import KIND as TO_AGENT
from app.db import Conflict, Tx
from app.models.conversation import messages
from app.models.organisation import inboxes
from app.models.work import outbox
from channels.email.smtp_send import DeliveryResult, RecipientResult
from channels.email.threading import agent_mark, make_message_id

MINUTE_MS = 60_000
PAUSES_MS = tuple(minutes * MINUTE_MS for minutes in (1, 5, 15, 60, *(120,) * 23))  # two days
ANSWERABLE_MS = 14 * 24 * 60 * MINUTE_MS  # an agent may answer a notice by mail for so long
LEASE_MS = 15 * MINUTE_MS  # longer than any attempt lasts


@dataclass(frozen=True, slots=True)
class Claimed:
    """An outbox row that is ours to send now. For `done` earlier attempts have settled it."""

    id: int
    kind: str
    message_id: int | None
    inbox_id: int | None
    payload: dict[str, Any]
    attempts: int
    email_id: str
    done: tuple[str, ...]


def claim_mails(
    tx: Tx, owner: str, limit: int, secret: bytes, default_address: str
) -> list[Claimed]:
    """Take up to `limit` mails that are due; nobody else gets them while the lease lasts.

    What is more than an inbox may send now waits; so does what is planned for later."""
    due = (
        select(outbox)
        .where(outbox.c.state == "queued", outbox.c.next_at <= tx.now)
        .order_by(outbox.c.next_at, outbox.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = tx.execute(
        update(outbox)
        .where(outbox.c.id.in_(within_pace(tx, tx.execute(due).all())), outbox.c.state == "queued")
        .values(
            state="sending",
            next_at=tx.now,
            lease=owner,
            lease_until=tx.now + LEASE_MS,
            content_at=None,
            attempts=outbox.c.attempts + 1,
        )
        .returning(outbox)
    ).all()
    unwanted = {row.id for row in rows if row.purpose and not may_leave(tx, row)}
    for row in rows:
        if row.id in unwanted:
            stop(tx, row)
    ours = sorted((row for row in rows if row.id not in unwanted), key=lambda row: row.id)
    return [_claimed(tx, row, secret, default_address) for row in ours]


def _claimed(tx: Tx, row: Row[Any], secret: bytes, default_address: str) -> Claimed:
    address = default_address
    if row.inbox_id is not None:
        own = tx.execute(select(inboxes.c.address).where(inboxes.c.id == row.inbox_id)).scalar()
        address = own or default_address
    domain = address.rpartition("@")[2] or "localhost"
    if row.message_id is not None:
        email_id = _name_message(tx, row.message_id, secret, domain)
        leaves(tx, row.message_id)
        for message_id in messages_in(row):
            set_delivery(tx, message_id, "sending")
    else:
        email_id = row.payload.get("message_id") or _name_system_mail(row, secret, domain)
        tx.execute(
            update(outbox)
            .where(outbox.c.id == row.id)
            .values(payload={**row.payload, "message_id": email_id})
        )
    return Claimed(
        row.id, row.kind, row.message_id, row.inbox_id, row.payload, row.attempts, email_id,
        (*row.payload.get("done", ()), *row.payload.get("refused", ())),
    )  # fmt: skip


def _name_system_mail(row: Row[Any], secret: bytes, domain: str) -> str:
    """A Message-ID that nobody can guess; an answer to what an agent was sent is known by it."""
    if row.kind == TO_AGENT and row.payload.get("about"):
        expires_at = row.created_at + ANSWERABLE_MS
        mark = agent_mark(row.payload["agent"], row.payload["about"], expires_at, secret)
        return f"<{mark}@{domain}>"
    return f"<{token_hex(16)}@{domain}>"


def _name_message(tx: Tx, message_id: int, secret: bytes, domain: str) -> str:
    """The mail's Message-ID, made once: whatever is sent again is the same mail."""
    message = tx.execute(
        select(messages.c.email_id, messages.c.conversation_id).where(messages.c.id == message_id)
    ).one()
    if message.email_id:
        return str(message.email_id)
    email_id = make_message_id(message.conversation_id, token_hex(12), secret, domain)
    tx.execute(update(messages).where(messages.c.id == message_id).values(email_id=email_id))
    return email_id


def content_goes_out(tx: Tx, outbox_id: int, owner: str) -> None:
    """The point of no return: from here on a crash leaves the mail's fate unknown. The last moment
    at which consent counts."""
    mail = tx.execute(
        update(outbox)
        .where(outbox.c.id == outbox_id, outbox.c.state == "sending", outbox.c.lease == owner)
        .values(content_at=tx.now)
        .returning(outbox.c.message_id, outbox.c.purpose)
    ).first()
    if mail is None:
        raise Conflict("lease_lost", outbox_id=outbox_id)
    if not may_leave(tx, mail):
        raise Conflict(WITHDRAWN)  # put off, and stopped when it is looked at again


def settle_attempt(tx: Tx, outbox_id: int, owner: str, result: DeliveryResult) -> str:
    """Write down what the mail server has said; returns the row's state."""
    row = _own(tx, outbox_id, owner)
    if row is None:
        return ""
    accepted = [each.address for each in result.having("accepted")]
    payload = {**row.payload, "done": [*row.payload.get("done", ()), *accepted]}
    refused = {r.address: _words(r) for r in result.having("permanent")}
    refused = {**row.payload.get("refused", {}), **refused}
    temporary = result.having("temporary")
    # Whoever refused is not asked again by ourselves, but when a person says Retry.
    is_last = row.attempts > len(PAUSES_MS)
    note_attempt(tx, messages_in(row), result, is_last=is_last)
    payload["refused"] = refused if temporary and not is_last else {}
    tx.execute(update(outbox).where(outbox.c.id == row.id).values(payload=payload))
    if uncertain := result.having("uncertain"):
        return _give_up(tx, row, "uncertain", _sentence(map(_words, uncertain)))
    if temporary:
        return put_off(tx, row, _sentence(map(_words, temporary)))
    if refused:
        return _give_up(tx, row, "failed", _sentence(refused.values()))
    tx.execute(
        update(outbox)
        .where(outbox.c.id == row.id)
        .values(state="sent", sent_at=tx.now, error="", lease="", lease_until=None)
    )
    for message_id in messages_in(row):
        set_delivery(tx, message_id, "sent")
    return "sent"


def attempt_broke_off(tx: Tx, outbox_id: int, owner: str, error: str, *, final: bool) -> str:
    """The attempt ended before anything went out: again later, or, `final`, a person is asked."""
    row = _own(tx, outbox_id, owner)
    if row is None:
        return ""
    return _give_up(tx, row, "failed", error) if final else put_off(tx, row, error)


def put_off(tx: Tx, row: Row[Any], reason: str) -> str:
    """Try again later, after pauses that grow; after two days the mail has failed."""
    if row.attempts > len(PAUSES_MS):
        return _give_up(tx, row, "failed", reason)
    tx.execute(
        update(outbox)
        .where(outbox.c.id == row.id)
        .values(
            state="queued",
            next_at=tx.now + PAUSES_MS[row.attempts - 1],
            error=reason[:2000],
            lease="",
            lease_until=None,
        )
    )
    for message_id in messages_in(row):
        set_delivery(tx, message_id, "queued", reason)
    return "queued"


def recover_attempts(tx: Tx, is_gone: Callable[[str], bool]) -> int:
    """After a crash: what surely did not go out waits again, the rest is uncertain; how many."""
    rows = tx.execute(
        select(outbox).where(outbox.c.state == "sending").with_for_update(skip_locked=True)
    ).all()
    lost = [row for row in rows if is_gone(row.lease) or (row.lease_until or 0) <= tx.now]
    for row in lost:
        if row.content_at is not None:
            _give_up(tx, row, "uncertain", "interrupted")
            continue
        tx.execute(
            update(outbox)
            .where(outbox.c.id == row.id)
            .values(state="queued", next_at=tx.now, lease="", lease_until=None)
        )
        for message_id in messages_in(row):
            set_delivery(tx, message_id, "queued")
    return len(lost)


def mails_arrived(tx: Tx, email_ids: Sequence[str]) -> int:
    """Somebody answers these mails: what was uncertain about them is not any more."""
    if not email_ids:
        return 0
    proven = tx.execute(
        select(messages.c.id).where(
            messages.c.email_id.in_(email_ids), messages.c.state == "uncertain"
        )
    ).scalars()
    count = 0
    for message_id in list(proven):
        mails = tx.execute(
            update(outbox)
            .where(outbox.c.message_id == message_id, outbox.c.state == "uncertain")
            .values(state="sent", error="")
            .returning(outbox.c.message_id, outbox.c.payload)
        ).all()
        follow(tx, message_id, ("uncertain",), "delivered")
        for carried in {message_id, *(id for mail in mails for id in messages_in(mail))}:
            set_delivery(tx, carried, "delivered")
        count += 1
    return count


def _own(tx: Tx, outbox_id: int, owner: str) -> Row[Any] | None:
    """The row, if the attempt is still ours: who comes late finds it settled by somebody else."""
    return tx.execute(
        select(outbox)
        .where(outbox.c.id == outbox_id, outbox.c.state == "sending", outbox.c.lease == owner)
        .with_for_update()
    ).first()


def _give_up(tx: Tx, row: Row[Any], state: str, reason: str) -> str:
    tx.execute(
        update(outbox)
        .where(outbox.c.id == row.id)
        .values(state=state, error=reason[:2000], lease="", lease_until=None)
    )
    for message_id in messages_in(row):
        set_delivery(tx, message_id, state, reason)
        follow(tx, message_id, ("queued", "delayed"), state, reason)
    if row.message_id is not None:
        conversation_id = tx.execute(
            select(messages.c.conversation_id).where(messages.c.id == row.message_id)
        ).scalar_one()
        surface_failure(tx, conversation_id, row.message_id, f"delivery_{state}")
    return state


def _words(result: RecipientResult) -> str:
    return f"{result.address}: {result.reason}"


def _sentence(parts: Iterable[str]) -> str:
    return "; ".join(parts)

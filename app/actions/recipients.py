"""What became of a mail for each of those it went to: what our server said, then theirs."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row, select, update

from app.actions.upsert import upsert
from app.db import Tx
from app.models.conversation import messages, recipients
from app.models.work import outbox
from channels.email.smtp_send import DeliveryResult

STATES = {
    "accepted": "sent",
    "temporary": "delayed",
    "permanent": "failed",
    "uncertain": "uncertain",
}


def note_attempt(
    tx: Tx, message_ids: Iterable[int], result: DeliveryResult, *, is_last: bool
) -> None:
    """Write down what the mail server said of each recipient. `is_last`: what it put off has
    failed now."""
    for message_id in message_ids:
        details = tx.execute(
            select(messages.c.details).where(messages.c.id == message_id)
        ).scalar_one()
        for each in result.recipients:
            state = STATES[each.outcome]
            changes = {
                "role": _role(details, each.address),
                "state": "failed" if is_last and state == "delayed" else state,
                "reason": "" if state == "sent" else each.reason[:2000],
                "changed_at": tx.now,
            }
            upsert(tx, recipients, {"message_id": message_id, "email": each.address[:254]}, changes)


def follow(tx: Tx, message_id: int, before: tuple[str, ...], state: str, reason: str = "") -> None:
    """Those who stand in one of these states share what became of the whole mail."""
    tx.execute(
        update(recipients)
        .where(recipients.c.message_id == message_id, recipients.c.state.in_(before))
        .values(state=state, reason=reason[:2000], changed_at=tx.now)
    )


def told_of(tx: Tx, message_id: int, address: str, state: str, reason: str = "") -> bool:
    """A report or a receipt tells of one recipient; whether all of them stand so now. An address
    that is not among them (it was forwarded, or is not named) can only be the one there is."""
    rows = tx.execute(select(recipients).where(recipients.c.message_id == message_id)).all()
    about = [row for row in rows if row.email.casefold() == address.strip().casefold()]
    if not about and len(rows) == 1:
        about = list(rows)
    for row in about:
        if state == "delivered" and row.state == "read":
            continue
        tx.execute(
            update(recipients)
            .where(recipients.c.id == row.id)
            .values(state=state, reason=reason[:2000], changed_at=tx.now)
        )
        if state == "failed":
            _can_be_sent_again(tx, message_id, row.email)
    told = {row.id for row in about}
    better = {"delivered", "read"}
    return all(row.id in told or row.state == state or {row.state, state} <= better for row in rows)


def _can_be_sent_again(tx: Tx, message_id: int, address: str) -> None:
    """Retry sends it to this one again, and to nobody who has it."""
    mails: list[Row[Any]] = list(
        tx.execute(
            select(outbox)
            .where(outbox.c.message_id == message_id, outbox.c.state.in_(("sent", "failed")))
            .with_for_update()
        ).all()
    )
    for mail in mails:
        done = [each for each in mail.payload.get("done", ()) if each != address]
        tx.execute(
            update(outbox)
            .where(outbox.c.id == mail.id)
            .values(state="failed", payload={**mail.payload, "done": done})
        )


def _role(details: dict[str, Any], address: str) -> str:
    return next((role for role in ("cc", "bcc") if address in details.get(role, ())), "to")

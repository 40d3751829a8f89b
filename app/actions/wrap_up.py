"""The work after a contact: what became of it, a word about it, a minute more, finished."""

from typing import Any

from sqlalchemy import Row, or_, select

from app.actions.contact import end_wrap_up, move_contact, wrap_up_seconds
from app.actions.outcome_line import tell_outcome
from app.actions.rows import change_row
from app.db import Conflict, Invalid, NotFound, Tx
from app.models.contact import contacts
from app.models.organisation import dispositions, queues
from app.queries.wrap_ups import MORE_MS, MOST_MORE_MS
from app.security.permissions import Actor
from knowledge.sensitive import unmask_numbers

NOTE_LENGTH = 500


def set_outcome(
    tx: Tx, actor: Actor, contact_id: int, disposition_id: int | None, note: str | None = None
) -> None:
    """Say what became of a contact of one's own, while it goes on or afterwards.

    `note` None leaves the note as it is. Invalid where the disposition is not one of its queue.
    """
    contact = _own(tx, actor, contact_id)
    changes = _outcome(tx, contact, disposition_id, note)
    if any(getattr(contact, name) != value for name, value in changes.items()):
        move_contact(tx, contact, contact.status, **changes)
        if contact.status == "ended":  # later than usual: the line was not written then
            tell_outcome(tx, _own(tx, actor, contact_id))


def finish_wrap_up(
    tx: Tx,
    actor: Actor,
    contact_id: int,
    disposition_id: int | None = None,
    note: str | None = None,
) -> None:
    """Sooner than its time: capacity is free now. Asks first where the queue wants an outcome
    (Conflict "disposition_needed"). Finishing twice is finishing once."""
    if disposition_id is not None or note is not None:
        set_outcome(tx, actor, contact_id, disposition_id, note)
    contact = _own(tx, actor, contact_id)
    if contact.status != "wrap_up":
        return
    _demand(tx, contact)
    end_wrap_up(tx, contact_id)


def extend_wrap_up(tx: Tx, actor: Actor, contact_id: int) -> int:
    """A minute more; returns until when (ms). Conflict "no_more_time" after three of them."""
    contact = _own(tx, actor, contact_id)
    if contact.status != "wrap_up":
        raise Conflict("wrap_up_over")
    until: int = max(contact.wrap_up_until, tx.now) + MORE_MS
    if until > longest_until(tx, contact):
        raise Conflict("no_more_time")
    move_contact(tx, contact, "wrap_up", wrap_up_until=until)
    return until


def longest_until(tx: Tx, contact: Row[Any]) -> int:
    """The moment to which a wrap-up can be extended at most."""
    began: int = contact.wrap_up_at if contact.wrap_up_at is not None else contact.wrap_up_until
    return began + wrap_up_seconds(tx, contact) * 1000 + MOST_MORE_MS


def outcome_at_end(
    tx: Tx, contact: Row[Any], disposition_id: int | None, note: str | None
) -> Row[Any]:
    """What is said of a contact in the act of ending it; returns the contact as it is then.

    Where no time follows in which it could be said, and the queue wants to know, Conflict
    "disposition_needed".
    """
    changes = _outcome(tx, contact, disposition_id, note)
    if changes:
        change_row(tx, contacts, contact.id, **changes)
        contact = tx.execute(select(contacts).where(contacts.c.id == contact.id)).one()
    if contact.status == "active" and not wrap_up_seconds(tx, contact):
        _demand(tx, contact)
    return contact


def _outcome(
    tx: Tx, contact: Row[Any], disposition_id: int | None, note: str | None
) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if disposition_id is not None:
        known = select(dispositions.c.id).where(
            dispositions.c.id == disposition_id,
            dispositions.c.active,
            or_(dispositions.c.queue_id.is_(None), dispositions.c.queue_id == contact.queue_id),
        )
        if disposition_id != contact.disposition_id and tx.execute(known).first() is None:
            raise Invalid(disposition="unknown")
        changes["disposition_id"] = disposition_id
    if note is not None:
        whole = unmask_numbers(note.strip(), contact.wrap_up_note)
        changes["wrap_up_note"] = whole[:NOTE_LENGTH]
    return changes


def _demand(tx: Tx, contact: Row[Any]) -> None:
    if contact.disposition_id is not None:
        return
    wanted = tx.execute(
        select(queues.c.disposition_required).where(queues.c.id == contact.queue_id)
    ).scalar()
    # A queue that wants an outcome and has none to choose from would never let go.
    choice = select(dispositions.c.id).where(
        dispositions.c.active,
        or_(dispositions.c.queue_id.is_(None), dispositions.c.queue_id == contact.queue_id),
    )
    if wanted and tx.execute(choice.limit(1)).first() is not None:
        raise Conflict("disposition_needed", contact_id=contact.id)


def _own(tx: Tx, actor: Actor, contact_id: int) -> Row[Any]:
    contact = tx.execute(
        select(contacts)
        .where(
            contacts.c.id == contact_id,
            contacts.c.agent_id == actor.agent_id,
            contacts.c.status.in_(("active", "wrap_up", "ended")),
        )
        .with_for_update()
    ).first()
    if contact is None:
        raise NotFound
    return contact

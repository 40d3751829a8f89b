"""An agent's presence: available, away, not ready, offline; signs of life; nothing is stranded."""

from sqlalchemy import and_, or_, select, update

from app.actions.contact import end_offer, requeue_contact
from app.actions.end_consult import end_consults
from app.actions.presence_span import move_span
from app.db import Invalid, Tx
from app.events import PresenceChanged
from app.models.agent import agents, presence
from app.models.contact import contacts, offers
from app.models.organisation import pause_reasons
from channels import registry

STATES = ("available", "away", "not_ready", "offline")
CHAT_ABSENT_MS = 60_000  # a chat given to somebody who is offline waits for them so long


def set_presence(
    tx: Tx, agent_id: int, state: str, reason: str = "", pause_reason_id: int | None = None
) -> None:
    """Change an agent's state; a pause reason may say why they are away.

    Leaving "available" takes back offers that wait for an answer; going offline also hands live
    contacts (chats) back to their queue, with their age, and takes a call for help back. The time
    in the old state is written down as a span in the same write. What is so already stays so.
    """
    _check(tx, state, pause_reason_id)
    row = tx.execute(
        select(presence).where(presence.c.agent_id == agent_id).with_for_update()
    ).one()
    reason = reason[:120]
    if (row.state, row.reason, row.pause_reason_id) == (state, reason, pause_reason_id):
        touch(tx, agent_id)
        return
    move_span(tx, row, state, reason, pause_reason_id)
    same = (row.state, row.pause_reason_id) == (state, pause_reason_id)
    help_back = {"help_wanted_at": None, "help_conversation_id": None}
    tx.execute(
        update(presence)
        .where(presence.c.agent_id == agent_id)
        .values(
            state=state,
            reason=reason,
            pause_reason_id=pause_reason_id,
            since_at=row.since_at if same else tx.now,
            seen_at=tx.now,
            epoch=presence.c.epoch + 1,
            **(help_back if state == "offline" else {}),
        )
    )
    tx.emit(PresenceChanged(agent_id, state))
    if state != "available":
        _take_back_offers(tx, agent_id)
    if state == "offline":
        hand_back(tx, agent_id, live_only=True)
        end_consults(tx, agent_id=agent_id)


def _check(tx: Tx, state: str, pause_reason_id: int | None) -> None:
    if state not in STATES:
        raise Invalid(state="unknown")
    if pause_reason_id is None:
        return
    known = select(pause_reasons.c.id).where(
        pause_reasons.c.id == pause_reason_id, pause_reasons.c.active
    )
    if state != "away" or tx.execute(known).first() is None:
        raise Invalid(pause_reason="unknown")


def touch(tx: Tx, agent_id: int) -> None:
    """A sign of life from the agent's browser."""
    tx.execute(update(presence).where(presence.c.agent_id == agent_id).values(seen_at=tx.now))


def expire_presence(tx: Tx, ttl_ms: int) -> int:
    """Agents without a sign of life for so long are offline; returns how many that were."""
    gone = tx.execute(
        select(presence.c.agent_id).where(
            presence.c.state != "offline", presence.c.seen_at < tx.now - ttl_ms
        )
    ).scalars()
    count = 0
    for agent_id in list(gone):
        set_presence(tx, agent_id, "offline", "connection_lost")
        count += 1
    return count


def hand_back_absent(tx: Tx, after_ms: int) -> int:
    """What lies with agents who are offline goes back to its queue: chats at once, for somebody
    waits at the other end, mails and forms when their agent has been away for so long."""
    live = [channel.name for channel in registry.all_channels() if channel.live]
    gone = tx.execute(
        select(presence.c.agent_id, presence.c.since_at)
        .join(contacts, contacts.c.agent_id == presence.c.agent_id)
        .where(
            presence.c.state == "offline",
            contacts.c.status == "active",
            or_(
                presence.c.since_at < tx.now - after_ms,
                and_(contacts.c.channel.in_(live), presence.c.since_at < tx.now - CHAT_ABSENT_MS),
            ),
        )
        .distinct()
    ).all()
    return sum(
        hand_back(tx, row.agent_id, live_only=row.since_at >= tx.now - after_ms) for row in gone
    )


def hand_back(tx: Tx, agent_id: int, *, live_only: bool) -> int:
    """Put an agent's active contacts back into line; returns how many."""
    rows = tx.execute(
        select(contacts)
        .where(contacts.c.agent_id == agent_id, contacts.c.status == "active")
        .with_for_update()
    ).all()
    mine = [row for row in rows if registry.get(row.channel).live or not live_only]
    for contact in mine:
        requeue_contact(tx, contact, preferred_agent_id=None, preferred_until=None)
    return len(mine)


def end_access(tx: Tx, agent_id: int) -> None:
    """The account is closed: offline, and nothing stays in its hands."""
    tx.execute(update(agents).where(agents.c.id == agent_id).values(active=False))
    set_presence(tx, agent_id, "offline")
    hand_back(tx, agent_id, live_only=False)


def _take_back_offers(tx: Tx, agent_id: int) -> None:
    pending = tx.execute(
        select(offers)
        .where(offers.c.agent_id == agent_id, offers.c.status == "pending")
        .order_by(offers.c.id)
    ).all()
    for offer in pending:
        contact = tx.execute(
            select(contacts).where(contacts.c.id == offer.contact_id).with_for_update()
        ).one()
        end_offer(tx, offer, contact, "rescinded")

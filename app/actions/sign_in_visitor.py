"""Somebody unknown in a browser turns out to be a customer: they have signed in on the host's page.

What the browser did before its first sign-in belongs to whoever signs in first. From then on the
browser is somebody new while nobody is signed in: on a shared computer the next person neither
sees nor is given what the one before has said.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select, update

from app.actions.doubts import suspect
from app.actions.identity import differs
from app.actions.merge_customers import can_join, merge_customers
from app.db import Tx
from app.models.activity import activities
from app.models.customer import customers, identities, visitor_sessions
from app.security.sessions import hash_token
from channels.values import Identity

MOST_PEOPLE = 50  # who signed in on one browser; a kiosk's visitors are not told apart further


@dataclass(frozen=True, slots=True)
class Browser:
    """A browser while nobody is signed in: what it is known by now, whom that belongs to if
    anybody, and who was the last to sign in on it."""

    visitor: str
    customer_id: int | None
    last_signed_in: int | None


def visitor_of_browser(tx: Tx, browser_id: str) -> Browser:
    """Each sign-in that took something along closes a chapter; the next has another hash."""
    last = None
    for chapter in range(MOST_PEOPLE):
        visitor = hash_token(f"{browser_id}~{chapter}" if chapter else browser_id)
        row = tx.execute(
            select(identities.c.customer_id, identities.c.verified).where(
                identities.c.kind == "visitor", identities.c.value == visitor
            )
        ).first()
        if row is None or not row.verified:
            return Browser(visitor, row.customer_id if row else None, last)
        last = row.customer_id
    return Browser(visitor, None, last)


def sign_in(
    tx: Tx, customer_id: int, known_as: Sequence[Identity], inbox_id: int | None, browser_id: str
) -> int | None:
    """Join what the signed proof says is one, and take along what this browser did before.

    Returns the conversation that was going on in this inbox, if it is theirs now.
    """
    _join_proved(tx, customer_id, known_as)
    if not browser_id:
        return None
    browser = visitor_of_browser(tx, browser_id)
    if browser.last_signed_in not in (None, customer_id):
        if browser.customer_id is not None:
            suspect(tx, browser.customer_id, customer_id, ["same_browser"])
        return None
    found = tx.execute(
        update(activities)
        .where(activities.c.visitor == browser.visitor, activities.c.customer_id.is_(None))
        .values(customer_id=customer_id)
    ).rowcount
    if browser.customer_id is None:
        if found or browser.last_signed_in is None:
            tx.execute(
                insert(identities).values(
                    customer_id=customer_id,
                    kind="visitor",
                    value=browser.visitor,
                    verified=True,
                    verified_at=tx.now,
                    last_seen_at=tx.now,
                    source="widget",
                    created_at=tx.now,
                )
            )
        return None
    return _take_along(tx, customer_id, browser.visitor, browser.customer_id, inbox_id)


def _join_proved(tx: Tx, customer_id: int, known_as: Sequence[Identity]) -> None:
    """Whoever is known by another of the proved identities is the same, if nothing speaks against
    it: the customer of five years whom only their address was known of."""
    for one in known_as:
        if not one.verified:
            continue
        other = tx.execute(
            select(identities.c.customer_id).where(
                identities.c.kind == one.kind,
                identities.c.value == one.value,
                ~identities.c.shared,
                identities.c.customer_id != customer_id,
            )
        ).scalar()
        if other is not None and not differs(tx, customer_id, other):
            merge_customers(tx, None, customer_id, other, reason="signed in", keep=customer_id)
            tx.execute(
                update(identities)
                .where(identities.c.kind == one.kind, identities.c.value == one.value)
                .values(verified=True, verified_at=tx.now)
            )


def _take_along(
    tx: Tx, customer_id: int, visitor: str, unknown_id: int, inbox_id: int | None
) -> int | None:
    going_on = tx.execute(
        select(visitor_sessions.c.conversation_id)
        .where(
            visitor_sessions.c.visitor == visitor,
            visitor_sessions.c.inbox_id == inbox_id,
            visitor_sessions.c.conversation_id.is_not(None),
        )
        .order_by(visitor_sessions.c.seen_at.desc(), visitor_sessions.c.id.desc())
        .limit(1)
    ).scalar()
    mine = unknown_id == customer_id
    if not mine:
        if not _unknown(tx, unknown_id) or not can_join(tx, customer_id, unknown_id):
            suspect(tx, unknown_id, customer_id, ["same_browser"])
            return None
        merge_customers(tx, None, customer_id, unknown_id, reason="signed in", keep=customer_id)
    tx.execute(
        update(identities)
        .where(identities.c.kind == "visitor", identities.c.value == visitor)
        .values(verified=True, verified_at=tx.now)
    )
    tx.execute(  # a tab that stays open must not speak for them once they have signed out
        update(visitor_sessions)
        .where(visitor_sessions.c.visitor == visitor)
        .values(customer_id=None, conversation_id=None)
    )
    return going_on


def _unknown(tx: Tx, customer_id: int) -> bool:
    """Nothing about them was ever proved."""
    proved = (
        select(identities.c.id)
        .where(identities.c.customer_id == customer_id, identities.c.verified)
        .exists()
    )
    return (
        tx.execute(select(customers.c.id).where(customers.c.id == customer_id, proved)).first()
        is None
    )

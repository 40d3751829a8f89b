"""A merge of two customers is taken back: what was moved goes home, and what came since goes to
the one it is about."""

from typing import Any

from sqlalchemy import Row, delete, select, update

from app.actions.customer import refresh_searchable
from app.actions.merge_customers import require_whole
from app.actions.merged_rows import OWNED, give_rows
from app.actions.person_log import log_access
from app.db import Conflict, NotFound, Tx
from app.events import CustomerChanged
from app.models.activity import activities, sends
from app.models.consent import consents, portal_sessions
from app.models.conversation import conversations, messages
from app.models.customer import customers, identities, visitor_sessions
from app.models.party import customer_merges, duplicate_pairs, field_values
from app.models.promise import customer_facts, promises, tasks
from app.security.permissions import Actor

_ADDED = {"consents": consents, "field_values": field_values}
_OF_CONVERSATION = (customer_facts, promises, tasks, sends)


def unmerge_customers(tx: Tx, actor: Actor, merge_id: int) -> int:
    """Take a merge back; returns the id of the customer who is one of their own again.

    Doing it twice does nothing. Raises Conflict "went_on" where the one who stayed was merged
    into another since, or the alias was: undo that first.
    """
    merge = tx.execute(
        select(customer_merges).where(customer_merges.c.id == merge_id).with_for_update()
    ).first()
    if merge is None:
        raise NotFound
    winner = tx.execute(select(customers).where(customers.c.id == merge.winner_id)).one()
    if merge.undone_at is not None:
        return int(merge.loser_id)
    if winner.erased_at is not None:
        raise NotFound
    if winner.merged_into_id is not None:
        raise Conflict("customer_went_on")
    require_whole(tx, actor, merge.winner_id)
    _remove_added(tx, merge.moved["added"])
    _give_back(tx, merge)
    _give_later_ones(tx, merge)
    _restore_columns(tx, merge, winner)
    tx.execute(
        update(customer_merges)
        .where(customer_merges.c.id == merge_id)
        .values(undone_at=tx.now, undone_by=actor.agent_id)
    )
    a, b = sorted((merge.winner_id, merge.loser_id))
    tx.execute(
        update(duplicate_pairs)
        .where(duplicate_pairs.c.a_id == a, duplicate_pairs.c.b_id == b)
        .values(state="dismissed", decided_by=actor.agent_id, decided_at=tx.now)
    )
    log_access(
        tx, actor, merge.winner_id, "unmerged", what=f"customer {merge.loser_id}", merge=merge_id
    )
    both = (merge.winner_id, merge.loser_id)
    tx.execute(delete(portal_sessions).where(portal_sessions.c.customer_id.in_(both)))
    for each in both:
        refresh_searchable(tx, each)
        tx.emit(CustomerChanged(each))
    return int(merge.loser_id)


def _remove_added(tx: Tx, added: dict[str, list[int]]) -> None:
    """What only the merge itself had said."""
    for name, ids in added.items():
        table = _ADDED[name]
        tx.execute(delete(table).where(table.c.id.in_(ids)))


def _give_back(tx: Tx, merge: Row[Any]) -> None:
    for row_id, state in merge.moved["restated"]:
        tx.execute(update(field_values).where(field_values.c.id == row_id).values(state=state))
    tables = {f"{table.name}.{column}": (table, column) for table, column, _ in OWNED}
    for name, ids in merge.moved["rows"].items():
        table, column = tables[name]
        give_rows(tx, table, column, ids, merge.loser_id)


def _give_later_ones(tx: Tx, merge: Row[Any]) -> None:
    """Conversations that began meanwhile go to whose address or browser they came from, with what
    hangs on them; so does what a browser told of."""
    visitors, emails = (
        _known_by(tx, merge.loser_id, "visitor"),
        _known_by(tx, merge.loser_id, "email"),
    )
    loser = merge.loser_id
    if visitors:
        tx.execute(
            update(activities)
            .where(
                activities.c.customer_id == merge.winner_id,
                activities.c.received_at >= merge.at,
                activities.c.visitor.in_(visitors),
            )
            .values(customer_id=loser)
        )
        tx.execute(
            update(visitor_sessions)
            .where(
                visitor_sessions.c.customer_id == merge.winner_id,
                visitor_sessions.c.visitor.in_(visitors),
            )
            .values(customer_id=loser)
        )
    theirs = [row.id for row in _later(tx, merge) if _came_from(tx, row.id, visitors, emails)]
    if theirs:
        tx.execute(
            update(conversations).where(conversations.c.id.in_(theirs)).values(customer_id=loser)
        )
        tx.execute(
            update(messages)
            .where(messages.c.conversation_id.in_(theirs))
            .where(messages.c.customer_id == merge.winner_id)
            .values(customer_id=loser)
        )
    # Also what was done meanwhile in a conversation that they had before.
    talks = select(conversations.c.id).where(conversations.c.customer_id == loser)
    for table in _OF_CONVERSATION:
        tx.execute(
            update(table)
            .where(table.c.customer_id == merge.winner_id, table.c.conversation_id.in_(talks))
            .values(customer_id=loser)
        )


def _known_by(tx: Tx, customer_id: int, kind: str) -> set[str]:
    return set(
        tx.execute(
            select(identities.c.value).where(
                identities.c.customer_id == customer_id, identities.c.kind == kind
            )
        ).scalars()
    )


def _later(tx: Tx, merge: Row[Any]) -> list[Row[Any]]:
    return list(
        tx.execute(
            select(conversations.c.id).where(
                conversations.c.customer_id == merge.winner_id,
                conversations.c.created_at >= merge.at,
            )
        )
    )


def _came_from(tx: Tx, conversation_id: int, visitors: set[str], emails: set[str]) -> bool:
    first = tx.execute(
        select(messages.c.details)
        .where(messages.c.conversation_id == conversation_id, messages.c.kind == "inbound")
        .order_by(messages.c.seq)
        .limit(1)
    ).scalar()
    if first and first.get("from") in emails:
        return True
    return bool(visitors) and (
        tx.execute(
            select(visitor_sessions.c.id).where(
                visitor_sessions.c.conversation_id == conversation_id,
                visitor_sessions.c.visitor.in_(visitors),
            )
        ).first()
        is not None
    )


def _restore_columns(tx: Tx, merge: Row[Any], winner: Row[Any]) -> None:
    """The winner's own values again, where nobody has changed them since."""
    before, after = merge.moved["before"], merge.moved["after"]
    changes = {
        name: before[name] for name, value in after.items() if getattr(winner, name) == value
    }
    if changes:
        tx.execute(update(customers).where(customers.c.id == merge.winner_id).values(**changes))
    tx.execute(
        update(customers).where(customers.c.id == merge.loser_id).values(merged_into_id=None)
    )

"""Two customers turn out to be one: everything of the one goes to the other, and can come back.

The one who stays is whoever was verified, then whoever has an address before a number, then the
older. The other's id stays as an alias. Nothing is lost: what differs is kept as a doubt, and the
stricter of two consents counts. Nothing is invented: undoing takes back exactly what was moved.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, insert, select, update

from app.actions.customer import refresh_searchable
from app.actions.customer_field import COLUMNS, current_value
from app.actions.identity import differs
from app.actions.merged_rows import move_rows, step_back, stricter_consents
from app.actions.person_log import log_access
from app.db import Conflict, Invalid, NotFound, Tx
from app.events import CustomerChanged
from app.models.conversation import conversations
from app.models.customer import customers, identities
from app.models.party import customer_merges, duplicate_pairs, field_values
from app.queries.aliases import master_of
from app.queries.customers import require_customer
from app.security.permissions import Actor, visible_conversations

_KIND_ORDER = {"email": 0, "phone": 1}


def merge_customers(
    tx: Tx,
    actor: Actor | None,
    one_id: int,
    other_id: int,
    *,
    reason: str = "",
    keep: int | None = None,
    chosen: Mapping[str, int] | None = None,
) -> int:
    """Merge two customers; returns the id of the one who stays (`keep`, if given).

    `chosen` says per field whose value is taken, by a customer's id. An alias stands for its
    master; two that are one already stay as they are. Raises NotFound, and Conflict "beyond_you"
    where one of them has conversations the actor may not see, "different_kinds".
    """
    one, other = (_locked(tx, master_of(tx.conn, each)) for each in (one_id, other_id))
    if actor is not None:
        for each in (one, other):
            require_whole(tx, actor, each.id)
    if one.id == other.id:
        return int(one.id)
    if one.kind != other.kind:
        raise Conflict("different_kinds")
    winner, loser = (one, other) if _stays(tx, one, other, keep) else (other, one)
    moved = _move(tx, winner, loser, chosen or {}, actor)
    merge_id = tx.execute(
        insert(customer_merges)
        .values(
            winner_id=winner.id, loser_id=loser.id, agent_id=actor.agent_id if actor else None,
            reason=reason[:200], moved=moved, at=tx.now,
        )
        .returning(customer_merges.c.id)
    ).scalar_one()  # fmt: skip
    _settle_pair(tx, actor, winner.id, loser.id)
    log_access(tx, actor, winner.id, "merged", what=f"customer {loser.id}", merge=merge_id)
    for each in (winner.id, loser.id):
        refresh_searchable(tx, each)
        tx.emit(CustomerChanged(each))
    return int(winner.id)


def can_join(tx: Tx, one_id: int, other_id: int) -> bool:
    """Whether nothing speaks against it that two are one without a person's asking: no two
    different ids where a person has one, and no two different addresses."""
    if differs(tx, one_id, other_id):
        return False
    emails = [
        set(
            tx.execute(
                select(identities.c.value).where(
                    identities.c.customer_id == each, identities.c.kind == "email"
                )
            ).scalars()
        )
        for each in (one_id, other_id)
    ]
    return not emails[0] or not emails[1] or bool(emails[0] & emails[1])


def _locked(tx: Tx, customer_id: int) -> Row[Any]:
    row = tx.execute(
        select(customers).where(customers.c.id == customer_id).with_for_update()
    ).first()
    if row is None or row.erased_at is not None:
        raise NotFound
    return row


def require_whole(tx: Tx, actor: Actor, customer_id: int) -> None:
    """Who sees a part of a customer may not bring parts together that they do not see."""
    require_customer(tx.conn, actor, customer_id)
    hidden = select(conversations.c.id).where(
        conversations.c.customer_id == customer_id, ~visible_conversations(actor)
    )
    if actor.brands is not None and tx.execute(hidden.limit(1)).first() is not None:
        raise Conflict("beyond_you")


def _stays(tx: Tx, one: Row[Any], other: Row[Any], keep: int | None) -> bool:
    if keep is not None:
        kept = master_of(tx.conn, keep)
        if kept not in (one.id, other.id):
            raise Invalid(keep="neither")
        return bool(kept == one.id)
    return _standing(tx, one) <= _standing(tx, other)


def _standing(tx: Tx, row: Row[Any]) -> tuple[bool, int, int, int]:
    known = tx.execute(
        select(identities.c.kind, identities.c.verified).where(
            identities.c.customer_id == row.id, identities.c.kind != "visitor"
        )
    ).all()
    best = min((_KIND_ORDER.get(each.kind, 0) for each in known), default=2)
    return not any(each.verified for each in known), best, row.created_at, row.id


def _move(
    tx: Tx, winner: Row[Any], loser: Row[Any], chosen: Mapping[str, int], actor: Actor | None
) -> dict[str, Any]:
    """Do it; returns what undoing needs to know."""
    consents = stricter_consents(tx, winner.id, loser.id)
    rows = move_rows(tx, loser.id, winner.id)
    columns = _joined(winner, loser)
    doubts: list[int] = []
    kept: set[str] = set()
    given_up: set[str] = set()
    for field, mine, theirs in _differing(winner, loser):
        takes = not mine or chosen.get(field) == loser.id
        if takes:
            _put(columns, winner, field, theirs)
        (given_up if takes else kept).add(field)
        if mine:
            lost, source = (mine, winner.source) if takes else (theirs, loser.source)
            doubts.append(_doubt(tx, winner.id, field, lost, source, actor, field in chosen))
    restated = step_back(tx, winner.id, kept, given_up, rows.get("field_values.customer_id", []))
    tx.execute(update(customers).where(customers.c.id == winner.id).values(**columns))
    tx.execute(update(customers).where(customers.c.id == loser.id).values(merged_into_id=winner.id))
    return {
        "rows": rows,
        "before": {name: getattr(winner, name) for name in columns},
        "after": columns,
        "added": {"consents": consents, "field_values": doubts},
        "restated": restated,
    }


def _joined(winner: Row[Any], loser: Row[Any]) -> dict[str, Any]:
    """Columns that are of both: the first and last time, what was noted, whether to keep away."""
    columns: dict[str, Any] = {
        "seen_at": max(winner.seen_at, loser.seen_at),
        "created_at": min(winner.created_at, loser.created_at),
        "blocked": winner.blocked or loser.blocked,
    }
    if loser.notes and loser.notes not in winner.notes:
        columns["notes"] = f"{winner.notes}\n{loser.notes}".strip()
    if winner.party == "customer" != loser.party:
        columns["party"] = loser.party
    return columns


def _differing(winner: Row[Any], loser: Row[Any]) -> list[tuple[str, str, str]]:
    fields = dict.fromkeys((*COLUMNS, *(loser.fields or {})))
    values = [(name, current_value(winner, name), current_value(loser, name)) for name in fields]
    return [(name, mine, theirs) for name, mine, theirs in values if theirs and mine != theirs]


def _put(columns: dict[str, Any], winner: Row[Any], field: str, value: str) -> None:
    if field in COLUMNS:
        columns[field] = value
    else:
        columns["fields"] = {**columns.get("fields", winner.fields or {}), field: value}


def _doubt(
    tx: Tx,
    customer_id: int,
    field: str,
    value: str,
    source: str,
    actor: Actor | None,
    decided: bool,
) -> int:
    found: int = tx.execute(
        insert(field_values)
        .values(
            customer_id=customer_id, field=field, value=value, source=source or "merge",
            state="earlier" if decided else "conflict",
            agent_id=actor.agent_id if actor else None, at=tx.now,
        )
        .returning(field_values.c.id)
    ).scalar_one()  # fmt: skip
    return found


def _settle_pair(tx: Tx, actor: Actor | None, one_id: int, other_id: int) -> None:
    a, b = sorted((one_id, other_id))
    tx.execute(
        update(duplicate_pairs)
        .where(duplicate_pairs.c.a_id == a, duplicate_pairs.c.b_id == b)
        .values(
            state="merged",
            decided_by=actor.agent_id if actor else None,
            decided_at=tx.now,
        )
    )

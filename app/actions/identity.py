"""Whose identity is it, and may it lead to them: what links, what only hints, what is shared.

An id of which a person has only one (an account, a user of a site) decides. An address leads to
its owner unless that would give them a second such id; a number leads to its owner unless they
have another address. What could not be linked is remembered: two who gave the same may be one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, insert, select, update

from app.actions.doubts import suspect
from app.db import Tx
from app.models.customer import identities
from app.models.party import identity_holders
from channels.identity import namespace
from channels.values import Identity

SHARED_ABOVE = 5  # so many people gave it: it tells nobody apart
MOST_OF_A_KIND = 20  # identities of one kind that are added to a customer without a person's doing
_ADD = insert(identities)  # built once: each message of somebody new needs it
_RANK = {"user": 0, "external": 0, "oidc": 0, "card": 1, "wechat": 1, "email": 2, "phone": 3}


@dataclass(frozen=True, slots=True)
class Owned:
    """An identity that somebody has."""

    id: int
    customer_id: int
    shared: bool


Owners = dict[tuple[str, str], Owned]


def ranked(known_as: Sequence[Identity]) -> list[Identity]:
    """What decides first: verified before told, ids before addresses before numbers."""
    return sorted(known_as, key=lambda one: (not one.verified, _RANK.get(one.kind, 4)))


def lead_to(tx: Tx, known_as: Sequence[Identity], owners: Owners) -> int | None:
    """The customer that these identities lead to, if any does."""
    known: dict[int, list[Row[Any]]] = {}
    for one in ranked(known_as):
        owned = owners.get((one.kind, one.value))
        if owned is None or owned.shared:
            continue
        if len(known_as) == 1 or namespace(one.kind, one.value) is not None:
            return owned.customer_id
        others = known.setdefault(owned.customer_id, _identities(tx, owned.customer_id))
        if not _speaks_against(one, known_as, others):
            return owned.customer_id
    if all((one.kind, one.value) in owners for one in known_as):  # nothing to be known by alone
        one = ranked(known_as)[0]
        return owners[one.kind, one.value].customer_id
    return None


def differs(tx: Tx, one_id: int, other_id: int) -> bool:
    """Whether two customers have different ids where a person has only one."""
    places = [
        {
            where: row.value
            for row in _identities(tx, each)
            if (where := namespace(row.kind, row.value))
        }
        for each in (one_id, other_id)
    ]
    return any(places[1].get(where, value) != value for where, value in places[0].items())


def give_identities(
    tx: Tx, customer_id: int, known_as: Sequence[Identity], owners: Owners, source: str = ""
) -> list[Identity]:
    """Add those that nobody has, confirm their own, remember those of others; returns the new."""
    fresh: dict[tuple[str, str], Identity] = {}
    for one in ranked(known_as):
        owned = owners.get((one.kind, one.value))
        if owned is None:
            fresh.setdefault((one.kind, one.value), one)
        elif owned.customer_id != customer_id:
            _hold(tx, owned, customer_id, one)
        elif one.verified:
            _confirm(tx, owned.id)
    added = list(fresh.values())
    if len(added) and len(owners):
        counts = _counts(tx, customer_id)
        added = [one for one in added if counts.get(one.kind, 0) < MOST_OF_A_KIND]
    add_identities(tx, customer_id, added, source)
    return added


def add_identities(tx: Tx, customer_id: int, fresh: Sequence[Identity], source: str = "") -> None:
    """Identities that nobody has yet."""
    if not fresh:
        return
    unique = {(i.kind, i.value): i for i in reversed(ranked(fresh))}
    tx.execute(
        _ADD,
        [
            {
                "customer_id": customer_id,
                "kind": i.kind,
                "value": i.value,
                "verified": i.verified,
                "verified_at": tx.now if i.verified else None,
                "source": source,
                "last_seen_at": tx.now,
                "created_at": tx.now,
            }
            for i in unique.values()
        ],
    )


def _speaks_against(one: Identity, known_as: Sequence[Identity], others: list[Row[Any]]) -> bool:
    theirs = {where: row.value for row in others if (where := namespace(row.kind, row.value))}
    for each in known_as:
        where = namespace(each.kind, each.value)
        if where is not None and theirs.get(where, each.value) != each.value:
            return True
    if one.kind != "phone":
        return False
    emails = {row.value for row in others if row.kind == "email"}
    given = {each.value for each in known_as if each.kind == "email"}
    return bool(emails and given and not emails & given)


def _identities(tx: Tx, customer_id: int) -> list[Row[Any]]:
    return list(
        tx.execute(
            select(identities.c.kind, identities.c.value).where(
                identities.c.customer_id == customer_id
            )
        )
    )


def _counts(tx: Tx, customer_id: int) -> dict[str, int]:
    rows = tx.execute(
        select(identities.c.kind, func.count().label("many"))
        .where(identities.c.customer_id == customer_id)
        .group_by(identities.c.kind)
    )
    return {row.kind: row.many for row in rows}


def _confirm(tx: Tx, identity_id: int) -> None:
    tx.execute(
        update(identities)
        .where(identities.c.id == identity_id, ~identities.c.verified)
        .values(verified=True, verified_at=tx.now)
    )


def _hold(tx: Tx, owned: Owned, customer_id: int, one: Identity) -> None:
    """Somebody else gave it too. Two may be one person; many are a shop's counter."""
    if one.kind == "visitor":
        return
    known = tx.execute(
        select(identity_holders.c.id).where(
            identity_holders.c.identity_id == owned.id,
            identity_holders.c.customer_id == customer_id,
        )
    ).first()
    if known is None:
        tx.execute(
            insert(identity_holders).values(
                identity_id=owned.id, customer_id=customer_id, at=tx.now
            )
        )
    if owned.shared:
        return
    suspect(tx, owned.customer_id, customer_id, [f"same_{one.kind}"])
    holders = tx.execute(
        select(func.count())
        .select_from(identity_holders)
        .where(identity_holders.c.identity_id == owned.id)
    ).scalar_one()
    if holders + 1 > SHARED_ABOVE:
        tx.execute(update(identities).where(identities.c.id == owned.id).values(shared=True))

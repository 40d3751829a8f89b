"""Two customers who may be one: noted with reasons, decided by people."""

from collections.abc import Mapping, Sequence

from sqlalchemy import insert, select, update

from app.db import NotFound, Tx
from app.models.party import duplicate_pairs
from app.queries.customers import require_customer
from app.security.audit import audit
from app.security.permissions import Actor

# How much a reason says, of 100. Reasons add up as chances of being wrong multiply.
WEIGHTS = {
    "same_email": 90, "same_phone": 70, "same_card": 80, "same_wechat": 80,
    "same_name_birthday": 85, "same_name_phone_tail": 75, "same_name_local_part": 70,
    "same_name_company": 50, "same_name": 20, "same_browser": 30,
}  # fmt: skip


def score_of(reasons: Sequence[str]) -> int:
    """How sure, in percent."""
    wrong = 1.0
    for reason in set(reasons):
        wrong *= 1 - WEIGHTS.get(reason, 10) / 100
    return round((1 - wrong) * 100)


def suspect(tx: Tx, one_id: int, other_id: int, reasons: Sequence[str]) -> None:
    """Note that two may be one; what was dismissed comes up again only for a new reason."""
    a, b = sorted((one_id, other_id))
    if a == b:
        return
    pair = duplicate_pairs.c
    known = tx.execute(select(duplicate_pairs).where(pair.a_id == a, pair.b_id == b)).first()
    if known is None:
        tx.execute(
            insert(duplicate_pairs).values(
                a_id=a,
                b_id=b,
                reasons=sorted(set(reasons)),
                score=score_of(reasons),
                state="open",
                found_at=tx.now,
            )
        )
        return
    both = sorted({*known.reasons, *reasons})
    if both == sorted(known.reasons):
        return
    tx.execute(
        update(duplicate_pairs)
        .where(pair.id == known.id)
        .values(
            reasons=both,
            score=score_of(both),
            state="open" if known.state == "dismissed" else known.state,
        )
    )


def dismiss_pair(tx: Tx, actor: Actor, one_id: int, other_id: int) -> None:
    """These are two people: not suggested again."""
    a, b = sorted((one_id, other_id))
    for each in (a, b):
        require_customer(tx.conn, actor, each)
    suspect(tx, a, b, ())
    pair = duplicate_pairs.c
    done = tx.execute(
        update(duplicate_pairs)
        .where(pair.a_id == a, pair.b_id == b)
        .values(state="dismissed", decided_by=actor.agent_id, decided_at=tx.now)
    )
    if done.rowcount == 0:
        raise NotFound
    audit(tx, actor, "customer.not_the_same", f"customer {a}", other=b)


def suspect_all(tx: Tx, found: Mapping[tuple[int, int], Sequence[str]]) -> int:
    """Note what a look through all customers has found; returns how many pairs are new."""
    known = {
        (row.a_id, row.b_id)
        for row in tx.execute(select(duplicate_pairs.c.a_id, duplicate_pairs.c.b_id))
    }
    fresh = [pair for pair in found if pair not in known]
    for pair, reasons in found.items():
        if pair in known:
            suspect(tx, *pair, reasons)
    for at in range(0, len(fresh), 500):
        tx.execute(
            insert(duplicate_pairs),
            [
                {
                    "a_id": a, "b_id": b, "reasons": sorted(found[a, b]),
                    "score": score_of(found[a, b]), "state": "open", "found_at": tx.now,
                }
                for a, b in fresh[at : at + 500]
            ],
        )  # fmt: skip
    return len(fresh)

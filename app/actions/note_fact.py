"""What an agent notes about a customer, so that the next one knows it first: preferences, problems,
suggestions. Each grows stale and is asked about again."""

from sqlalchemy import Row, insert, select, update

from app.actions.person_log import log_access
from app.db import Invalid, NotFound, Tx
from app.events import CustomerChanged
from app.models.conversation import conversations
from app.models.promise import customer_facts
from app.queries.aliases import master_of
from app.queries.card_parts import of_theirs
from app.queries.customers import require_customer
from app.security.permissions import Actor, visible_conversations

KINDS = ("preference", "problem", "suggestion", "fact")
LONGEST = 1_000
FRESH_MS = {  # how long it is believed without being asked about again
    "preference": 365 * 24 * 3_600_000,
    "problem": 90 * 24 * 3_600_000,
    "suggestion": 180 * 24 * 3_600_000,
    "fact": 365 * 24 * 3_600_000,
}


def note_fact(
    tx: Tx,
    actor: Actor,
    customer_id: int,
    kind: str,
    text: str,
    conversation_id: int | None = None,
) -> int:
    """Note it; its id. What was said in a conversation is of that conversation's brand, and only
    who may see the conversation sees it; else every brand's."""
    customer_id = master_of(tx.conn, customer_id)
    require_customer(tx.conn, actor, customer_id)
    words = _checked(kind, text)
    brand_id = None
    if conversation_id is not None:
        brand_id = tx.execute(
            select(conversations.c.brand_id).where(
                conversations.c.id == conversation_id,
                conversations.c.customer_id == customer_id,
                visible_conversations(actor),
            )
        ).scalar()
        if brand_id is None:
            raise NotFound
    fact_id = tx.execute(
        insert(customer_facts)
        .values(
            customer_id=customer_id, brand_id=brand_id, conversation_id=conversation_id,
            agent_id=actor.agent_id, kind=kind, text=words, source="agent", at=tx.now,
            stale_at=tx.now + FRESH_MS[kind],
        )
        .returning(customer_facts.c.id)
    ).scalar_one()  # fmt: skip
    _told(tx, actor, customer_id, "noted", fact_id)
    return int(fact_id)


def edit_fact(tx: Tx, actor: Actor, customer_id: int, fact_id: int, kind: str, text: str) -> None:
    """Put it in other words; it is fresh again."""
    row = _fact(tx, actor, customer_id, fact_id)
    words = _checked(kind, text)
    _change(tx, row.id, kind=kind, text=words, at=tx.now, stale_at=tx.now + FRESH_MS[kind])
    _told(tx, actor, row.customer_id, "changed", row.id)


def confirm_fact(tx: Tx, actor: Actor, customer_id: int, fact_id: int) -> None:
    """It is still so: fresh again, as of now."""
    row = _fact(tx, actor, customer_id, fact_id)
    _change(tx, row.id, at=tx.now, stale_at=tx.now + FRESH_MS.get(row.kind, FRESH_MS["fact"]))
    _told(tx, actor, row.customer_id, "confirmed", row.id)


def end_fact(tx: Tx, actor: Actor, customer_id: int, fact_id: int) -> None:
    """It is no longer so; it stays in the history."""
    row = _fact(tx, actor, customer_id, fact_id)
    _change(tx, row.id, ended_at=tx.now)
    _told(tx, actor, row.customer_id, "ended", row.id)


def _checked(kind: str, text: str) -> str:
    if kind not in KINDS:
        raise Invalid(kind="unknown")
    words = text.strip()
    if not words:
        raise Invalid(text="empty")
    if len(words) > LONGEST:
        raise Invalid(text="too_long")
    return words


def _fact(tx: Tx, actor: Actor, customer_id: int, fact_id: int) -> Row[tuple[object, ...]]:
    customer_id = master_of(tx.conn, customer_id)
    require_customer(tx.conn, actor, customer_id)
    row = tx.execute(
        select(customer_facts).where(
            customer_facts.c.id == fact_id,
            customer_facts.c.ended_at.is_(None),
            *of_theirs(actor, customer_facts),
        ),
        {"customer_id": customer_id},
    ).first()
    if row is None:
        raise NotFound
    return row


def _change(tx: Tx, fact_id: int, **values: object) -> None:
    tx.execute(update(customer_facts).where(customer_facts.c.id == fact_id).values(**values))


def _told(tx: Tx, actor: Actor, customer_id: int, act: str, fact_id: int) -> None:
    log_access(tx, actor, customer_id, "changed", what=f"fact {act}", fact=fact_id)
    tx.emit(CustomerChanged(customer_id))

"""Something of a customer must be kept for now, a case at court say: nothing of them is erased."""

from sqlalchemy import insert, update

from app.actions.person_log import log_access
from app.db import Invalid, Tx
from app.models.consent import legal_holds
from app.queries.aliases import aliases_of, master_of
from app.queries.customers import require_customer
from app.security.audit import audit
from app.security.permissions import Actor


def hold_customer(tx: Tx, actor: Actor, customer_id: int, reason: str) -> None:
    """Keep everything of a customer until it is said that the reason is over."""
    actor.require("administer")
    master = master_of(tx.conn, customer_id)
    require_customer(tx.conn, actor, master)
    if not reason.strip():
        raise Invalid(reason="required")
    tx.execute(
        insert(legal_holds).values(
            customer_id=master, reason=reason.strip(), agent_id=actor.agent_id, since_at=tx.now
        )
    )
    log_access(tx, actor, master, "held")
    audit(tx, actor, "customer.held", f"customer {master}")


def end_hold(tx: Tx, actor: Actor, customer_id: int) -> None:
    """The reasons are over."""
    actor.require("administer")
    master = master_of(tx.conn, customer_id)
    require_customer(tx.conn, actor, master)
    tx.execute(
        update(legal_holds)
        .where(
            legal_holds.c.customer_id.in_(aliases_of(tx.conn, master)),
            legal_holds.c.ended_at.is_(None),
        )
        .values(ended_at=tx.now)
    )
    log_access(tx, actor, master, "released")
    audit(tx, actor, "customer.released", f"customer {master}")

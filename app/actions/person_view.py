"""An agent looks at what is known of a customer, or takes it along: it is written down."""

from app.actions.person_log import log_access
from app.db import Tx
from app.queries.access_log import looked_lately
from app.queries.aliases import master_of
from app.queries.customers import require_customer
from app.security.permissions import Actor


def note_view(tx: Tx, actor: Actor, customer_id: int, by: str = "agent") -> None:
    """Somebody looked; twice within a quarter of an hour is once."""
    if not looked_lately(tx.conn, customer_id, actor.agent_id, tx.now):
        log_access(tx, actor, customer_id, "viewed", by=by)


def note_export(tx: Tx, actor: Actor, customer_id: int, by: str = "agent") -> int:
    """Everything of a customer is taken along; returns who they are now. Supervisors may, of whom
    they know."""
    actor.require("supervise")
    master = master_of(tx.conn, customer_id)
    require_customer(tx.conn, actor, master)
    log_access(tx, actor, master, "exported", by=by)
    return master

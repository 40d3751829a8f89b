"""An agent looks at what is known of a customer, or takes it along: it is written down, and told
to administrators where somebody looks at far more people than they have to do with."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import insert

from app.actions.person_log import log_access
from app.actions.upsert import upsert
from app.db import Conflict, Invalid, Tx
from app.events import SupervisionChanged
from app.models.organisation import installation
from app.models.party import access_log
from app.queries.access_alarms import MASS_VIEW, is_open, lately, limit_for, mass_view_limit
from app.queries.access_log import noted_already
from app.queries.aliases import master_of
from app.queries.customers import require_customer
from app.security.audit import audit
from app.security.permissions import Actor

MOST_LIMIT = 10_000


@dataclass(frozen=True, slots=True)
class Look:
    """An agent saw a customer (`viewed`), or took a file of theirs along (`downloaded`); `what`
    says beside what, or which; `by` is agent or api."""

    agent_id: int
    customer_id: int
    action: str = "viewed"
    what: str = ""
    by: str = "agent"


def note_view(tx: Tx, actor: Actor, customer_id: int, by: str = "agent") -> None:
    """Somebody looked; twice within a clock hour is once."""
    note_looks(tx, [Look(actor.agent_id, customer_id, by=by)])


def note_looks(tx: Tx, looks: Iterable[Look]) -> None:
    """Write these down unless the hour's log has them, and see whether it was too many."""
    fresh = []
    for look in looks:
        what = None if look.action == "viewed" else look.what
        if noted_already(tx.conn, look.customer_id, look.agent_id, look.action, tx.now, what):
            continue
        tx.execute(
            insert(access_log).values(
                at=tx.now, customer_id=look.customer_id, agent_id=look.agent_id, actor=look.by,
                action=look.action, what=look.what[:80], why="", ip="", detail={},
            )
        )  # fmt: skip
        fresh.append(look)
    for agent_id in sorted({look.agent_id for look in fresh if look.action == "viewed"}):
        _watch(tx, agent_id)


def _watch(tx: Tx, agent_id: int) -> None:
    """Tell administrators, once an hour, of somebody who looks at too many strangers."""
    least = mass_view_limit(tx.conn)
    if not least:
        return
    seen = lately(tx.conn, agent_id, tx.now)
    if seen <= least or noted_already(tx.conn, None, agent_id, MASS_VIEW, tx.now):
        return
    limit = limit_for(tx.conn, agent_id, least, tx.now)
    if seen <= limit:
        return
    line: int = tx.execute(
        insert(access_log)
        .values(
            at=tx.now, customer_id=None, agent_id=agent_id, actor="system", action=MASS_VIEW,
            what=f"{seen} customers", why="", ip="", detail={"seen": seen, "limit": limit},
        )
        .returning(access_log.c.id)
    ).scalar_one()  # fmt: skip
    tx.emit(SupervisionChanged("alert", line))


def see_to_alarm(tx: Tx, actor: Actor, line_id: int) -> None:
    """An administrator has looked into it: it leaves the pages of all of them."""
    actor.require("administer")
    if not is_open(tx.conn, line_id):
        raise Conflict("seen_already")
    tx.execute(
        insert(access_log).values(
            at=tx.now, customer_id=None, agent_id=actor.agent_id, actor="agent",
            action="mass_view_seen", what=str(line_id), why="", ip="", detail={},
        )
    )  # fmt: skip
    tx.emit(SupervisionChanged("alert", line_id))


def set_mass_view_limit(tx: Tx, actor: Actor, limit: int) -> None:
    """Above how many strangers in an hour administrators are told; 0: never."""
    actor.require("administer")
    if not 0 <= limit <= MOST_LIMIT:
        raise Invalid(limit="number_range")
    if limit == mass_view_limit(tx.conn):
        return
    upsert(tx, installation, {"name": MASS_VIEW}, {"value": {"limit": limit}})
    audit(tx, actor, "access_log.limit", "", limit=limit)


def note_export(tx: Tx, actor: Actor, customer_id: int, by: str = "agent") -> int:
    """Everything of a customer is taken along; returns who they are now. Supervisors may, of whom
    they know."""
    actor.require("supervise")
    master = master_of(tx.conn, customer_id)
    require_customer(tx.conn, actor, master)
    log_access(tx, actor, master, "exported", by=by)
    return master

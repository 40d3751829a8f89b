"""What stands beside a thread for the agent who reads it: who helps, and what is to be finished."""

from typing import Any

from sqlalchemy import Connection

from app import clock
from app.queries.consults import ConsultCard, consults_in
from app.queries.promises import promises_of_customer
from app.queries.thread import Head
from app.queries.wrap_ups import wrap_up_of
from app.security.permissions import Actor


def beside(conn: Connection, actor: Actor, head: Head) -> dict[str, Any]:
    """Context of the thread's templates: `helpers` (consults), `guest` (the consult by which the
    actor is here, if they only help), `wrap_up`, and the customer's open `promises`."""
    helpers: tuple[ConsultCard, ...] = ()
    if head.contact_status == "active":
        helpers = consults_in(conn, actor, head.id, clock.now())
    wrap_up = wrap_up_of(conn, actor, head.id)
    guest = next((c for c in helpers if _is_guest(c, actor, head)), None)
    owed = promises_of_customer(conn, actor, head.customer_id)
    return {"helpers": helpers, "guest": guest, "wrap_up": wrap_up, "promises": owed}


def _is_guest(consult: ConsultCard, actor: Actor, head: Head) -> bool:
    return (
        consult.status == "joined"
        and consult.to_agent_id == actor.agent_id
        and head.assignee_id != actor.agent_id
    )

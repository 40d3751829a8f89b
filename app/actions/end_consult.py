"""How a consult ends, whatever the reason: the colleague no longer sees the conversation."""

from typing import Any

from sqlalchemy import ColumnElement, Row, or_, select, update

from app.actions.conversation import add_system_line, change_conversation
from app.db import Tx
from app.events import ConsultChanged
from app.models.agent import agents
from app.models.contact import consults

OPEN = ("asked", "joined")


def end_consults(tx: Tx, *, contact_id: int | None = None, agent_id: int | None = None) -> int:
    """End what is open of a contact, or of an agent on either side; returns how many that were.
    A second call finds nothing and does nothing."""
    wanted: list[ColumnElement[bool]] = [consults.c.status.in_(OPEN)]
    if contact_id is not None:
        wanted.append(consults.c.contact_id == contact_id)
    if agent_id is not None:
        wanted.append(or_(consults.c.to_agent_id == agent_id, consults.c.from_agent_id == agent_id))
    rows = tx.execute(select(consults).where(*wanted).order_by(consults.c.id)).all()
    for row in rows:
        close_consult(tx, row, "ended")
    return len(rows)


def close_consult(tx: Tx, consult: Row[Any], status: str) -> None:
    """Give an open consult its last status, with the line in the history that belongs to it."""
    done = tx.execute(
        update(consults)
        .where(consults.c.id == consult.id, consults.c.status == consult.status)
        .values(status=status, ended_at=tx.now)
    )
    if done.rowcount == 0:
        return
    tx.emit(
        ConsultChanged(
            consult.id, consult.conversation_id, consult.from_agent_id, consult.to_agent_id, status
        )
    )
    if consult.status == "joined" and status == "ended":
        name = tx.execute(select(agents.c.name).where(agents.c.id == consult.to_agent_id)).scalar()
        add_system_line(tx, consult.conversation_id, "consult_ended", agent=name)
    # Whoever looks learns of it, and whoever may look no longer is shown out.
    change_conversation(tx, consult.conversation_id, "consult")

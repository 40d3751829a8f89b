"""The first minutes of an installation: one link makes the first administrator, once."""

from dataclasses import dataclass

from sqlalchemy import delete, insert, select

from app import clock
from app.actions.setup.new_agent import add_agent
from app.actions.upsert import upsert
from app.db import Invalid, Tx
from app.events import SetupChanged
from app.models.agent import agents
from app.models.organisation import brands, business_hours, installation, queues
from app.security.audit import audit
from app.security.sessions import hash_token, same

TOKEN = "setup_token"
WEEKDAYS = {str(day): [["09:00", "17:30"]] for day in range(5)}


@dataclass(frozen=True, slots=True)
class Founding:
    """What is asked in the beginning."""

    company: str
    name: str
    email: str
    password_hash: str
    locale: str
    time_zone: str
    queue: str  # what the first queue is called, in the founder's language
    hours: str  # and the business hours


def make_setup_token(tx: Tx) -> str | None:
    """A new token for `/setup?token=…`, which takes the place of an earlier one; None once there
    is an account."""
    if tx.execute(select(agents.c.id).limit(1)).scalar() is not None:
        return None
    token = clock.new_token()
    upsert(tx, installation, {"name": TOKEN}, {"value": hash_token(token)})
    return token


def found(tx: Tx, token: str, given: Founding, ip: str = "") -> int:
    """Make the first administrator, with a brand, a queue and business hours to begin with.

    Returns the agent's id. A wrong or used token is Invalid(token="expired").
    """
    kept = tx.execute(
        select(installation.c.value).where(installation.c.name == TOKEN).with_for_update()
    ).scalar()
    if not token or not isinstance(kept, str) or not same(hash_token(token), kept):
        raise Invalid(token="expired")
    if tx.execute(select(agents.c.id).limit(1)).scalar() is not None:
        raise Invalid(token="expired")
    return establish(tx, given, ip)


def establish(tx: Tx, given: Founding, ip: str = "") -> int:
    """What `found` does once the token is right; the command line needs none."""
    tx.execute(delete(installation).where(installation.c.name == TOKEN))
    brand_id = tx.execute(
        insert(brands)
        .values(name=given.company, slug="main", locale=given.locale, created_at=tx.now)
        .returning(brands.c.id)
    ).scalar_one()
    hours_id = tx.execute(
        insert(business_hours)
        .values(name=given.hours, time_zone=given.time_zone, spans=WEEKDAYS, holidays=[])
        .returning(business_hours.c.id)
    ).scalar_one()
    queue_id = tx.execute(
        insert(queues)
        .values(name=given.queue, brand_id=brand_id, hours_id=hours_id, created_at=tx.now)
        .returning(queues.c.id)
    ).scalar_one()
    agent_id = add_agent(
        tx,
        name=given.name,
        email=given.email,
        role="admin",
        password_hash=given.password_hash,
        locale=given.locale,
        time_zone=given.time_zone,
        grants={"queues": [queue_id]},
    )
    for what, id in (("brand", brand_id), ("hours", hours_id), ("queue", queue_id)):
        tx.emit(SetupChanged(what, id))
    audit(tx, None, "installation.founded", f"agent {agent_id}", ip)
    return agent_id

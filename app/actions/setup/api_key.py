"""Keys for programs: made for an agent, shown once, revoked."""

from sqlalchemy import select

from app.db import Invalid, Tx
from app.events import SetupChanged
from app.models.agent import agents, api_keys
from app.security.api_keys import create_api_key, revoke_api_key
from app.security.audit import audit
from app.security.permissions import Actor


def make_key(tx: Tx, actor: Actor, agent_id: int, name: str, ip: str = "") -> str:
    """A key that may do what this agent may do; the answer is the only time it can be read."""
    actor.require("administer")
    if not name:
        raise Invalid(name="required")
    found = tx.execute(select(agents.c.id).where(agents.c.id == agent_id, agents.c.active)).first()
    if found is None:
        raise Invalid(agent_id="unknown")
    token = create_api_key(tx, agent_id, name)
    key_id = tx.execute(select(api_keys.c.id).order_by(api_keys.c.id.desc()).limit(1)).scalar_one()
    tx.emit(SetupChanged("api_key", key_id))
    audit(tx, actor, "api_key.created", f"api_key {key_id}", ip, agent=agent_id)
    return token


def end_key(tx: Tx, actor: Actor, key_id: int, ip: str = "") -> None:
    """The key opens nothing from now on."""
    actor.require("administer")
    revoke_api_key(tx, key_id)
    tx.emit(SetupChanged("api_key", key_id))
    audit(tx, actor, "api_key.revoked", f"api_key {key_id}", ip)

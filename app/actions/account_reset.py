"""A forgotten password: a link by mail that works once, for half an hour."""

from sqlalchemy import insert, select, update

from app.actions.system_mail import SystemMail, queue_system_mail
from app.db import Invalid, Tx
from app.models.agent import agents, password_resets
from app.security.audit import audit
from app.security.sessions import close_all_sessions, hash_token

LASTS_MS = 30 * 60_000


def ask_reset(tx: Tx, token: str, mail: SystemMail, ip: str = "") -> None:
    """Send the mail with the link if its address belongs to an account; who asks never learns."""
    agent_id = tx.execute(
        select(agents.c.id).where(agents.c.email == mail.to, agents.c.active)
    ).scalar()
    audit(tx, None, "password.reset_asked", f"agent {agent_id}" if agent_id else "", ip)
    if agent_id is None:
        return
    tx.execute(
        insert(password_resets).values(
            agent_id=agent_id,
            hash=hash_token(token),
            created_at=tx.now,
            expires_at=tx.now + LASTS_MS,
        )
    )
    queue_system_mail(tx, mail)


def reset_password(tx: Tx, token: str, password_hash: str, ip: str = "") -> int:
    """Use up the link and set the password; all sessions and other links of the agent end.

    Returns the agent's id. An unknown, used or expired link is Invalid(token="expired").
    """
    agent_id = tx.execute(
        update(password_resets)
        .where(
            password_resets.c.hash == hash_token(token),
            password_resets.c.used_at.is_(None),
            password_resets.c.expires_at > tx.now,
        )
        .values(used_at=tx.now)
        .returning(password_resets.c.agent_id)
    ).scalar()
    if not token or agent_id is None:
        raise Invalid(token="expired")
    changed = tx.execute(
        update(agents)
        .where(agents.c.id == agent_id, agents.c.active)
        .values(password=password_hash)
    )
    if changed.rowcount == 0:
        raise Invalid(token="expired")
    tx.execute(
        update(password_resets)
        .where(password_resets.c.agent_id == agent_id, password_resets.c.used_at.is_(None))
        .values(used_at=tx.now)
    )
    close_all_sessions(tx, agent_id)
    audit(tx, None, "password.reset", f"agent {agent_id}", ip)
    return int(agent_id)

"""Inviting people by mail: a link that works once, for a week."""

from collections.abc import Mapping, Sequence

from sqlalchemy import insert, select, update

from app.actions.setup.new_agent import ROLES, add_agent
from app.actions.system_mail import SystemMail, queue_system_mail
from app.db import Invalid, NotFound, Tx
from app.events import SetupChanged
from app.models.agent import agents, invitations
from app.models.organisation import brands, queues, teams
from app.security.audit import audit
from app.security.permissions import Actor
from app.security.sessions import hash_token

LASTS_MS = 7 * 24 * 3_600_000
GRANTED = {"brands": brands, "teams": teams, "queues": queues}


def invite(
    tx: Tx,
    actor: Actor,
    role: str,
    grants: Mapping[str, Sequence[int]],
    token: str,
    mail: SystemMail,
    ip: str = "",
) -> int:
    """Send an invitation; an earlier one to the same address works no more. Returns its id."""
    actor.require("administer")
    if role not in ROLES:
        raise Invalid(role="unknown")
    if tx.execute(select(agents.c.id).where(agents.c.email == mail.to)).scalar() is not None:
        raise Invalid(email="taken")
    for kind, ids in grants.items():
        known = GRANTED[kind].c.id
        if len(tx.execute(select(known).where(known.in_(ids))).all()) != len(set(ids)):
            raise Invalid(**{kind: "unknown"})
    _end_earlier(tx, mail.to)
    invitation_id: int = tx.execute(
        insert(invitations)
        .values(
            email=mail.to,
            role=role,
            grants={kind: sorted(set(ids)) for kind, ids in grants.items()},
            hash=hash_token(token),
            invited_by=actor.agent_id,
            created_at=tx.now,
            expires_at=tx.now + LASTS_MS,
        )
        .returning(invitations.c.id)
    ).scalar_one()
    queue_system_mail(tx, mail)
    tx.emit(SetupChanged("invitation", invitation_id))
    audit(tx, actor, "invitation.sent", f"invitation {invitation_id}", ip, role=role)
    return invitation_id


def withdraw_invitation(tx: Tx, actor: Actor, invitation_id: int, ip: str = "") -> None:
    """The link works no more."""
    actor.require("administer")
    done = tx.execute(
        update(invitations)
        .where(invitations.c.id == invitation_id, invitations.c.used_at.is_(None))
        .values(used_at=tx.now)
    )
    if done.rowcount == 0:
        raise NotFound
    tx.emit(SetupChanged("invitation", invitation_id))
    audit(tx, actor, "invitation.withdrawn", f"invitation {invitation_id}", ip)


def accept_invitation(
    tx: Tx, token: str, name: str, password_hash: str, locale: str, time_zone: str, ip: str = ""
) -> int:
    """Use up the link and make the account, with the address, role and grants of the invitation.

    Returns the agent's id. An unknown, used or expired link is Invalid(token="expired").
    """
    row = tx.execute(
        update(invitations)
        .where(
            invitations.c.hash == hash_token(token),
            invitations.c.used_at.is_(None),
            invitations.c.expires_at > tx.now,
        )
        .values(used_at=tx.now)
        .returning(invitations)
    ).first()
    if not token or row is None:
        raise Invalid(token="expired")
    grants = {
        kind: _still_there(tx, kind, ids) for kind, ids in row.grants.items() if kind in GRANTED
    }
    agent_id = add_agent(
        tx,
        name=name,
        email=row.email,
        role=row.role,
        password_hash=password_hash,
        locale=locale,
        time_zone=time_zone,
        grants=grants,
    )
    audit(tx, None, "invitation.accepted", f"agent {agent_id}", ip, invitation=row.id)
    return agent_id


def _still_there(tx: Tx, kind: str, ids: Sequence[int]) -> list[int]:
    known = GRANTED[kind].c.id
    return list(tx.execute(select(known).where(known.in_(ids))).scalars())


def _end_earlier(tx: Tx, email: str) -> None:
    tx.execute(
        update(invitations)
        .where(invitations.c.email == email, invitations.c.used_at.is_(None))
        .values(used_at=tx.now)
    )

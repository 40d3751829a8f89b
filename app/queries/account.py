"""What sign-in, invitations, resets and the account page need to know."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from app.models.agent import agents, invitations, password_resets, sessions
from app.models.conversation import files
from app.models.organisation import installation
from app.security.sessions import hash_token, same


@dataclass(frozen=True, slots=True)
class Account:
    """An account as sign-in needs it."""

    agent_id: int
    name: str
    email: str
    password: str


@dataclass(frozen=True, slots=True)
class Profile:
    """An agent's own settings."""

    name: str
    email: str
    locale: str
    time_zone: str
    has_photo: bool
    preferences: dict[str, Any]
    signature: str


@dataclass(frozen=True, slots=True)
class SignedInBrowser:
    """A line of the list of sessions."""

    hash: str
    user_agent: str
    ip: str
    created_at: int
    seen_at: int


def find_account(conn: Connection, email: str) -> Account | None:
    """The open account with this address (in lower case)."""
    row = conn.execute(
        select(agents.c.id, agents.c.name, agents.c.email, agents.c.password).where(
            agents.c.email == email, agents.c.active
        )
    ).first()
    return Account(row.id, row.name, row.email, row.password) if row else None


def account_of(conn: Connection, agent_id: int) -> Account | None:
    """The account of somebody who is signed in."""
    row = conn.execute(
        select(agents.c.id, agents.c.name, agents.c.email, agents.c.password).where(
            agents.c.id == agent_id, agents.c.active
        )
    ).first()
    return Account(row.id, row.name, row.email, row.password) if row else None


def profile_of(conn: Connection, agent_id: int) -> Profile:
    """What the account page shows."""
    row = conn.execute(select(agents).where(agents.c.id == agent_id)).one()
    return Profile(
        row.name,
        row.email,
        row.locale,
        row.time_zone,
        row.photo_file_id is not None,
        row.preferences or {},
        row.signature,
    )


def photo_hash(conn: Connection, agent_id: int) -> str | None:
    """The file of an agent's photo."""
    return conn.execute(
        select(files.c.hash)
        .join(agents, agents.c.photo_file_id == files.c.id)
        .where(agents.c.id == agent_id)
    ).scalar()


def sessions_of(conn: Connection, agent_id: int, now: int) -> list[SignedInBrowser]:
    """Where an agent is signed in, the last used first."""
    rows = conn.execute(
        select(sessions)
        .where(sessions.c.agent_id == agent_id, sessions.c.expires_at > now)
        .order_by(sessions.c.seen_at.desc())
    )
    return [
        SignedInBrowser(row.hash, row.user_agent, row.ip, row.created_at, row.seen_at)
        for row in rows
    ]


def invited_email(conn: Connection, token: str, now: int) -> str | None:
    """The address an invitation that still works was sent to."""
    return conn.execute(
        select(invitations.c.email).where(
            invitations.c.hash == hash_token(token),
            invitations.c.used_at.is_(None),
            invitations.c.expires_at > now,
        )
    ).scalar()


def reset_works(conn: Connection, token: str, now: int) -> bool:
    """Whether a reset link still works."""
    row = conn.execute(
        select(password_resets.c.id).where(
            password_resets.c.hash == hash_token(token),
            password_resets.c.used_at.is_(None),
            password_resets.c.expires_at > now,
        )
    ).first()
    return row is not None


def setup_open(conn: Connection, token: str) -> bool:
    """Whether this token may found the installation."""
    if conn.execute(select(agents.c.id).limit(1)).first() is not None:
        return False
    kept = conn.execute(
        select(installation.c.value).where(installation.c.name == "setup_token")
    ).scalar()
    return isinstance(kept, str) and bool(token) and same(hash_token(token), kept)

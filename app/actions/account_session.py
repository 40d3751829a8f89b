"""Signing in and out, as they are written down."""

from sqlalchemy import delete

from app.db import NotFound, Tx
from app.events import AccessChanged
from app.models.agent import sessions
from app.security.audit import audit
from app.security.permissions import Actor
from app.security.sessions import close_all_sessions, close_session, open_session


def sign_in(
    tx: Tx, agent_id: int, days: int, user_agent: str, ip: str, *, old_session: str = ""
) -> str:
    """Open a session for somebody who has proved who they are; returns the cookie's token.

    `old_session` is the hash of the one this browser had: a new sign-in always has a new token.
    """
    if old_session:
        close_session(tx, old_session)
    _note(tx, "sign_in", agent_id, ip)
    return open_session(tx, agent_id, days, user_agent, ip)


def note_refused_sign_in(tx: Tx, agent_id: int | None, ip: str) -> None:
    """Somebody tried; what they typed is not kept, it may be a password in the wrong field."""
    _note(tx, "sign_in.refused", agent_id, ip)


def sign_out(tx: Tx, actor: Actor, session_hash: str, ip: str = "") -> None:
    """End this browser's session."""
    close_session(tx, session_hash)
    audit(tx, actor, "sign_out", f"agent {actor.agent_id}", ip)


def end_session(tx: Tx, actor: Actor, session_hash: str, ip: str = "") -> None:
    """End one of one's own sessions, on another browser."""
    done = tx.execute(
        delete(sessions).where(
            sessions.c.hash == session_hash, sessions.c.agent_id == actor.agent_id
        )
    )
    if done.rowcount == 0:
        raise NotFound
    tx.emit(AccessChanged(actor.agent_id))
    audit(tx, actor, "session.ended", f"agent {actor.agent_id}", ip)


def sign_out_elsewhere(tx: Tx, actor: Actor, session_hash: str, ip: str = "") -> int:
    """End every session of one's own but this one; returns how many."""
    count = close_all_sessions(tx, actor.agent_id, but=session_hash)
    audit(tx, actor, "session.ended_elsewhere", f"agent {actor.agent_id}", ip, count=count)
    return count


def _note(tx: Tx, what: str, agent_id: int | None, ip: str) -> None:
    audit(tx, None, what, f"agent {agent_id}" if agent_id else "", ip)

"""Old rows that nobody needs any more: ended sessions, used-up keys, uploads never sent, the log of
routing after five weeks."""

from sqlalchemy import delete, or_, select

from app.actions.route_pass import forget_routing
from app.db import Tx
from app.models.agent import idempotency_keys, password_resets, sessions
from app.models.consent import portal_sessions
from app.models.conversation import attachments, drafts

DAY_MS = 24 * 3_600_000
UPLOADS_MS = DAY_MS  # a file that was uploaded and not sent, nor kept in a draft
KEYS_MS = DAY_MS  # a client repeats a request within seconds, not days


def remove_outdated(tx: Tx, session_idle_ms: int) -> None:
    """Remove what has outlived its purpose."""
    tx.execute(
        delete(sessions).where(
            or_(sessions.c.expires_at <= tx.now, sessions.c.seen_at <= tx.now - session_idle_ms)
        )
    )
    tx.execute(delete(idempotency_keys).where(idempotency_keys.c.created_at <= tx.now - KEYS_MS))
    tx.execute(delete(password_resets).where(password_resets.c.expires_at <= tx.now - DAY_MS))
    tx.execute(delete(portal_sessions).where(portal_sessions.c.expires_at <= tx.now - DAY_MS))
    drafted = {key for files in tx.execute(select(drafts.c.files)).scalars() for key in files}
    tx.execute(
        delete(attachments).where(
            attachments.c.message_id.is_(None),
            attachments.c.created_at <= tx.now - UPLOADS_MS,
            attachments.c.key.not_in(drafted),
        )
    )
    forget_routing(tx)

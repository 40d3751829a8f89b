"""How the sign-in to a mailbox stands, for its administrators."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from app.models.agent import agents
from app.models.mail_settings import oauth_of
from app.models.organisation import inboxes, mail_logins


@dataclass(frozen=True, slots=True)
class MailLogin:
    """`state`: asked (nobody has agreed yet), agreed, or refused (agree again); times in ms."""

    state: str
    error: str
    agreed_by: str
    agreed_at: int | None
    is_complete: bool  # whether there is all that is needed to ask


def mail_login(conn: Connection, inbox_id: int) -> MailLogin | None:
    """The sign-in of an inbox; None where it has a password."""
    settings = conn.execute(
        select(inboxes.c.settings).where(inboxes.c.id == inbox_id, inboxes.c.channel == "email")
    ).scalar_one_or_none()
    client = oauth_of(settings)
    if client is None:
        return None
    row = conn.execute(
        select(mail_logins, agents.c.name)
        .outerjoin(agents, agents.c.id == mail_logins.c.agreed_by)
        .where(mail_logins.c.inbox_id == inbox_id)
    ).first()
    is_complete = all((client.client_id, client.authorize_url, client.token_url, client.scope))
    if row is None:
        return MailLogin("asked", "", "", None, is_complete)
    return MailLogin(row.state, row.error, row.name or "", row.agreed_at, is_complete)

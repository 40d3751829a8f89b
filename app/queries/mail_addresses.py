"""Which addresses should not be written to."""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from app.models.work import mail_addresses
from channels.identity import normalise


def bad_addresses(conn: Connection, emails: Iterable[str]) -> dict[str, str]:
    """Of these addresses those that bounced or complained, each with which of the two it is."""
    asked = {normalise("email", email) or "": email for email in emails}
    asked.pop("", None)
    if not asked:
        return {}
    rows = conn.execute(
        select(mail_addresses.c.email, mail_addresses.c.state).where(
            mail_addresses.c.email.in_(sorted(asked))
        )
    )
    return {asked[row.email]: row.state for row in rows}

"""The words that customers agree to: by purpose, channel, brand and language, by version."""

from sqlalchemy import Connection, select

from app.customers.purposes import NEVER_SENT, PURPOSES
from app.models.consent import consent_texts

_KEY = ("brand_id", "purpose", "channel", "locale")


def mail_purposes(conn: Connection) -> dict[str, str]:
    """What a mail may be for besides service: the product's own purposes, and those that texts were
    written for; code to label."""
    named = conn.execute(
        select(consent_texts.c.purpose)
        .where(consent_texts.c.channel.in_(("", "email")))
        .distinct()
        .order_by(consent_texts.c.purpose)
    ).scalars()
    found = {each: PURPOSES.get(each, each) for each in (*PURPOSES, *named)}
    return {code: label for code, label in found.items() if code not in NEVER_SENT}

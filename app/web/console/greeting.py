"""How a first reply begins: with the brand's greeting, in the customer's language and by name."""

from sqlalchemy import Connection, select

from app.models.inbox_settings import localised
from app.models.organisation import brands
from app.pages import locale_of_tag
from app.queries.thread import Thread
from app.security.permissions import Actor
from app.web.console.macros import filled, values_of


def greeting_of(conn: Connection, actor: Actor, found: Thread) -> str:
    """The greeting for this agent's first words; empty where somebody has answered already, a
    reply has been begun, the brand has none, or a name in it is not known."""
    begun = found.draft_reply or found.earlier is not None
    if begun or any(message.kind == "outbound" for message in found.messages):
        return ""
    row = conn.execute(
        select(brands.c.greetings, brands.c.locale).where(brands.c.id == found.head.brand_id)
    ).one()
    texts = {locale: text for locale, text in row.greetings.items() if text}
    locale = locale_of_tag(found.head.language) or row.locale
    text, missing = filled(localised(texts, locale), values_of(found.head, actor))
    return "" if missing else text.strip()

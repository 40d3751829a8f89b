"""What people change about their own account: profile, preferences, password, address, photo."""

import re
from typing import Any

from sqlalchemy import select, update

from app.actions.attach import remember_file
from app.db import Invalid, Tx
from app.events import SetupChanged
from app.files import StoredFile
from app.models.agent import agents
from app.security.audit import audit
from app.security.permissions import Actor
from app.security.sessions import close_all_sessions

# What may be chosen; the first one holds where nothing was chosen.
PREFERENCES: dict[str, tuple[str, ...]] = {
    "theme": ("system", "light", "dark"),
    "density": ("comfortable", "compact"),
    "shortcuts": ("letters", "alt", "off"),
    "enter_sends": ("chat", "never"),
    "list_sort": ("newest", "due"),  # the inbox's order
    "sound_assigned": ("on", "off"),
    "sound_reply": ("on", "off"),
    "mail_reviews": ("never", "always"),  # that an article waits for review
    "mail_me": ("never", "away", "always"),  # what customers answer, while the agent is at it
    "undo_send": ("10", "0", "5", "20", "30"),  # seconds in which a mail can be taken back
}

SIGNATURE_NAMES = ("agent.name", "agent.first_name", "brand.name")
LONGEST_SIGNATURE = 2_000
_PLACEHOLDER = re.compile(r"\{\{\s*(.*?)\s*\}\}")


def change_profile(
    tx: Tx, actor: Actor, name: str, locale: str, time_zone: str, ip: str = ""
) -> None:
    """Give oneself another name, language or time zone; nothing else can be changed by this."""
    _change(tx, actor, ip, "account.profile", name=name, locale=locale, time_zone=time_zone)


def set_preferences(tx: Tx, actor: Actor, chosen: dict[str, str]) -> None:
    """Keep some choices of PREFERENCES; unknown names or values are Invalid."""
    for name, value in chosen.items():
        if value not in PREFERENCES.get(name, ()):
            raise Invalid(**{name: "unknown"})
    kept = tx.execute(
        select(agents.c.preferences).where(agents.c.id == actor.agent_id).with_for_update()
    ).scalar_one()
    tx.execute(
        update(agents)
        .where(agents.c.id == actor.agent_id)
        .values(preferences={**(kept or {}), **chosen})
    )


def change_signature(tx: Tx, actor: Actor, signature: str, ip: str = "") -> None:
    """What stands under the agent's mails, above the brand's own.

    Its placeholders are SIGNATURE_NAMES: any other is Invalid, for it would stay empty."""
    text = signature.replace("\r\n", "\n").strip()
    if len(text) > LONGEST_SIGNATURE:
        raise Invalid(signature="too_long")
    if "\0" in text or set(_PLACEHOLDER.findall(text)) - set(SIGNATURE_NAMES):
        raise Invalid(signature="placeholder")
    _change(tx, actor, ip, "account.signature", signature=text)


def set_photo(tx: Tx, actor: Actor, photo: StoredFile | None, ip: str = "") -> None:
    """Show this photo beside the agent's name, or none."""
    file_id = remember_file(tx, photo) if photo is not None else None
    _change(tx, actor, ip, "account.photo", photo_file_id=file_id)


def change_password(
    tx: Tx, actor: Actor, password_hash: str, session_hash: str, ip: str = ""
) -> None:
    """From now on this password; every other browser of the agent is signed out."""
    _change(tx, actor, ip, "account.password", password=password_hash)
    close_all_sessions(tx, actor.agent_id, but=session_hash)


def change_email(tx: Tx, actor: Actor, email: str, ip: str = "") -> None:
    """Sign in with this address from now on; one that somebody else has is Invalid."""
    taken = tx.execute(
        select(agents.c.id).where(agents.c.email == email, agents.c.id != actor.agent_id)
    ).scalar()
    if taken is not None:
        raise Invalid(email="taken")
    _change(tx, actor, ip, "account.email", email=email)


def keep_newer_hash(tx: Tx, agent_id: int, password_hash: str) -> None:
    """The same password, hashed with today's parameters."""
    tx.execute(update(agents).where(agents.c.id == agent_id).values(password=password_hash))


def _change(tx: Tx, actor: Actor, ip: str, what: str, **values: Any) -> None:
    tx.execute(update(agents).where(agents.c.id == actor.agent_id).values(**values))
    tx.emit(SetupChanged("agent", actor.agent_id))
    audit(tx, actor, what, f"agent {actor.agent_id}", ip, fields=sorted(values))

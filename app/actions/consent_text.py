"""The words that customers agree to. A wording never changes: another one is another version, so
that it stays known what each of them has read or heard."""

import re

from sqlalchemy import select

from app.actions.rows import add_row
from app.db import Invalid, Tx
from app.models.consent import consent_texts
from app.models.organisation import brands
from app.pages import LOCALE_NAMES
from app.security.audit import audit
from app.security.permissions import Actor

LONGEST = 4_000
CHANNELS = ("", "email", "chat", "phone")

_PURPOSE = re.compile(r"[a-z][a-z0-9_]{0,39}")


def write_consent_text(
    tx: Tx,
    actor: Actor,
    purpose: str,
    channel: str,
    brand_id: int | None,
    locale: str,
    text: str,
    ip: str = "",
) -> int:
    """Put a wording in force; returns its id. The one in force once more is no new version.

    Without a channel or brand it is for all of them. For administrators.
    """
    actor.require("administer")
    said = text.replace("\r\n", "\n").strip()
    errors = {}
    if not _PURPOSE.fullmatch(purpose):
        errors["purpose"] = "code"
    if channel not in CHANNELS:
        errors["channel"] = "invalid"
    if locale not in LOCALE_NAMES:
        errors["locale"] = "invalid"
    if not said or "\0" in said:
        errors["text"] = "required"
    elif len(said) > LONGEST:
        errors["text"] = "too_long"
    if brand_id is not None:
        of = select(brands.c.id).where(brands.c.id == brand_id).with_for_update()
        if tx.execute(of).first() is None:
            errors["brand"] = "invalid"
    if errors:
        raise Invalid(**errors)
    key = {"brand_id": brand_id, "purpose": purpose, "channel": channel, "locale": locale}
    last = tx.execute(
        select(consent_texts)
        .where(*(consent_texts.c[name].is_not_distinct_from(each) for name, each in key.items()))
        .order_by(consent_texts.c.version.desc())
        .limit(1)
        .with_for_update()
    ).first()
    if last is not None and last.text == said:
        return int(last.id)
    version = last.version + 1 if last is not None else 1
    text_id = add_row(
        tx, consent_texts, **key, version=version, text=said, created_by=actor.agent_id,
        created_at=tx.now,
    )  # fmt: skip
    audit(
        tx, actor, "consent_text.written", f"consent_text {text_id}", ip,
        purpose=purpose, version=version,
    )  # fmt: skip
    return text_id

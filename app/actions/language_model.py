"""Settings of the language model that may word answers, and the record of what it was asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import delete, select

from app.actions.rows import add_row
from app.actions.upsert import upsert
from app.db import Invalid, NotFound, Tx
from app.models.answering import model_calls
from app.models.language_model import MOST_S, NAME
from app.models.organisation import brands, installation
from app.queries.model_calls import kept_settings
from app.security.audit import audit
from app.security.permissions import Actor
from app.security.sealed import seal
from knowledge.private import mask

KEPT_MS = 90 * 86_400_000


@dataclass(frozen=True, slots=True)
class ModelForm:
    """What an administrator typed; an empty `key` leaves the one that is kept."""

    on: bool
    base_url: str
    model: str
    key: str
    timeout_s: int


@dataclass(frozen=True, slots=True)
class Called:
    """A call as it went."""

    brand_id: int
    question: str
    articles: Sequence[int]
    output: str
    used: bool
    error: str
    took_ms: int


def set_language_model(
    tx: Tx, actor: Actor, brand_id: int, form: ModelForm, secret: bytes, ip: str = ""
) -> None:
    """Keep the settings of a brand, or (0) of every brand without its own."""
    actor.require("administer")
    if brand_id:
        known = tx.execute(select(brands.c.id).where(brands.c.id == brand_id)).first()
        if known is None:
            raise NotFound
    parts = urlsplit(form.base_url)
    if form.base_url and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise Invalid(base_url="url")
    if form.on and not form.base_url:
        raise Invalid(base_url="required")
    if form.on and not form.model.strip():
        raise Invalid(model="required")
    if not 1 <= form.timeout_s <= MOST_S:
        raise Invalid(timeout_s="out_of_range")
    kept = kept_settings(tx.conn)
    old = kept.get(str(brand_id), {})
    moved = old.get("base_url", "") != form.base_url  # a key is for whom it was given
    kept[str(brand_id)] = {
        "on": form.on,
        "base_url": form.base_url.rstrip("/")[:500],
        "model": form.model.strip()[:200],
        "key": seal(secret, form.key) if form.key else "" if moved else old.get("key", ""),
        "timeout_s": form.timeout_s,
    }
    upsert(tx, installation, {"name": NAME}, {"value": kept})
    audit(tx, actor, "language_model.changed", f"brand {brand_id}", ip, on=form.on)


def note_model_call(tx: Tx, called: Called) -> None:
    """Keep what was asked and answered for 90 days, without personal data."""
    add_row(
        tx,
        model_calls,
        brand_id=called.brand_id,
        question=mask(called.question)[0],
        articles=list(called.articles),
        output=called.output[:4_000],
        used=called.used,
        error=called.error[:200],
        took_ms=called.took_ms,
        created_at=tx.now,
    )
    tx.execute(delete(model_calls).where(model_calls.c.created_at < tx.now - KEPT_MS))

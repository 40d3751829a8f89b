"""The language model's settings, and what it was asked."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from app.models.answering import model_calls
from app.models.language_model import NAME, ModelSettings
from app.models.organisation import brands, installation

LISTED = 30


@dataclass(frozen=True, slots=True)
class Call:
    """A question that went to the model, and whether its answer could be used."""

    at: int
    brand: str
    question: str
    output: str
    used: bool
    error: str
    took_ms: int


def kept_settings(conn: Connection) -> dict[str, Any]:
    """The settings of every brand as they are kept."""
    found = conn.execute(select(installation.c.value).where(installation.c.name == NAME)).scalar()
    return dict(found or {})


def model_settings(conn: Connection, brand_id: int) -> ModelSettings:
    """The settings that hold for a brand."""
    return ModelSettings.of(kept_settings(conn), brand_id)


def last_calls(conn: Connection) -> list[Call]:
    """The latest calls, newest first."""
    rows = conn.execute(
        select(model_calls, brands.c.name)
        .join(brands, brands.c.id == model_calls.c.brand_id)
        .order_by(model_calls.c.id.desc())
        .limit(LISTED)
    )
    return [
        Call(row.created_at, row.name, row.question, row.output, row.used, row.error, row.took_ms)
        for row in rows
    ]

"""What topics are learned from."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from app.models.question import training_examples as examples


@dataclass(frozen=True, slots=True)
class Example:
    """A text and its topic; of one brand, or of every brand."""

    brand_id: int | None
    text: str
    label: str


def training_examples(conn: Connection) -> list[Example]:
    """All of them, in an order that stays."""
    rows = conn.execute(
        select(examples.c.brand_id, examples.c.text, examples.c.label).order_by(examples.c.id)
    )
    return [Example(row.brand_id, row.text, row.label) for row in rows]

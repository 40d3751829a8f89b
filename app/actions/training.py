"""What topics are learned from: a whole set is put in the place of the one before."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, insert

from app.db import NotFound, Tx
from app.events import KnowledgeChanged
from app.models.question import training_examples
from app.security.permissions import Actor


@dataclass(frozen=True, slots=True)
class TrainingText:
    """A text, its topic and its language."""

    text: str
    label: str
    locale: str = ""


def replace_training(
    tx: Tx, actor: Actor, brand_id: int | None, texts: Sequence[TrainingText]
) -> int:
    """Learn from these texts instead of those that came this way before; returns how many.

    What agents have corrected stays. Without a brand the texts hold for every brand.
    """
    actor.require("supervise")
    if actor.brands is not None and (brand_id is None or not actor.sees_brand(brand_id)):
        raise NotFound
    own = training_examples.c.brand_id
    tx.execute(
        delete(training_examples).where(
            training_examples.c.source == "api",
            own.is_(None) if brand_id is None else own == brand_id,
        )
    )
    if texts:
        tx.execute(
            insert(training_examples),
            [
                {
                    "brand_id": brand_id,
                    "text": it.text,
                    "label": it.label,
                    "locale": it.locale,
                    "source": "api",
                    "created_at": tx.now,
                }
                for it in texts
            ],
        )
    tx.emit(KnowledgeChanged("training", brand_id))
    return len(texts)

"""A brand says which words mean the same to its customers; search follows at once."""

from collections.abc import Sequence

from sqlalchemy import delete, insert

from app.actions.article import require_publisher
from app.db import Invalid, NotFound, Tx
from app.events import KnowledgeChanged
from app.models.knowledge import synonyms
from app.security.permissions import Actor

MOST_WORDS = 30


def set_synonyms(tx: Tx, actor: Actor, brand_id: int, groups: Sequence[Sequence[str]]) -> None:
    """The groups of words that mean the same to a brand's customers; those before are forgotten.

    Raises Invalid(words="one") for a group of one word, Invalid(words="too_many").
    """
    require_publisher(actor)
    if not actor.sees_brand(brand_id):
        raise NotFound
    cleaned = [
        list(
            dict.fromkeys(" ".join(word.split()).casefold()[:80] for word in group if word.strip())
        )
        for group in groups
    ]
    cleaned = [group for group in cleaned if group]
    if any(len(group) < 2 for group in cleaned):
        raise Invalid(words="one")
    if any(len(group) > MOST_WORDS for group in cleaned) or len(cleaned) > 1_000:
        raise Invalid(words="too_many")
    tx.execute(delete(synonyms).where(synonyms.c.brand_id == brand_id))
    for group in cleaned:
        tx.execute(insert(synonyms).values(brand_id=brand_id, words=group, created_at=tx.now))
    tx.emit(KnowledgeChanged("synonyms", brand_id))

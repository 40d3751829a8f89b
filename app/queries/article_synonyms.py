"""Words that mean the same to the customers of a brand."""

from sqlalchemy import Connection, select

from app.models.knowledge import synonyms


def synonym_groups(conn: Connection, brand_id: int | None = None) -> dict[int, list[list[str]]]:
    """The groups of words by brand, of one brand or all; whoever shows them asks for the right."""
    query = select(synonyms.c.brand_id, synonyms.c.words).order_by(synonyms.c.id)
    if brand_id is not None:
        query = query.where(synonyms.c.brand_id == brand_id)
    found: dict[int, list[list[str]]] = {}
    for row in conn.execute(query):
        found.setdefault(row.brand_id, []).append(list(row.words))
    return found

"""The end of an erasure: its files are gone, nothing of it is kept but that it was done."""

from sqlalchemy import delete, exists, select, text, update

from app.db import Tx
from app.models import metadata
from app.models.consent import rights_requests
from app.models.conversation import files


def finish_erasure(tx: Tx, request_id: int, hashes: list[str]) -> None:
    """The bytes of these files are gone, and so is every copy in the database."""
    users = [
        ~exists().where(column == files.c.id)
        for table in metadata.tables.values()
        for column in table.columns
        if any(key.column is files.c.id for key in column.foreign_keys)
    ]
    unused = select(files.c.id).where(files.c.hash.in_(hashes), *users)
    tx.execute(delete(files).where(files.c.id.in_(unused)))
    tx.execute(
        update(rights_requests)
        .where(rights_requests.c.id == request_id)
        .values(state="done", done_at=tx.now, details={})
    )


def forget_words(tx: Tx) -> None:
    """Merge SQLite's search indexes: what was deleted stands in older parts until then."""
    if tx.conn.dialect.name == "sqlite":
        for index in ("message_index", "customer_index"):
            tx.execute(text(f"INSERT INTO {index}({index}) VALUES('optimize')"))

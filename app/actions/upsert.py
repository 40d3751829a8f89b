"""Insert a row or change the one that is there: the same statement on both engines."""

from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite

from app.db import Tx


def upsert(tx: Tx, table: Table, keys: dict[str, Any], values: dict[str, Any]) -> None:
    """Write `values` into the row identified by the unique `keys`, making it if need be."""
    dialect: Any = postgresql if tx.conn.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).values(**keys, **values)
    tx.execute(statement.on_conflict_do_update(index_elements=list(keys), set_=values))

"""Single rows, by statements that are built once: what is done for every message is done cheaply.

Building a statement costs three times what running it does (80 of 110 µs), so the hot writes build
theirs once and pass values as parameters.
"""

from collections.abc import Hashable
from functools import cache
from typing import Any

from sqlalchemy import Table, bindparam, insert, update
from sqlalchemy.sql.dml import Insert, Update

from app.db import Tx


def add_row(tx: Tx, table: Table, **values: Any) -> int:
    """Insert a row; returns its id."""
    row_id: int = tx.execute(_insert(table), values).scalar_one()
    return row_id


def change_row(tx: Tx, table: Table, row_id: int, **values: Any) -> int:
    """Change a row by its id; returns how many there were (0 or 1)."""
    return tx.execute(_update(table), {"row_id": row_id, **values}).rowcount


@cache
def _insert(table: Hashable) -> Insert:
    assert isinstance(table, Table)
    return insert(table).returning(table.c.id)


@cache
def _update(table: Hashable) -> Update:
    assert isinstance(table, Table)
    return update(table).where(table.c.id == bindparam("row_id"))

"""A database of an earlier version is brought up to date with everything that is in it."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Boolean, Connection, MetaData, Table, func, insert, select, update
from sqlalchemy.types import JSON, Integer

from app.db import sqlite_writer_engine
from app.migrate import migrate

EARLIER = ("0002",)


@pytest.mark.parametrize("revision", EARLIER)
def test_an_upgrade_keeps_a_row_of_every_table(tmp_path: Path, revision: str) -> None:
    url = f"sqlite:///{tmp_path}/old.db"
    migrate(url, revision)
    engine = sqlite_writer_engine(url)
    with engine.begin() as conn:
        tables = reflected(conn)
        for table in tables:
            conn.execute(insert(table).values(row_of(conn, table)))
        for table in tables:  # those that were made too late to be named at first
            late = {
                key.parent.name: 1 for key in table.foreign_keys if key.column.table is not table
            }
            if late:
                conn.execute(update(table).values(late))
        before = counts(conn, tables)
    migrate(url)
    with engine.begin() as conn:
        assert counts(conn, tables) == before
        assert conn.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    engine.dispose()


def test_previews_from_before_numbers_were_hidden_are_hidden(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/old.db"
    migrate(url, "0021")
    engine = sqlite_writer_engine(url)
    with engine.begin() as conn:
        for table in reflected(conn):
            if table.name in ("brands", "queues", "inboxes", "customers"):
                conn.execute(insert(table).values(row_of(conn, table)))
        [table] = [one for one in reflected(conn) if one.name == "conversations"]
        for key, preview in enumerate(("My card 4111 1111 1111 1111, thanks", "Order 7001"), 1):
            row = row_of(conn, table) | {"id": key, "preview": preview}
            conn.execute(insert(table).values(row))
    migrate(url)
    with engine.begin() as conn:
        first, second = conn.execute(select(table.c.preview).order_by(table.c.id)).scalars()
    assert "4111 1111" not in first
    assert first.startswith("My card ")
    assert second == "Order 7001"
    engine.dispose()


def reflected(conn: Connection) -> list[Table]:
    """The tables as the old version had them, those that are referred to first."""
    metadata = MetaData()
    metadata.reflect(conn)
    indexes = ("message_index", "customer_index", "alembic")
    return [table for table in metadata.sorted_tables if not table.name.startswith(indexes)]


def row_of(conn: Connection, table: Table) -> dict[str, Any]:
    """Something in every column that must not be empty; ids are 1, and 1 is what they refer to."""
    row: dict[str, Any] = {}
    for column in table.columns:
        if column.nullable and not column.primary_key:
            continue
        if isinstance(column.type, JSON) or column.type.__class__.__name__ == "JSON":
            row[column.name] = []
        elif isinstance(column.type, Boolean):
            row[column.name] = True
        elif isinstance(column.type, Integer):
            row[column.name] = 1
        else:
            row[column.name] = "1"
    return row


def counts(conn: Connection, tables: list[Table]) -> dict[str, int]:
    """How many rows each table has."""
    return {
        table.name: conn.execute(select(func.count()).select_from(table)).scalar_one()
        for table in tables
    }

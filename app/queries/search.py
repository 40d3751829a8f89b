"""Search in the words of messages and customers: by FTS5 on SQLite, by GIN on PostgreSQL, with the
same results (the indexes are those of migration 0002)."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    bindparam,
    cast,
    column,
    literal_column,
    table,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from app.models.conversation import messages
from app.models.customer import customers
from knowledge.text import query_tokens

_INDEXES = {
    found: table(name, column("rowid"), column(name))
    for found, name in ((messages, "message_index"), (customers, "customer_index"))
}


def saying(
    conn: Connection, rows: Select[Any], searched: Table, q: str, *, whole: bool = False
) -> Select[Any]:
    """Of these rows, the ones with every word of `q`; unless `whole`, the last word may be the
    beginning of one, since search runs while people type. No words: no condition."""
    tokens = query_tokens(q)
    if not tokens:
        return rows
    if conn.dialect.name == "sqlite":
        index = _INDEXES[searched]
        typed = " ".join(f'"{token}"' for token in tokens) + ("" if whole else "*")
        return rows.join(index, index.c.rowid == searched.c.id).where(
            index.c[index.name].op("MATCH")(typed)
        )
    # Word for word the expression of the index, which is on the words as they were stored.
    stored = f"string_to_array({searched.name}.searchable, ' ')"
    words: ColumnElement[Any] = literal_column(f"array_to_tsvector({stored})")
    lexemes = " & ".join(_lexeme(token) for token in tokens) + ":*"
    return rows.where(words.op("@@")(cast(bindparam(None, lexemes), TSQUERY)))


def saying_any(
    conn: Connection, rows: Select[Any], searched: Table, tokens: Sequence[str]
) -> Select[Any]:
    """Of these rows, the ones with at least one of these tokens (of `knowledge.text`)."""
    if conn.dialect.name == "sqlite":
        index = _INDEXES[searched]
        typed = " OR ".join('"' + token.replace('"', "") + '"' for token in tokens)
        return rows.join(index, index.c.rowid == searched.c.id).where(
            index.c[index.name].op("MATCH")(typed)
        )
    stored = f"string_to_array({searched.name}.searchable, ' ')"
    words: ColumnElement[Any] = literal_column(f"array_to_tsvector({stored})")
    lexemes = " | ".join(_lexeme(token) for token in tokens)
    return rows.where(words.op("@@")(cast(bindparam(None, lexemes), TSQUERY)))


def newest_first(conn: Connection, searched: Table) -> Any:
    """The order in which the index of messages gives what it finds, without sorting."""
    key = _INDEXES[searched].c.rowid if conn.dialect.name == "sqlite" else searched.c.id
    return key.desc()


def _lexeme(token: str) -> str:
    quoted = token.replace("\\", "\\\\").replace("'", "''")
    return f"'{quoted}'"

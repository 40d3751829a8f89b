"""Chooses the SQLite that the index runs on.

Debian 12 ships SQLite 3.40.1, which has known corruption bugs in WAL mode, so the newer library in
the `pysqlite3` wheel is preferred wherever it is installed.
"""

from importlib import import_module
from sqlite3 import Connection, DatabaseError
from typing import Any, cast


def _module() -> Any:
    try:
        return import_module("pysqlite3.dbapi2")
    except ImportError:
        return import_module("sqlite3")


_sqlite = _module()
library_version: str = _sqlite.sqlite_version
errors: tuple[type[Exception], ...] = (DatabaseError, _sqlite.DatabaseError)


def connect(path: str) -> Connection:
    """Open `path` (or ":memory:") for use from any thread; the caller serialises access."""
    return cast(Connection, _sqlite.connect(path, check_same_thread=False, isolation_level=None))


def prepare(connection: Connection) -> None:
    """Trade durability for speed, as fits a file that can always be rebuilt."""
    connection.execute("PRAGMA journal_mode = MEMORY")
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -32768")

"""SQLite databases made for tests."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.servers.sqlite import Sqlite


def _with_a_table(url: str) -> None:
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        connection.execute("CREATE TABLE prepared (number int)")


def test_copies_of_a_prepared_file_do_not_see_each_other(tmp_path: Path) -> None:
    databases = Sqlite(tmp_path)
    first, second = databases.fresh(_with_a_table), databases.fresh(_with_a_table)
    with closing(sqlite3.connect(first.removeprefix("sqlite:///"))) as connection, connection:
        connection.execute("INSERT INTO prepared VALUES (1)")
    with closing(sqlite3.connect(second.removeprefix("sqlite:///"))) as connection:
        assert connection.execute("SELECT * FROM prepared").fetchall() == []


def test_a_dropped_database_leaves_no_file(tmp_path: Path) -> None:
    databases = Sqlite(tmp_path)
    url = databases.fresh()
    _with_a_table(url)
    databases.drop(url)
    assert not list(tmp_path.rglob("*.db"))

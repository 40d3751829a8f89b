"""Brings the database to the version of the code: the same Alembic scripts on both engines."""

import asyncio
import threading
from collections.abc import Callable

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from app.db import sqlite_writer_engine
from app.settings import ROOT

_TURN = 7_349_021_164  # any number that nobody else locks


def migrate(url: str, revision: str = "head") -> None:
    """Run what is missing of the migrations; safe to call at every start and in any thread."""
    _with_connection(url, lambda connection: command.upgrade(_config(connection), revision))


def new_migration(url: str, message: str, rev_id: str) -> None:
    """Write a migration script from the difference between a database and the models."""
    _with_connection(
        url,
        lambda connection: _revise(_config(connection), message, rev_id),
    )


def _revise(config: Config, message: str, rev_id: str) -> None:
    command.revision(config, message, autogenerate=True, rev_id=rev_id)


def _config(connection: Connection) -> Config:
    config = Config(str(ROOT / "alembic.ini"))
    config.attributes["connection"] = connection
    return config


def _on_sqlite(url: str, run: Callable[[Connection], None]) -> None:
    """SQLite alters a table by making it anew; with foreign keys on, dropping the old one would
    delete every row that refers to it. So they are off meanwhile, and checked before the commit."""
    engine = sqlite_writer_engine(url)
    with engine.connect() as connection:
        # Past SQLAlchemy: inside a transaction, which it would begin, the pragma does nothing.
        connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
        with connection.begin():
            run(connection)
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
            if broken:
                raise RuntimeError(f"the migration leaves rows that refer to nothing: {broken[:5]}")
    engine.dispose()


def _with_connection(url: str, run: Callable[[Connection], None]) -> None:
    if url.startswith("sqlite"):
        _on_sqlite(url, run)
        return

    async def on_postgres() -> None:
        engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://"))
        async with engine.begin() as connection:
            # Processes that start together take their turns; on SQLite its own lock does that.
            await connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_TURN})")
            await connection.run_sync(run)
        await engine.dispose()

    # Alembic is synchronous and may be asked for inside a running event loop: use a thread.
    errors: list[BaseException] = []

    def work() -> None:
        try:
            asyncio.run(on_postgres())
        except BaseException as error:
            errors.append(error)

    worker = threading.Thread(target=work)
    worker.start()
    worker.join()
    if errors:
        raise errors[0]

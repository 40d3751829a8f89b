"""The database of one test, on the engine that TEST_DATABASE names."""

import os

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

pytestmark = pytest.mark.engine


async def test_a_test_gets_an_empty_database_of_the_wanted_engine(database_url: str) -> None:
    engine = create_async_engine(database_url.replace("sqlite://", "sqlite+aiosqlite://"))
    try:
        async with engine.begin() as connection:
            await connection.execute(text("CREATE TABLE mine (number int)"))
            await connection.execute(text("INSERT INTO mine VALUES (1)"))
            assert (await connection.execute(text("SELECT number FROM mine"))).scalar() == 1
        wanted = os.environ.get("TEST_DATABASE", "sqlite")
        assert engine.dialect.name.startswith(wanted)
    finally:
        await engine.dispose()

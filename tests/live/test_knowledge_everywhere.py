"""What one process is given of the knowledge base, the others can search and sort by."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from app.actions.article_set import KeptText, put_articles
from app.actions.training import TrainingText, replace_training
from app.runtime import Runtime, build_runtime
from app.settings import Settings
from tests.desk import Desk, make_desk

pytestmark = [pytest.mark.redis, pytest.mark.engine]
WAIT_S = 20.0


@pytest.fixture
async def two(settings: Settings, redis_url: str) -> AsyncIterator[tuple[Desk, Runtime]]:
    """A desk in one process, and another process of the same installation."""
    here = build_runtime(settings.model_copy(update={"redis_url": redis_url}))
    there = build_runtime(settings.model_copy(update={"redis_url": redis_url}))
    async with here.running(), there.running():
        yield await make_desk(here), there
    await here.db.close()
    await there.db.close()


async def _until(true: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not await true():  # noqa: ASYNC110 - it is the other process that we wait for
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("count", [3, 300])  # read one by one, and as a whole brand
async def test_a_set_of_articles_is_found_in_the_other_process(
    two: tuple[Desk, Runtime], count: int
) -> None:
    desk, there = two
    ada, db = await desk.actor("ada"), desk.runtime.db
    texts = [KeptText(f"a{n}", "en", f"Part {n}", f"All about part {n}") for n in range(count)]

    async def found() -> str:
        asked = f"part {count - 1}"
        hits = await there.knowledge.search(asked, brand=desk.brand, locale="en")
        return hits[0].title if hits else ""

    await db.write(put_articles, ada, desk.brand, texts, whole=True)
    await _until(lambda: _equals(found, f"Part {count - 1}"))
    await db.write(put_articles, ada, desk.brand, [], whole=True)
    await _until(lambda: _equals(found, ""))


async def test_topics_are_learned_in_the_other_process(two: tuple[Desk, Runtime]) -> None:
    desk, there = two
    ada, db = await desk.actor("ada"), desk.runtime.db
    texts = [
        TrainingText(f"{word} {number}", label)
        for label, word in (("parcel", "where is my parcel"), ("refund", "money back please"))
        for number in range(12)
    ]
    await db.write(replace_training, ada, None, texts)

    async def label() -> str:
        found = await there.knowledge.classify("where is my parcel", brand=desk.brand)
        return found[0].label if found else ""

    await _until(lambda: _equals(label, "parcel"))


async def _equals(ask: Callable[[], Awaitable[object]], wanted: object) -> bool:
    return await ask() == wanted

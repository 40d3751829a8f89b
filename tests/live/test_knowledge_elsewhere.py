"""Articles that a command on the machine has written, which no bus can tell a running server of."""

from collections.abc import AsyncIterator

import pytest

from app.actions.article_publish import archive_article
from app.actions.article_set import KeptText, put_articles
from app.runtime import Runtime, build_runtime
from app.settings import Settings
from tests.desk import Desk, make_desk

pytestmark = pytest.mark.engine


@pytest.fixture
async def server(settings: Settings) -> AsyncIterator[Runtime]:
    """A running server; nothing connects it with other processes."""
    runtime = build_runtime(settings)
    async with runtime.running():
        yield runtime
    await runtime.db.close()


@pytest.mark.parametrize("count", [3, 300])  # told one by one, and as a whole brand
async def test_a_running_server_finds_what_a_command_has_written(
    server: Runtime, settings: Settings, count: int
) -> None:
    desk: Desk = await make_desk(server)
    command = build_runtime(settings)
    texts = [KeptText(f"a{n}", "en", f"Part {n}", f"All about part {n}") for n in range(count)]

    async def found(asked: str) -> list[str]:
        await server.knowledge.look()
        await server.knowledge.settled()
        hits = await server.knowledge.search(asked, brand=desk.brand, locale="en", limit=1)
        return [hit.title for hit in hits]

    ada = await desk.actor("ada")
    await command.db.write(put_articles, ada, desk.brand, texts, whole=True)
    assert await found(f"part {count - 1}") == [f"Part {count - 1}"]
    texts[0] = KeptText("a0", "en", "Lanterns", "All about lanterns")
    await command.db.write(put_articles, ada, desk.brand, texts, whole=True)
    assert await found("lanterns") == ["Lanterns"]
    (hit,) = await server.knowledge.search("lanterns", brand=desk.brand, locale="en", limit=1)
    await command.db.write(archive_article, ada, hit.article_id)
    assert await found("lanterns") == []
    await command.db.close()

"""The Redis that tests talk to."""

import pytest
from redis.asyncio import Redis

pytestmark = pytest.mark.redis


async def test_a_message_published_reaches_the_one_who_listens(redis_url: str) -> None:
    async with (
        Redis.from_url(redis_url) as redis,
        redis.pubsub(ignore_subscribe_messages=True) as listener,
    ):
        await listener.subscribe("topic")
        await listener.get_message(timeout=5)
        await redis.publish("topic", "hello")
        message = await listener.get_message(timeout=5)
        assert message is not None
        assert message["data"] == b"hello"


@pytest.mark.parametrize("turn", [1, 2])
async def test_each_test_finds_it_empty(redis_url: str, turn: int) -> None:
    async with Redis.from_url(redis_url) as redis:
        assert await redis.get("left behind") is None
        await redis.set("left behind", turn)

"""How often somebody may try."""

import pytest

from app.security.rate_limit import RateLimits, TooMany, network


async def test_too_many_tries_for_one_account_are_refused_and_say_when_again() -> None:
    limits = RateLimits()
    for _ in range(8):
        await limits.take("sign_in", "203.0.113.1", "ana@tea.example")
    with pytest.raises(TooMany) as refused:
        await limits.take("sign_in", "203.0.113.1", "ANA@tea.example")
    assert 1 <= refused.value.retry_after_s <= 600
    await limits.take("sign_in", "203.0.113.1", "ben@tea.example")
    await limits.take("sign_in", "203.0.113.2", "ana@tea.example")


async def test_one_address_trying_many_accounts_is_refused() -> None:
    limits = RateLimits()
    for number in range(30):
        await limits.take("sign_in", "203.0.113.1", f"agent{number}@tea.example")
    with pytest.raises(TooMany):
        await limits.take("sign_in", "203.0.113.1", "one@more.example")


@pytest.mark.redis
async def test_processes_share_their_counts_in_redis(redis_url: str) -> None:
    one, other = RateLimits(redis_url), RateLimits(redis_url)
    for _ in range(3):
        await one.take("reset", "203.0.113.1", "ana")
    with pytest.raises(TooMany):
        await other.take("reset", "203.0.113.1", "ana")
    await one.close()
    await other.close()


def test_an_ipv6_household_is_one_place() -> None:
    assert network("2001:db8:1:2:aaaa::1") == network("2001:db8:1:2:bbbb::2")
    assert network("2001:db8:1:2::1") != network("2001:db8:1:3::1")
    assert network("::ffff:203.0.113.1") == "203.0.113.1"
    assert network("testclient") == "testclient"

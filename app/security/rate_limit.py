"""How often somebody may try: sliding windows per address and per key, in memory or in Redis."""

import hashlib
import time
from ipaddress import IPv6Address, ip_address
from typing import Any

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

# A rule is a pair: the first limit is for one address (client IP), the second for one key
# (an account, an inbox) from one address. An empty limit does not count.
RULES: dict[str, tuple[str, str]] = {
    "sign_in": ("30/5minute", "8/10minute"),
    "account": ("", "60/hour"),  # one account from everywhere: see `take_key`
    "reset": ("10/hour", "3/hour"),
    "setup": ("20/hour", ""),
    "public": ("120/minute", "60/minute"),
    "search": ("240/minute", "120/minute"),
    "export": ("30/hour", "10/hour"),
    "export_person": ("", "60/hour"),  # an agent who takes many along is stopped
    "portal_link": ("20/10minute", "5/hour"),  # mails with a link to one address
    "portal_try": ("60/10minute", ""),  # tokens of such links
    "portal_say": ("", "30/hour"),  # messages from a customer's own pages
    "portal_export": ("", "6/hour"),
    "acknowledge": ("", "6/hour"),  # mails to one address that anybody may have typed
    "upload": ("120/minute", ""),
    "test": ("20/minute", ""),  # connections to mail servers
    "api": ("", "1200/minute"),  # one API key from everywhere
    "api_ask": ("", "30000/minute"),  # of it, questions to the knowledge base
    "api_stranger": ("300/minute", ""),  # requests without a key that opens anything
}


class TooMany(Exception):
    """Refused for now; `retry_after_s` says for how long."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"too many requests; again in {retry_after_s} s")
        self.retry_after_s = retry_after_s


class RateLimits:
    """The counters of an installation. With a Redis URL all its processes share them."""

    def __init__(self, redis_url: str = "") -> None:
        self._pool: Any = None
        storage: Storage = MemoryStorage()  # each process counts for itself
        if redis_url:
            from redis.asyncio import ConnectionPool  # only installations with Redis have it

            self._pool = ConnectionPool.from_url(redis_url)
            storage = RedisStorage(
                f"async+{redis_url}", implementation="redispy", connection_pool=self._pool
            )
        self._windows = SlidingWindowCounterRateLimiter(storage)
        self._limits = {
            name: (parse(by_ip) if by_ip else None, parse(by_key) if by_key else None)
            for name, (by_ip, by_key) in RULES.items()
        }

    async def take(self, rule: str, ip: str, key: str = "") -> None:
        """Count a try from an address, for a key if given; raises TooMany past the limit."""
        by_ip, by_key = self._limits[rule]
        place = network(ip)
        if by_ip is not None:
            await self._hit(by_ip, rule, place)
        if by_key is not None and key:
            await self._hit(by_key, rule, place, _short(key))

    async def take_key(self, rule: str, key: str) -> None:
        """Count a try for a key, wherever it comes from; raises TooMany past the limit."""
        by_key = self._limits[rule][1]
        assert by_key is not None, f"the rule {rule} has no limit for a key"
        await self._hit(by_key, rule, "*", _short(key))

    async def allows_key(self, rule: str, key: str) -> bool:
        """Count a try for a key; whether it is within the limit."""
        try:
            await self.take_key(rule, key)
        except TooMany:
            return False
        return True

    async def close(self) -> None:
        """Leave Redis."""
        if self._pool is not None:
            await self._pool.aclose()

    async def _hit(self, limit: RateLimitItem, *parts: str) -> None:
        if await self._windows.hit(limit, *parts):
            return
        window = await self._windows.get_window_stats(limit, *parts)
        # The window slides: a part of it is free again well before all of it is.
        raise TooMany(max(1, min(limit.get_expiry(), round(window.reset_time - time.time()))))


def network(ip: str) -> str:
    """Who is behind an address: the address, or of IPv6 its /64, which one household owns."""
    try:
        address = ip_address(ip)
    except ValueError:
        return ip[:45]
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(IPv6Address(int(address) >> 64 << 64))
    return str(address)


def _short(key: str) -> str:
    return hashlib.sha256(key.casefold().encode()).hexdigest()[:16]

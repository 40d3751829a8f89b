"""One-time tickets that open a socket: 30 seconds, one use. A URL with a cookie's worth of access
would be logged by proxies; a used ticket is worth nothing."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Protocol

from app import clock

if TYPE_CHECKING:
    from redis.asyncio import Redis

TICKET_S = 30
PREFIX = "switchroom:ticket:"


@dataclass(frozen=True, slots=True)
class AgentPass:
    """Opens a socket for the agent of this session."""

    session: str  # the session's hash


@dataclass(frozen=True, slots=True)
class VisitorPass:
    """Opens a socket for the visitor of this widget session."""

    visitor_session: int


Pass = AgentPass | VisitorPass


class Tickets(Protocol):
    """Where tickets are kept until they are used."""

    async def issue(self, what: Pass) -> str:
        """A new ticket, good once, for 30 s."""
        ...

    async def redeem(self, ticket: str) -> Pass | None:
        """What a ticket opens; None when it is unknown, used or too old. It is used now."""
        ...


class MemoryTickets:
    """Tickets of a single process."""

    def __init__(self, now: Callable[[], int] = clock.now) -> None:
        self._now = now
        self._issued: dict[str, tuple[int, Pass]] = {}

    async def issue(self, what: Pass) -> str:
        """A new ticket; those that were never used are forgotten."""
        now = self._now()
        for ticket in list(self._issued):  # in order of issue: the first good one ends it
            if self._issued[ticket][0] > now:
                break
            del self._issued[ticket]
        ticket = clock.new_token()
        self._issued[ticket] = (now + TICKET_S * 1000, what)
        return ticket

    async def redeem(self, ticket: str) -> Pass | None:
        """What the ticket opens, once."""
        expires_at, what = self._issued.pop(ticket, (0, None))
        return what if expires_at > self._now() else None


class RedisTickets:
    """Tickets that any process of the installation takes."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis

    async def issue(self, what: Pass) -> str:
        """A new ticket."""
        ticket = clock.new_token()
        await self._redis.set(PREFIX + ticket, json.dumps(asdict(what)), ex=TICKET_S)
        return ticket

    async def redeem(self, ticket: str) -> Pass | None:
        """What the ticket opens, once."""
        kept = await self._redis.getdel(PREFIX + ticket[:200])
        if kept is None:
            return None
        fields = json.loads(kept)
        return AgentPass(**fields) if "session" in fields else VisitorPass(**fields)

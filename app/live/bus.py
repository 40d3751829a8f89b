"""Between processes: committed events go to the others as ids, never as text.

One process needs no bus. With REDIS_URL each process publishes its own commits and hears the
others'; the connection comes back by itself, and what was lost meanwhile is looked up again.
"""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import structlog

from app import clock
from app.events import KINDS, Event

if TYPE_CHECKING:
    from redis.asyncio import Redis
    from redis.asyncio.client import PubSub

_log = structlog.get_logger(__name__)
CHANNEL = "switchroom:events"
WAITING = 10_000  # events that wait for Redis at most; beyond that the others look everything up
QUIET_S = 15.0  # silence after which Redis is asked whether it is still there
RETRY_S = (0.1, 5.0)  # first and longest wait before connecting again

Hear = Callable[[Sequence[Event]], None]
HearSignal = Callable[[Mapping[str, Any]], None]
Missed = Callable[[], None]


class Bus(Protocol):
    """What carries events to the other processes of the installation."""

    @property
    def redis(self) -> "Redis | None":
        """The Redis behind it, if there is one."""
        ...

    def send(self, events: Sequence[Event]) -> None:
        """Tell the others what was committed here; never waits, never fails."""
        ...

    def signal(self, signal: Mapping[str, Any]) -> None:
        """Tell the others something that passes (who types)."""
        ...

    async def start(self, hear: Hear, hear_signal: HearSignal, missed: Missed) -> None:
        """Begin to listen. `missed` is called when events of others may have been lost."""
        ...

    async def stop(self) -> None:
        """Send what waits and end."""
        ...


class MemoryBus:
    """The bus of a single process: there is nobody else to tell."""

    redis: "Redis | None" = None

    def send(self, events: Sequence[Event]) -> None:
        """Nobody else is there."""

    def signal(self, signal: Mapping[str, Any]) -> None:
        """Nobody else is there."""

    async def start(self, hear: Hear, hear_signal: HearSignal, missed: Missed) -> None:
        """Nothing to start."""

    async def stop(self) -> None:
        """Nothing to stop."""


class RedisBus:
    """The bus of several processes."""

    def __init__(self, redis: "Redis") -> None:
        self.redis: Redis | None = redis
        self._redis = redis
        self._me = clock.new_id()
        self._events: list[Event] = []
        self._signals: list[Mapping[str, Any]] = []
        self._gap = False  # something of ours was not sent: the others must look it up
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def send(self, events: Sequence[Event]) -> None:
        """Put events in line for the others."""
        if len(self._events) + len(events) > WAITING:
            self._events.clear()
            self._gap = True
        self._events.extend(events)
        self._wake.set()

    def signal(self, signal: Mapping[str, Any]) -> None:
        """Put a signal in line for the others."""
        if len(self._signals) < WAITING:
            self._signals.append(signal)
            self._wake.set()

    async def start(self, hear: Hear, hear_signal: HearSignal, missed: Missed) -> None:
        """Listen, and return once that is so, or in a second if Redis is not there."""
        listening = asyncio.Event()
        self._tasks = [
            asyncio.create_task(self._listen(listening, hear, hear_signal, missed)),
            asyncio.create_task(self._send_all()),
        ]
        try:
            await asyncio.wait_for(listening.wait(), 1.0)
        except TimeoutError:
            _log.warning("bus_waits_for_redis")

    async def stop(self) -> None:
        """Send what waits and close the connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._events and not await self._publish():
            _log.warning("bus_ended_with_unsent_events", events=len(self._events))
        await self._redis.aclose()

    async def _send_all(self) -> None:
        wait_s = RETRY_S[0]
        while True:
            await self._wake.wait()
            self._wake.clear()
            if await self._publish():
                wait_s = RETRY_S[0]
                continue
            self._wake.set()
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, RETRY_S[1])

    async def _publish(self) -> bool:
        """Send what waits in one message; False, and it waits on, when Redis cannot be reached."""
        events, signals, gap = self._events, self._signals, self._gap
        self._events, self._signals, self._gap = [], [], False
        message = {
            "from": self._me,
            "events": [[event.kind, event.data()] for event in events],
            "signals": signals,
            "gap": gap,
        }
        try:
            await self._redis.publish(CHANNEL, json.dumps(message, separators=(",", ":")))
        except (OSError, _redis_error()) as error:
            _log.warning("bus_cannot_send", error=str(error))
            self._events = events + self._events
            self._gap = self._gap or gap
            return False
        return True

    async def _listen(
        self, listening: asyncio.Event, hear: Hear, hear_signal: HearSignal, missed: Missed
    ) -> None:
        wait_s = RETRY_S[0]
        while True:
            try:
                async with self._redis.pubsub() as channel:
                    await channel.subscribe(CHANNEL)
                    if listening.is_set():
                        missed()
                    listening.set()
                    wait_s = RETRY_S[0]
                    while True:
                        message = await _next_message(channel)
                        if message["type"] == "message":
                            self._hear(message["data"], hear, hear_signal, missed)
            except (OSError, _redis_error()) as error:
                _log.warning("bus_lost", error=str(error))
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, RETRY_S[1])

    def _hear(self, data: str | bytes, hear: Hear, hear_signal: HearSignal, missed: Missed) -> None:
        message = json.loads(data)
        if message["from"] == self._me:
            return
        known = [KINDS[kind](**fields) for kind, fields in message["events"] if kind in KINDS]
        try:
            if known:
                hear(known)
            for signal in message["signals"]:
                hear_signal(signal)
            if message["gap"]:
                missed()
        except Exception:  # one message that cannot be dealt with must not end the listening
            _log.exception("bus_message_failed")


def open_bus(redis_url: str) -> Bus:
    """The bus REDIS_URL asks for; without one, that of a single process."""
    if not redis_url:
        return MemoryBus()
    from redis.asyncio import Redis  # the extra "scale"; a single process does not need it
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff

    # Without retries of its own: after it has reconnected by itself nobody would know of the gap.
    return RedisBus(Redis.from_url(redis_url, retry=Retry(NoBackoff(), 0)))


async def _next_message(channel: "PubSub") -> dict[str, Any]:
    """The next message; after a silence Redis is asked whether it is still there."""
    for _ in range(2):
        message: dict[str, Any] | None = await channel.get_message(timeout=QUIET_S)
        if message is not None:
            return message
        await channel.ping()
    raise OSError("Redis does not answer")


def _redis_error() -> type[Exception]:
    from redis.exceptions import RedisError

    return RedisError

"""The leases this process holds: taken in the database, prolonged while we live, given back.

An owner's name tells machine, process and its start, so that a process of the same machine knows
at once when an owner has died, and does not wait until its lease runs out.
"""

import asyncio
import hashlib
import os
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import structlog

from app import clock
from app.actions.lease import release_lease, renew_leases, take_lease
from app.db import Database

TTL_MS = 10_000
RENEW_S = 3.0

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Held:
    fence: int
    on_lost: Callable[[], None]
    until: int


class Leases:
    """One process's leases. Run `keep()` as a task; what is lost is told to its holder."""

    def __init__(self, db: Database, owner: str = "") -> None:
        self.owner = owner or make_owner()
        self._db = db
        self._held: dict[str, _Held] = {}

    async def take(self, name: str, on_lost: Callable[[], None]) -> int | None:
        """Try to become the owner; returns the fence, or None while another lives."""
        fence = await self._db.write(take_lease, name, self.owner, TTL_MS, is_dead)
        if fence is not None:
            self._held[name] = _Held(fence, on_lost, clock.now() + TTL_MS)
        return fence

    async def release(self, name: str) -> None:
        """Give it back."""
        if self._held.pop(name, None) is not None:
            await self._db.write(release_lease, name, self.owner)

    async def keep(self) -> None:
        """Prolong all of them, every few seconds, for ever."""
        while True:
            await asyncio.sleep(RENEW_S)
            if self._held:
                await self._renew()

    async def _renew(self) -> None:
        names = sorted(self._held)
        began = clock.now()
        try:
            kept = await self._db.write(renew_leases, self.owner, names, TTL_MS)
        except Exception as error:  # the database may come back before the leases run out
            _log.warning("leases_not_renewed", error=str(error))
            kept = {name for name in names if self._held[name].until > clock.now()}
            began = 0
        for name in names:
            held = self._held.get(name)
            if held is None:
                continue
            if name in kept:
                held.until = max(held.until, began + TTL_MS)
            else:
                del self._held[name]
                _log.warning("lease_lost", lease=name)
                held.on_lost()


def make_owner() -> str:
    """A name for this process that no other process has, dead or alive."""
    return f"{_machine()}:{os.getpid()}:{_started(os.getpid())}:{secrets.token_hex(4)}"


def is_dead(owner: str) -> bool:
    """Whether an owner was a process of this machine that is gone; False where nobody can know."""
    machine, _, rest = owner.partition(":")
    pid, _, rest = rest.partition(":")
    if machine != _machine() or not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    started = rest.partition(":")[0]
    return bool(started) and started != _started(int(pid))


@cache
def _machine() -> str:
    """Host and process namespace: within these, a process number means one process at a time."""
    try:
        namespace = os.readlink("/proc/self/ns/pid")
    except OSError:
        namespace = ""
    return hashlib.sha256(f"{socket.gethostname()} {namespace}".encode()).hexdigest()[:12]


def _started(pid: int) -> str:
    """When a process was started, in the kernel's ticks; "" where the system does not tell."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""

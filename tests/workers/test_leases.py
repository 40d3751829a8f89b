"""Leases: one owner at a time, a fence that grows, and no waiting for the dead."""

import asyncio
import sys

import pytest

from app.actions.lease import hold_lease, release_lease, renew_leases, take_lease
from app.db import Conflict
from app.runtime import Runtime
from app.workers.leases import is_dead, make_owner
from tests.fixtures.product import Ticking

pytestmark = pytest.mark.engine
TTL_MS = 10_000


async def test_only_one_owner_has_a_lease(runtime: Runtime) -> None:
    assert await runtime.db.write(take_lease, "routing", "one", TTL_MS) == 1
    assert await runtime.db.write(take_lease, "routing", "two", TTL_MS) is None
    assert await runtime.db.write(take_lease, "routing", "one", TTL_MS) == 1


async def test_a_lease_that_ran_out_goes_to_the_next_with_a_higher_fence(
    runtime: Runtime, ticking: Ticking
) -> None:
    await runtime.db.write(take_lease, "routing", "one", TTL_MS)
    ticking.forward(s=11)
    assert await runtime.db.write(take_lease, "routing", "two", TTL_MS) == 2
    with pytest.raises(Conflict, match="lease_lost"):
        await runtime.db.write(hold_lease, "routing", "one", 1)
    await runtime.db.write(hold_lease, "routing", "two", 2)


async def test_a_renewed_lease_stays_and_a_lost_one_is_not_renewed(
    runtime: Runtime, ticking: Ticking
) -> None:
    await runtime.db.write(take_lease, "a", "one", TTL_MS)
    await runtime.db.write(take_lease, "b", "one", TTL_MS)
    ticking.forward(s=11)
    await runtime.db.write(take_lease, "b", "two", TTL_MS)
    assert await runtime.db.write(renew_leases, "one", ["a", "b"], TTL_MS) == {"a"}


async def test_a_lease_that_was_given_back_is_free_at_once(runtime: Runtime) -> None:
    await runtime.db.write(take_lease, "routing", "one", TTL_MS)
    await runtime.db.write(release_lease, "routing", "one")
    assert await runtime.db.write(take_lease, "routing", "two", TTL_MS) == 2


async def test_the_lease_of_a_dead_process_of_this_machine_is_free_at_once(
    runtime: Runtime,
) -> None:
    program = "from app.workers.leases import make_owner; print(make_owner())"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE
    )
    dead = (await process.communicate())[0].decode().strip()
    await runtime.db.write(take_lease, "routing", dead, TTL_MS)
    owner = make_owner()
    assert is_dead(dead)
    assert not is_dead(owner)
    assert await runtime.db.write(take_lease, "routing", owner, TTL_MS, is_dead) == 2


def test_an_owner_of_another_machine_is_never_called_dead() -> None:
    assert not is_dead("another:1:1:abcd")
    assert not is_dead("no owner of ours")

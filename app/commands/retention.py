"""`switchroom retention`: what the rules would remove, or remove it now, not at night."""

import asyncio
import contextlib
import sys
from datetime import UTC, datetime

from app import clock
from app.actions.retention import note_dry_run
from app.commands.migrate import bring_up_to_date
from app.db import Tx
from app.queries.retention import brand_names, kept_rules, runs, would_go
from app.runtime import Runtime, build_runtime
from app.settings import Settings
from app.workers.leases import Leases
from app.workers.retention import WORKER, run_retention


def retention(*, dry_run: bool) -> int:
    """Print a line for each rule; exit code 1 where something could not be removed."""
    settings = Settings()
    bring_up_to_date(settings)
    return asyncio.run(_with_runtime(settings, dry_run=dry_run))


async def _with_runtime(settings: Settings, *, dry_run: bool) -> int:
    runtime = build_runtime(settings)
    try:
        return await (_look if dry_run else _remove)(runtime)
    finally:
        await runtime.db.close()


async def _look(runtime: Runtime) -> int:
    rules = await runtime.db.query(kept_rules)
    found = await runtime.db.query(would_go, rules, clock.now())
    names = await runtime.db.query(brand_names)
    for one in found:
        whose = names.get(one.brand_id, "every brand") if one.brand_id else "every brand"
        print(f"{one.kind}, {whose}, before {_day(one.before)}: {one.count}")
        for row in one.oldest:
            print(f"    {_day(row.at)}  #{row.id}  {row.name[:60]}")
    if not found:
        print("No rule removes anything: everything is kept.")

    def note(tx: Tx) -> None:
        counts: dict[str, int] = {}
        for one in found:
            counts[one.kind] = counts.get(one.kind, 0) + one.count
        note_dry_run(tx, None, counts)

    await runtime.db.write(note)
    return 0


async def _remove(runtime: Runtime) -> int:
    leases = Leases(runtime.db)
    lost: list[bool] = []
    if await leases.take(WORKER.name, lambda: lost.append(True)) is None:
        print("A worker is at it already.", file=sys.stderr)
        return 1
    keeping = asyncio.create_task(leases.keep())
    try:
        await run_retention(runtime, lambda: bool(lost))
    finally:
        keeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeping
        await leases.release(WORKER.name)
    last = (await runtime.db.query(runs, 1))[0]
    for kind, count in last.counts.items():
        print(f"{kind}: {count}")
    for kind, error in last.errors.items():
        print(f"{kind}: {error}", file=sys.stderr)
    return 1 if last.errors else 0


def _day(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d")

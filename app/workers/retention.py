"""Once a day removes what has been kept for long enough, in small writes, and goes on where it was
cut; a kind that fails is noted and does not keep the others."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from app import clock
from app.actions.retention import begin_run, drop_files, end_run, merge_index, remove_some
from app.queries.retention import (
    DAY_MS,
    kept_rules,
    last_began,
    open_run,
    rules_since,
    scopes,
    unnamed_files,
)
from app.queries.retention_kinds import KINDS
from app.runtime import Runtime
from app.workers.supervisor import Shift, Worker

EVERY_S = 600.0
BEGINS = 2  # o'clock, UTC: what runs then disturbs few
QUIET_S = 60.0  # a file that somebody has just kept again may be about to get its row
FILES_AT_ONCE = 200
MERGES = 2_000  # steps of the index at most; the next run goes on

_log = structlog.get_logger(__name__)
Stopping = Callable[[], bool]


async def run_retention(
    runtime: Runtime, stopping: Stopping = lambda: False, quiet_s: float = QUIET_S
) -> bool:
    """One whole run, or the rest of the one that was cut; returns whether it came to its end."""
    db = runtime.db
    found = await db.query(open_run)
    run_id = found.id if found is not None else await db.write(begin_run)
    rules = await db.query(kept_rules)
    errors: dict[str, str] = {}
    for kind in KINDS:
        try:
            await _remove(runtime, run_id, kind, rules, stopping)
        except Exception as error:  # told on the page; the other kinds go on
            _log.error("retention_failed", kind=kind, exc_info=error)
            errors[kind] = f"{type(error).__name__}: {error}"[:300]
    try:
        await _remove_files(runtime, run_id, stopping, quiet_s)
        await _merge_index(runtime, stopping)
    except OSError as error:
        _log.error("retention_failed", kind="files", exc_info=error)
        errors["files"] = f"{type(error).__name__}: {error}"[:300]
    if stopping():
        return False
    await db.write(end_run, run_id, errors)
    return True


async def _remove(
    runtime: Runtime, run_id: int, kind: str, rules: dict[tuple[str, int | None], int | None],
    stopping: Stopping,
) -> None:  # fmt: skip
    for scope in scopes(rules, kind, clock.now()):
        for part in range(len(KINDS[kind].parts)):
            after: int | None = 0
            while after is not None and not stopping():
                after = await runtime.db.write(remove_some, run_id, kind, part, scope, after)


async def _remove_files(runtime: Runtime, run_id: int, stopping: Stopping, quiet_s: float) -> None:
    """The bytes that no row names any more, then their rows."""
    gone = await runtime.db.query(unnamed_files, clock.now())
    for start in range(0, len(gone), FILES_AT_ONCE):
        if stopping():
            return
        some = gone[start : start + FILES_AT_ONCE]
        removed = [
            row.id
            for row in some
            if await asyncio.to_thread(runtime.files.remove, row.hash, quiet_s)
        ]
        await runtime.db.write(drop_files, run_id, removed)


async def _merge_index(runtime: Runtime, stopping: Stopping) -> None:
    for step in range(MERGES):
        if stopping() or not await runtime.db.write(merge_index, first=step == 0):
            return


def is_due(now: int, began: int, since: int | None) -> bool:
    """Whether a run should begin: there is a rule, it was there at the last hour of beginning, and
    no run has begun since then. (A rule that is new therefore waits for the night.)"""
    moment = datetime.fromtimestamp(now / 1000, UTC)
    today = int(moment.replace(hour=BEGINS, minute=0, second=0, microsecond=0).timestamp() * 1000)
    due = today if today <= now else today - DAY_MS
    return since is not None and since < due and began < due


async def keep_for_a_time(shift: Shift) -> None:
    """The worker's loop."""
    db = shift.runtime.db
    while not shift.stopping:
        cut = await db.query(open_run)
        due = is_due(clock.now(), await db.query(last_began), await db.query(rules_since))
        if cut is not None or due:
            await run_retention(shift.runtime, lambda: shift.stopping)
        await shift.rest(EVERY_S)


WORKER = Worker("retention", keep_for_a_time)

"""Takes in the rows of imports that were started, some at a time, so that others can write too."""

import asyncio
from collections.abc import Sequence

from app.actions.customer_import import fail_import, import_rows
from app.actions.doubts import suspect_all
from app.db import Database
from app.events import Event, SetupChanged
from app.files import FileStore
from app.queries.customer_imports import Running, next_running
from app.queries.duplicates import find_duplicates
from app.workers.supervisor import Shift, Worker
from channels.contact_file import ContactFile, read_contact_file

IDLE_S = 30.0  # an event wakes it sooner
AT_ONCE = 50  # rows to one write


async def take_in_imports(shift: Shift) -> None:
    """The worker's loop."""
    shift.listen(_concerns)
    while not shift.stopping:
        running = await shift.runtime.db.query(next_running)
        if running is None:
            await shift.rest(IDLE_S)
        else:
            await run_import(shift.runtime.db, shift.runtime.files, running, shift)


async def run_import(
    db: Database, files: FileStore, running: Running, shift: Shift | None = None
) -> None:
    """From where it stands to its end, or until it is time to stop; then look for doubles."""
    try:
        found = await asyncio.to_thread(_read, files, running)
    except (ValueError, FileNotFoundError) as error:
        await db.write(fail_import, running.id, str(error))
        return
    position = running.position
    goes_on = True
    while goes_on and not (shift is not None and shift.stopping):
        rows: Sequence[dict[str, str]] = found.rows[position : position + AT_ONCE]
        goes_on = await db.write(import_rows, running.id, position, rows)
        position += len(rows)
    if not goes_on:
        await db.write(suspect_all, await db.query(find_duplicates))


def _read(files: FileStore, running: Running) -> ContactFile:
    return read_contact_file(running.name, files.read(running.hash))


def _concerns(fact: Event) -> bool:
    return isinstance(fact, SetupChanged) and fact.what == "import"


WORKER = Worker("imports", take_in_imports)

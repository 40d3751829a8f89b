"""Ten thousand mails that have piled up in a mailbox, fetched and read by the worker's process."""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import func, select

from app.models.conversation import messages
from app.queries.setup_mail import mailboxes
from app.runtime import Runtime
from bench.email import installation, make_batch, new_folder
from bench.harness import Report, resident_mb
from tests.servers.dovecot import dovecot
from tests.servers.process import ROOT

MAILS = 10_000
LOOK_S = 0.5
PATIENCE_S = 60.0


async def run(report: Report) -> None:
    """How long it takes, what it needs, and whether the mailbox page shows it go on."""
    with tempfile.TemporaryDirectory() as folder, dovecot(new_folder(folder, "dovecot")) as server:
        server.pile_up(make_batch(MAILS))
        data = new_folder(folder, "data")
        async with installation(data, server) as runtime:
            began = time.perf_counter()
            with _worker(data) as worker:
                watched = await _watch(runtime, worker)
            took = time.perf_counter() - began
            texts = await _count(runtime)
    report(f"a backlog of {MAILS} mails, to the last message", took, "s")
    report("mails a second", MAILS / took, "mails/s")
    report("mails lost or doubled", abs(texts - MAILS), "mails", goal="<= 0")
    report("memory of the worker at most", watched.worker_mb, "MB", goal="<= 500 MB")
    report("memory of its reader at most", watched.reader_mb, "MB", goal="<= 500 MB")
    report("steps of progress that the mailbox page showed", len(watched.left), "", goal=">= 10")
    report("longest time without another message", watched.longest_s, "s")


class _Watched:
    """What was seen of the worker while it worked."""

    def __init__(self) -> None:
        self.worker_mb = 0.0
        self.reader_mb = 0.0
        self.left: set[int] = set()
        self.longest_s = 0.0


async def _watch(runtime: Runtime, worker: subprocess.Popen[bytes]) -> _Watched:
    """Look now and then until every mail is a message."""
    seen, pid = _Watched(), worker.pid
    done, since = 0, time.perf_counter()
    while done < MAILS:
        await asyncio.sleep(LOOK_S)
        if worker.poll() is not None:
            raise RuntimeError(f"the worker has ended after {done} mails")
        [box] = await runtime.db.query(mailboxes)
        if 0 < box.left < MAILS:
            seen.left.add(box.left)
        now = await _count(runtime)
        if now > done:
            done, since = now, time.perf_counter()
        if time.perf_counter() - since > PATIENCE_S:
            raise TimeoutError(f"no mail came for {PATIENCE_S} s after {done}")
        if done:  # the start of the process is measured elsewhere
            seen.longest_s = max(seen.longest_s, time.perf_counter() - since)
        seen.worker_mb = max(seen.worker_mb, resident_mb(pid))
        seen.reader_mb = max([seen.reader_mb, *map(resident_mb, _children(pid))])
    return seen


def _children(pid: int) -> list[int]:
    """The processes that a process has started (Linux)."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


@contextmanager
def _worker(data: Path) -> Iterator[subprocess.Popen[bytes]]:
    with (data / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "worker"],
            cwd=ROOT,
            env=os.environ | {"DATA_DIR": str(data)},
            stdout=log,
            stderr=log,
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


async def _count(runtime: Runtime) -> int:
    async with runtime.db.read() as conn:
        query = select(func.count()).where(messages.c.kind == "inbound")
        return int((await conn.execute(query)).scalar_one())

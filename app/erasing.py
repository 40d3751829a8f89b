"""Erasing a customer: rows, bytes of files, free pages, and all of it again after a restore.

A line for each identity of who was erased (a keyed hash) is kept in DATA_DIR/erased, outside the
database: a backup from before the erasure that is restored is cleaned when the product starts.
"""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from app import clock
from app.actions.erase_customer import erase_customer
from app.actions.finish_erasure import finish_erasure, forget_words
from app.actions.suppression import identity_hash, suppress_again
from app.db import NotFound
from app.queries.erasures import (
    OpenErasure,
    all_identities,
    emails_of,
    known_hashes,
    needed,
    open_erasures,
    unread_mails,
)
from app.runtime import Runtime
from app.security.permissions import Actor

QUIET_S = 60.0  # a file that somebody has just kept again may be about to get its row
LARGE = 1_000_000_000  # bytes of a database that is only rewritten at night
NIGHT = range(1, 5)  # hours, UTC


async def erase(
    runtime: Runtime, customer_id: int, actor: Actor | None, *, by: str = "agent"
) -> int:
    """Erase a customer; returns the id of the request, which a worker brings to its end."""
    emails = await runtime.db.query(emails_of, customer_id)
    mails = await _mails_of(runtime, emails)
    return await runtime.db.write(erase_customer, customer_id, actor, by=by, mails=mails)


async def _mails_of(runtime: Runtime, emails: Iterable[str]) -> list[int]:
    """Kept mails that became no message and have one of these addresses in their head."""
    rows = await runtime.db.query(unread_mails)
    words = [email.encode() for email in emails]

    def read() -> list[int]:
        found = []
        for row in rows:
            path = runtime.files.path(row.hash)
            raw = path.read_bytes().lower() if path.exists() else b""
            head = raw.replace(b"\r\n", b"\n").partition(b"\n\n")[0]
            if any(word in head for word in words):
                found.append(row.id)
        return found

    return await asyncio.to_thread(read) if words else []


async def finish_erasures(runtime: Runtime, quiet_s: float = QUIET_S) -> int:
    """Remove the bytes of erasures that are open; returns how many are done."""
    waiting = await runtime.db.query(open_erasures)
    over = [one for one in waiting if await _files_gone(runtime, one, quiet_s)]
    if not over or not _may_compact(runtime):
        return 0
    _remember(runtime, over)
    for one in over:
        await runtime.db.write(finish_erasure, one.id, list(one.files))
    await runtime.db.write(forget_words)
    await runtime.db.compact()
    return len(over)


async def _files_gone(runtime: Runtime, one: OpenErasure, quiet_s: float) -> bool:
    kept = await runtime.db.query(needed, one.files)
    gone = [
        await asyncio.to_thread(runtime.files.remove, digest, quiet_s)
        for digest in one.files
        if digest not in kept
    ]
    return all(gone)


def _may_compact(runtime: Runtime) -> bool:
    if runtime.db.is_postgres or runtime.settings.sqlite_path.stat().st_size < LARGE:
        return True
    return datetime.fromtimestamp(clock.now() / 1000, UTC).hour in NIGHT


def _list(runtime: Runtime) -> Path:
    return runtime.settings.data_dir / "erased"


def _remember(runtime: Runtime, over: Iterable[OpenErasure]) -> None:
    lines = [f"{one.asked_at} {kind} {digest}\n" for one in over for kind, digest in one.hashes]
    with _list(runtime).open("a", encoding="ascii") as file:
        file.writelines(lines)


async def erase_again(runtime: Runtime) -> int:
    """After a restore: erase again who was erased since the backup was made; returns how many."""
    path = _list(runtime)
    if not path.exists():
        return 0
    listed: dict[str, tuple[str, int]] = {}
    for line in path.read_text(encoding="ascii").splitlines():
        at, kind, digest = line.split(" ")
        listed[digest] = kind, int(at)
    if listed.keys() <= await runtime.db.query(known_hashes):
        return 0
    again = {
        row.customer_id
        for row in await runtime.db.query(all_identities)
        if row.created_at <= listed.get(_hash(runtime, row.kind, row.value), ("", -1))[1]
    }
    for customer_id in sorted(again):
        try:
            await erase(runtime, customer_id, None, by="system")
        except NotFound:  # with an alias of theirs
            continue
    await runtime.db.write(suppress_again, listed)
    return len(again)


def _hash(runtime: Runtime, kind: str, value: str) -> str:
    return identity_hash(runtime.secret, kind, value)

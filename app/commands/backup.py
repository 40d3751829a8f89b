"""`switchroom backup` and `restore`: database, files and secret in one archive.

Safe while the product runs: the database is copied by SQLite's own backup in one consistent step,
then the files; a file lies on disk before any row names it, so every row of the copy has its file.
"""

import hashlib
import json
import os
import re
import shutil
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app import clock
from app.commands.migrate import revisions, sqlite_revision
from app.settings import Settings

MANIFEST = "switchroom-backup.json"
DATABASE, SECRET, FILES = "switchroom.db", "secret", "files"
_HASH = re.compile(r"[0-9a-f]{64}")


class Refused(Exception):
    """The command does not do that; the words say why and what to do."""


def backup(target: Path) -> int:
    """Write the archive; it appears under its name only when it is complete."""
    settings = Settings()
    try:
        count = _write(settings, target)
    except (Refused, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{target}: {count} files, {target.stat().st_size / 1e6:.1f} MB. It holds secrets.")
    if settings.uses_postgres:
        print("The database is PostgreSQL: back it up beside this, with pg_dump.")
    if settings.secret_key:
        print("SECRET_KEY comes from the environment and is not in the archive: keep it too.")
    return 0


def _write(settings: Settings, target: Path) -> int:
    if not settings.uses_postgres and not settings.sqlite_path.exists():
        raise Refused(f"There is no database in {settings.data_dir}; is DATA_DIR right?")
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            partial.touch(mode=0o600)
            with tarfile.open(partial, "w:gz", compresslevel=1) as archive:
                count = _add_everything(archive, settings, Path(folder))
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return count


def _add_everything(archive: tarfile.TarFile, settings: Settings, folder: Path) -> int:
    about: dict[str, Any] = {"made_at": datetime.now(UTC).isoformat(), "revision": None}
    if not settings.uses_postgres:
        _copy_database(settings.sqlite_path, folder / DATABASE)
        about["revision"] = sqlite_revision(settings)
    manifest = folder / MANIFEST
    manifest.write_text(json.dumps(about))
    archive.add(manifest, MANIFEST)
    if not settings.uses_postgres:
        archive.add(folder / DATABASE, DATABASE)
    if (settings.data_dir / SECRET).exists():
        archive.add(settings.data_dir / SECRET, SECRET)
    count = 0
    for path in _kept_files(settings.data_dir / FILES):
        archive.add(path, str(path.relative_to(settings.data_dir)))
        count += 1
    return count


def _copy_database(source: Path, target: Path) -> None:
    import sqlite3  # here, because app.db puts a newer one in place of the stdlib's

    with (
        closing(sqlite3.connect(f"file:{source}?mode=rw", uri=True, timeout=30)) as live,
        closing(sqlite3.connect(target)) as copy,
    ):
        live.backup(copy)


def _kept_files(folder: Path) -> Iterator[Path]:
    """Finished files only: one being written has a longer name until it is whole."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and _HASH.fullmatch(path.name):
            yield path


def restore(source: Path, *, force: bool) -> int:
    """Put an archive in place; what was there is moved aside, never deleted."""
    settings = Settings()
    try:
        aside = _restore(settings, source, force=force)
    except (Refused, OSError, tarfile.TarError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Restored into {settings.data_dir}. Start it with: switchroom serve")
    if aside is not None:
        print(f"What was there before lies in {aside}")
    return 0


def _restore(settings: Settings, source: Path, *, force: bool) -> Path | None:
    data = settings.data_dir
    data.mkdir(parents=True, exist_ok=True)
    in_the_way = [name for name in (DATABASE, SECRET, FILES) if (data / name).exists()]
    if in_the_way and not force:
        raise Refused(
            f"{data} is not empty ({', '.join(in_the_way)}). Use another DATA_DIR, or --force, "
            "which moves what is there aside."
        )
    if (data / DATABASE).exists() and _is_running(data / DATABASE):
        raise Refused("Switchroom runs on this data. Stop it first.")
    with tempfile.TemporaryDirectory(dir=data, prefix=".restoring-") as folder:
        fresh = Path(folder)
        with tarfile.open(source) as archive:
            archive.extractall(fresh, filter="data")
        _check(fresh)
        aside = _move_aside(data)
        for name in (DATABASE, SECRET, FILES):
            if (fresh / name).exists():
                (fresh / name).rename(data / name)
    if (data / SECRET).exists():
        (data / SECRET).chmod(0o600)
    return aside


def _check(fresh: Path) -> None:
    """Nothing is put in place that is not whole, or that this version cannot read."""
    if not (fresh / MANIFEST).exists():
        raise Refused("This is not a backup made by switchroom backup.")
    revision = json.loads((fresh / MANIFEST).read_text()).get("revision")
    if revision is not None and revision not in revisions():
        raise Refused(f"The backup is of a newer version (schema {revision}); update first.")
    if (fresh / DATABASE).exists():
        import sqlite3

        with closing(sqlite3.connect(fresh / DATABASE)) as copy:
            verdict = copy.execute("PRAGMA quick_check").fetchone()[0]
        if verdict != "ok":
            raise Refused(f"The database in the backup is damaged: {verdict}")
    for path in _kept_files(fresh / FILES):
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != path.name:
                raise Refused(f"The file {path.name} in the backup is damaged.")


def _is_running(database: Path) -> bool:
    """Whether a process holds a lease that has not run out, and is not dead."""
    import sqlite3

    from app.workers.leases import is_dead

    with closing(sqlite3.connect(f"file:{database}?mode=rw", uri=True, timeout=10)) as conn:
        try:
            rows = conn.execute("SELECT owner, until_at FROM leases").fetchall()
        except sqlite3.DatabaseError:
            return False
    return any(until > clock.now() and not is_dead(owner) for owner, until in rows)


def _move_aside(data: Path) -> Path | None:
    there = [
        path
        for name in (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", SECRET, FILES)
        if (path := data / name).exists()
    ]
    if not there:
        return None
    aside = data / f"before-restore-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    aside.mkdir()
    for path in there:
        shutil.move(path, aside / path.name)
    return aside

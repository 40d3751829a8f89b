"""Brings the database to this version, and looks first whether there is anything to do: Alembic
takes a while to load, and most starts do not need it."""

import os
import traceback

from app.runtime import database_url
from app.settings import ROOT, Settings


class MigrationFailed(Exception):
    """The database is not at this version, and cannot be brought there as it is."""


class NewerDatabase(MigrationFailed):
    """The database was migrated by a newer version of the product."""


def bring_up_to_date(settings: Settings) -> bool:
    """Run the missing migrations; returns whether there were any (always True on PostgreSQL)."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    if not settings.uses_postgres:
        known = revisions()
        current = sqlite_revision(settings)
        if current == known[-1]:
            return False
        if current is not None and current not in known:
            raise NewerDatabase(
                f"The database is at version {current}, this program knows {known[-1]} at most. "
                "Run the newer version, or restore a backup made with this one."
            )
    _migrate_apart(database_url(settings))
    return True


def _migrate_apart(url: str) -> None:
    """Migrate in a child process where there is fork: Alembic's memory goes with it."""
    if not hasattr(os, "fork"):
        _migrate(url)
        return
    child = os.fork()
    if child == 0:
        code = 1
        try:
            _migrate(url)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        raise MigrationFailed("The database could not be migrated; the reason stands above.")


def _migrate(url: str) -> None:
    from app.migrate import migrate

    migrate(url)


def revisions() -> list[str]:
    """The versions of the schema this program knows, oldest first (0001, 0002, ...)."""
    found = sorted(path.name.split("_")[0] for path in ROOT.glob("alembic/versions/[0-9]*_*.py"))
    if not found:
        raise FileNotFoundError(f"There are no migrations in {ROOT}/alembic/versions.")
    return found


def sqlite_revision(settings: Settings) -> str | None:
    """The version a SQLite database is at; None for one that is not there or is empty."""
    if not settings.sqlite_path.exists():
        return None
    import sqlite3  # here, because app.db puts a newer one in place of the stdlib's

    conn = sqlite3.connect(f"file:{settings.sqlite_path}?mode=rw", uri=True, timeout=10)
    try:
        row = conn.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError:
        return None
    finally:
        conn.close()
    return str(row[0]) if row else None

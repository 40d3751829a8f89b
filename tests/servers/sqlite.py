"""SQLite databases for tests: a file each, copied from one prepared once."""

import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path


class Sqlite:
    """Makes database files in a folder; the twin of `tests.servers.postgres.Postgres`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count(1)
        self._templates: dict[Callable[[str], None], Path] = {}

    def fresh(self, prepare: Callable[[str], None] | None = None) -> str:
        """The URL of a new database: empty, or a copy of what `prepare(url)` once made."""
        folder = self._new_folder()
        if prepare is not None:
            shutil.copytree(self._template(prepare), folder, dirs_exist_ok=True)
        return f"sqlite:///{folder}/switchroom.db"

    def drop(self, url: str) -> None:
        """Remove a database with its write-ahead log."""
        shutil.rmtree(Path(url.removeprefix("sqlite:///")).parent)

    def _template(self, prepare: Callable[[str], None]) -> Path:
        if prepare not in self._templates:
            folder = self._new_folder()
            prepare(f"sqlite:///{folder}/switchroom.db")
            self._templates[prepare] = folder
        return self._templates[prepare]

    def _new_folder(self) -> Path:
        folder = self._folder / str(next(self._numbers))
        folder.mkdir(parents=True)
        return folder

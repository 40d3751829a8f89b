"""Files on disk, named by the SHA-256 of their bytes: the same bytes are kept once.

A file is on disk, synced, before the row that names it is committed.
"""

import hashlib
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app import clock

SYNCED_AT_ONCE = 8  # threads that wait for the disk
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that lies in the store and what is known of it; `key` names it at the doors."""

    hash: str
    size: int
    name: str
    content_type: str
    key: str
    content_id: str | None = None
    width: int | None = None
    height: int | None = None


class FileStore:
    """The files of an installation, under DATA_DIR/files."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, digest: str) -> Path:
        """Where the file with this SHA-256 lies."""
        return Path(self._place(digest))

    def put(self, data: bytes) -> str:
        """Keep the bytes and return their SHA-256; when it returns, they are on disk."""
        return self.put_all([data])[0]

    def put_all(self, batch: Sequence[bytes]) -> list[str]:
        """Keep several files; when it returns, all of them are on disk.

        Each step is taken for all of them: what one of them waits for at the disk, the others get
        with it.
        """
        digests = [hashlib.sha256(data).hexdigest() for data in batch]
        named = dict(zip(digests, batch, strict=True))
        fresh = {d: data for d, data in named.items() if not self._touch(d)}
        mark = f".{os.getpid()}.{clock.new_id()}"  # two may keep the same bytes at once
        with _closing_all() as handles:
            for digest, data in fresh.items():
                handles.append(_new_file(self._place(digest) + mark))
                _write(handles[-1], data)
            _sync(handles)
        for digest in fresh:
            os.replace(self._place(digest) + mark, self._place(digest))
        if fresh:
            folders = {os.path.dirname(self._place(digest)) for digest in fresh}
            _sync_folders({*folders, str(self.root)})  # where a folder is new, so is its entry
        return digests

    def remove(self, digest: str, quiet_s: float) -> bool:
        """Remove a file that no row names; false where somebody kept the same bytes less than
        `quiet_s` ago: their row may be on its way."""
        try:
            if time.time() - os.stat(self._place(digest)).st_mtime < quiet_s:
                return False
            os.unlink(self._place(digest))
        except FileNotFoundError:
            return True
        return True

    def _touch(self, digest: str) -> bool:
        """Whether the file is there; it says from now on that somebody has just kept it."""
        try:
            os.utime(self._place(digest))
        except FileNotFoundError:
            return False
        return True

    def read(self, digest: str) -> bytes:
        """The bytes of a file; FileNotFoundError when it is not there."""
        return self.path(digest).read_bytes()

    def keep(
        self, data: bytes, name: str, content_type: str, content_id: str | None = None
    ) -> StoredFile:
        """Keep a file that came with a message."""
        return StoredFile(
            hash=self.put(data),
            size=len(data),
            name=name or "file",
            content_type=content_type,
            key=clock.new_id(),
            content_id=content_id,
        )

    def _place(self, digest: str) -> str:
        if len(digest) != 64 or not all(c in "0123456789abcdef" for c in digest):
            raise ValueError("not the hash of a file")
        return f"{self.root}/{digest[:2]}/{digest}"


@contextmanager
def _closing_all() -> Iterator[list[int]]:
    """A list for open handles, which are closed at the end."""
    handles: list[int] = []
    try:
        yield handles
    finally:
        for handle in handles:
            os.close(handle)


def _new_file(name: str) -> int:
    """The handle of a new file, whose folder may be new as well."""
    try:
        return os.open(name, _NEW, 0o666)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(name), exist_ok=True)
        return os.open(name, _NEW, 0o666)


def _write(handle: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(handle, rest) :]


def _sync_folders(folders: Iterable[str]) -> None:
    with _closing_all() as handles:
        handles += [os.open(folder, os.O_RDONLY) for folder in folders]
        _sync(handles)


def _sync(handles: Sequence[int]) -> None:
    """Wait until these are on disk; a file system writes many in one go that ask together."""
    if len(handles) > 1:
        with ThreadPoolExecutor(min(len(handles), SYNCED_AT_ONCE)) as pool:
            list(pool.map(os.fsync, handles))
    elif handles:
        os.fsync(handles[0])

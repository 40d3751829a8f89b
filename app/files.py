"""Files on disk, named by the SHA-256 of their bytes: the same bytes are kept once.

A file is on disk, synced, before the row that names it is committed.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from app import clock


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
        if len(digest) != 64 or not all(c in "0123456789abcdef" for c in digest):
            raise ValueError("not the hash of a file")
        return self.root / digest[:2] / digest[2:4] / digest

    def put(self, data: bytes) -> str:
        """Keep the bytes and return their SHA-256; when it returns, they are on disk."""
        digest = hashlib.sha256(data).hexdigest()
        target = self.path(digest)
        if target.exists():
            return digest
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f"{digest}.{os.getpid()}.{clock.new_id()}")
        with partial.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)
        _sync_folder(target.parent)
        return digest

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


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

"""Files on disk: named by their bytes, each kept once, several at a time."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.files import FileStore


def files_in(folder: Path) -> list[str]:
    """The names of all files, also of those that are only half there."""
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_several_files_are_kept_in_one_go_and_the_same_bytes_once(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    batch = [b"one", b"two", b"one", b""]
    digests = store.put_all(batch)
    assert digests == [hashlib.sha256(data).hexdigest() for data in batch]
    assert [store.read(digest) for digest in digests] == batch
    assert files_in(tmp_path) == sorted(set(digests))
    assert store.put_all([b"two", b"three"])[0] == digests[1]
    assert store.put_all([]) == []


def test_who_keeps_the_same_files_at_once_disturbs_nobody(tmp_path: Path) -> None:
    batch = [b"%d" % number * 10_000 for number in range(50)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(FileStore(tmp_path).put_all, [batch] * 8))
    assert all(digests == found[0] for digests in found)
    assert files_in(tmp_path) == sorted(found[0])
    assert [FileStore(tmp_path).read(digest) for digest in found[0]] == batch


def test_only_a_hash_names_a_file(tmp_path: Path) -> None:
    for name in ("../secret", "a" * 63, "A" * 64, "", f"{'a' * 63}/"):
        with pytest.raises(ValueError, match="not the hash"):
            FileStore(tmp_path).path(name)

"""Addresses of static files that may be cached for ever, because they change with the content."""

import hashlib
from pathlib import Path


class Assets:
    """Static files under `/static/<version>/`, the version being a hash of all of them.

    One version for the whole tree, so that modules and style sheets that name each other by
    relative path stay together in a browser's cache.
    """

    def __init__(self, static_dir: Path) -> None:
        self.static_dir = static_dir
        digest = hashlib.sha256()
        self._known = set()
        for path in sorted(p for p in static_dir.rglob("*") if p.is_file()):
            name = path.relative_to(static_dir).as_posix()
            self._known.add(name)
            digest.update(name.encode() + b"\0" + path.read_bytes())
        self.version = digest.hexdigest()[:12]

    def url(self, path: str) -> str:
        """The address of a file in `static/`. Raises FileNotFoundError when there is none."""
        if path not in self._known and not (self.static_dir / path).is_file():
            raise FileNotFoundError(f"static/{path} does not exist; a template asks for it")
        return f"/static/{self.version}/{path}"

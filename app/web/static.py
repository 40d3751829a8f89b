"""Static files: kept for ever under the version of `app.pages.Assets`, else asked for again."""

import gzip
import hashlib
import re
import stat
from dataclasses import dataclass
from mimetypes import guess_type
from os import stat_result
from pathlib import Path

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Scope

from app.pages import Assets

_VERSIONED = re.compile(r"([0-9a-f]{12})/(.+)", re.DOTALL)
_TEXT = ("text/", "application/json", "application/manifest+json", "image/svg")
SMALL = 1_000  # bytes; less is not worth compressing


@dataclass(frozen=True, slots=True)
class _File:
    """A file as it is sent, and the state on disk in which it was read."""

    state: tuple[int, int]
    body: bytes
    zipped: bytes  # empty where that would save nothing
    headers: dict[str, str]


_KEPT: dict[str, _File] = {}  # by path, for every application of the process


class Static(StaticFiles):
    """Serves `static/` with and without a version in the path, from memory and compressed once.

    An address of an earlier version, from a page that was open during a deploy, answers with the
    file of today but may not be kept. Addresses without a version are for other people's pages
    (the widget's loader), which cannot know it.
    """

    def __init__(self, assets: Assets) -> None:
        super().__init__(directory=assets.static_dir)
        self._version = assets.version

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, with the caching its address allows."""
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405)
        versioned = _VERSIONED.fullmatch(path)
        file = self._file(versioned[2] if versioned else path)
        for_ever = versioned is not None and versioned[1] == self._version
        caching = "public, max-age=31536000, immutable" if for_ever else "public, max-age=300"
        headers = {**file.headers, "Cache-Control": caching}
        asked = Headers(scope=scope)
        if self.is_not_modified(Headers(headers), asked):
            return NotModifiedResponse(Headers(headers))
        if file.zipped and "gzip" in asked.get("Accept-Encoding", ""):
            return Response(file.zipped, headers={**headers, "Content-Encoding": "gzip"})
        return Response(file.body, headers=headers)

    def _file(self, name: str) -> _File:
        try:
            path, found = self.lookup_path(name)  # never outside of static/
        except (OSError, ValueError):  # no name that a file could have
            raise HTTPException(404) from None
        if found is None or not stat.S_ISREG(found.st_mode):
            raise HTTPException(404)
        kept = _KEPT.get(path)
        if kept is None or kept.state != _state(found):
            kept = _KEPT[path] = _read(Path(path), found)
        return kept


def _state(found: stat_result) -> tuple[int, int]:
    return found.st_mtime_ns, found.st_size


def _read(path: Path, found: stat_result) -> _File:
    body = path.read_bytes()
    kind = guess_type(path)[0] or "application/octet-stream"
    is_text = kind.startswith(_TEXT)
    headers = {
        "Content-Type": f"{kind}; charset=utf-8" if kind.startswith("text/") else kind,
        "ETag": f'"{hashlib.sha256(body).hexdigest()[:16]}"',
        "Vary": "Accept-Encoding",
    }
    zipped = gzip.compress(body, 9, mtime=0) if is_text and len(body) >= SMALL else b""
    return _File(_state(found), body, zipped, headers)

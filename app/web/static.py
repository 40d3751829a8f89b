"""Static files: kept for ever under the version of `app.pages.Assets`, else asked for again."""

import re

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from app.pages import Assets

_VERSIONED = re.compile(r"([0-9a-f]{12})/(.+)", re.DOTALL)


class Static(StaticFiles):
    """Serves `static/` with and without a version in the path.

    An address of an earlier version, from a page that was open during a deploy, answers with the
    file of today but may not be kept. Addresses without a version are for other people's pages
    (the widget's loader), which cannot know it.
    """

    def __init__(self, assets: Assets) -> None:
        super().__init__(directory=assets.static_dir)
        self._version = assets.version

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, with the caching its address allows."""
        versioned = _VERSIONED.fullmatch(path)
        response = await super().get_response(versioned[2] if versioned else path, scope)
        if versioned and versioned[1] == self._version:
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        elif response.status_code < 400:
            response.headers["Cache-Control"] = "public, max-age=300"
        return response

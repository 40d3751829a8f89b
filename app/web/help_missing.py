"""An address of the help centre where nothing is: the way on for whoever has come there."""

from fastapi import Request
from fastapi.responses import Response

from app.db import NotFound
from app.pages.locales import LANGUAGE_TAGS
from app.queries.help_centre import entries_of
from app.runtime import Runtime
from app.web.help_page import Centre
from app.web.request import html, wants_page

MOST = 4


async def missing(request: Request, runtime: Runtime, centre: Centre, slug: str) -> Response:
    """404, within the brand's own pages, with the articles that the words of the address would
    find. What one may not read is answered like what is not there."""
    if not wants_page(request):
        raise NotFound
    words = " ".join(slug.replace("\0", "").replace("-", " ").replace("_", " ").split())[:100]
    hits = await runtime.knowledge.search(
        words,
        brand=centre.brand.id,
        locale=centre.locale,
        visibilities=centre.visibilities,
        limit=MOST,
    )
    ids = [hit.article_id for hit in hits]
    found = await runtime.db.query(
        entries_of, centre.brand.id, ids, centre.locale, centre.visibilities
    )
    return html(
        runtime.pages.render(
            "help/missing.html", centre.locale, centre=centre, brand=centre.brand,
            here=centre.here, language_tags=LANGUAGE_TAGS, q="",
            near=[found[id] for id in ids if id in found],
        ),
        404,
    )  # fmt: skip

"""Pictures in articles: uploaded by authors, shown to whoever may read the article."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import JSONResponse, Response

from app.actions.article_file import add_article_file
from app.db import NotFound
from app.queries.article_file import article_file
from app.queries.articles import CUSTOMERS
from app.security.uploads import check_upload
from app.web.console.refusals import ConsoleRoute
from app.web.files import keep_checked, serve_file
from app.web.request import Run, SignInNeeded, Who, client_ip, session_of
from app.web.widget.links import Links

router = APIRouter(route_class=ConsoleRoute)


@router.post("/knowledge/files", status_code=201)
async def upload(
    request: Request,
    runtime: Run,
    actor: Who,
    file: Annotated[UploadFile, File()],
    brand: Annotated[int, Form()],
    article: Annotated[int | None, Form()] = None,
) -> JSONResponse:
    """Keep a picture: {"url", "name"} for the text."""
    await runtime.limits.take("upload", client_ip(request))
    largest = runtime.settings.max_upload_mb * 1_000_000
    data = await file.read(largest + 1)
    checked = await asyncio.to_thread(check_upload, file.filename or "", data, largest)
    stored = await asyncio.to_thread(keep_checked, runtime, checked)
    url = await runtime.db.write(add_article_file, actor, stored, brand, article)
    return JSONResponse({"url": url, "name": stored.name.rpartition(".")[0]}, 201)


@router.get("/help-files/{key}")
async def picture(request: Request, runtime: Run, key: str, proof: str = "") -> Response:
    """A picture: for everybody once a public article is published with it, for customers with the
    address that stands in an article for them, else for its authors."""
    found = await runtime.db.query(article_file, key)
    if found is None:
        raise NotFound
    is_public = found.visibility == "public"
    shown = found.visibility in CUSTOMERS and Links(runtime.secret).opens_picture(key, proof)
    if not (is_public or shown):
        try:
            session = await session_of(request, runtime)
        except SignInNeeded:
            raise NotFound from None
        if not session.actor.sees_brand(found.brand_id):
            raise NotFound
    if not is_public:
        response = serve_file(runtime, found.download)
        response.headers["Cache-Control"] = "private, no-store"
        return response
    # Caches keep it, but ask each time: an article may turn internal.
    headers = {"Cache-Control": "public, no-cache", "ETag": f'"{found.download.hash[:24]}"'}
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    response = serve_file(runtime, found.download)
    response.headers.update(headers)
    return response

"""Files in and out: uploads of agents, downloads for whoever may read the message they hang on."""

import asyncio
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, File, Request, UploadFile
from fastapi.responses import FileResponse, JSONResponse, Response

from app import clock
from app.actions.attach import attach_files
from app.db import NotFound
from app.files import StoredFile
from app.queries.attachment import Download, attachment_for_agent
from app.runtime import Runtime
from app.security.permissions import Actor
from app.security.uploads import PICTURES, CheckedFile, check_upload
from app.web.late_route import LateRoute
from app.web.request import Run, Who, client_ip

router = APIRouter(include_in_schema=False, route_class=LateRoute)
# Whatever a file contains, a browser that opens it runs nothing and asks nobody for anything.
SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"


@router.get("/files/{key}")
async def download(runtime: Run, actor: Who, key: str) -> Response:
    """A file, for an agent who may see its conversation."""
    found = await runtime.db.query(attachment_for_agent, actor, key)
    if found is None:
        raise NotFound
    note_download(runtime, actor, found, key)
    return serve_file(runtime, found)


def note_download(
    runtime: Runtime, actor: Actor, found: Download, key: str, by: str = "agent"
) -> None:
    """Who takes a customer's file along is written down; a picture in the thread is a look."""
    if found.customer_id is not None:
        action = "viewed" if found.shown else "downloaded"
        runtime.looks.saw(actor, found.customer_id, f"file {key}", action=action, by=by)


def serve_file(runtime: Runtime, found: Download) -> Response:
    """The answer with a file in it: for downloading, unless it is a picture that we drew anew."""
    inline = found.shown and found.content_type in PICTURES
    kind = "inline" if inline else "attachment"
    return FileResponse(
        runtime.files.path(found.hash),
        media_type=_safe_type(found.content_type),
        headers={
            "Content-Disposition": f"{kind}; filename*=UTF-8''{quote(found.name, safe='')}",
            "Content-Security-Policy": SANDBOX,
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "private, max-age=3600",
        },
    )


def _safe_type(content_type: str) -> str:
    """The type told to browsers: never one that they would run as a page."""
    plain = content_type.partition(";")[0].strip().lower()
    harmless = (
        plain in PICTURES
        or plain in ("application/pdf", "text/plain", "application/zip")
        or plain.startswith(("audio/", "video/"))
    )
    return plain if harmless else "application/octet-stream"


@router.post("/files", status_code=201)
async def upload(
    request: Request, runtime: Run, actor: Who, file: Annotated[UploadFile, File()]
) -> JSONResponse:
    """Keep a file for the agent's next message: {"key", "name", "size", "content_type"}."""
    await runtime.limits.take("upload", client_ip(request))
    stored = await take_upload(runtime, file, owner=f"agent:{actor.agent_id}")
    return JSONResponse(shape(stored), 201)


async def take_upload(runtime: Runtime, file: UploadFile, *, owner: str) -> StoredFile:
    """Check and keep a file that `owner` ("agent:3", "visitor:…") may send with a message.

    Raises Invalid(file=…) for one that is empty, too large or of a kind nobody needs to send.
    """
    largest = runtime.settings.max_upload_mb * 1_000_000
    data = await file.read(largest + 1)
    checked = await asyncio.to_thread(check_upload, file.filename or "", data, largest)
    stored = await asyncio.to_thread(keep_checked, runtime, checked)
    await runtime.db.write(attach_files, [stored], message_id=None, owner=owner)
    return stored


def keep_checked(runtime: Runtime, checked: CheckedFile) -> StoredFile:
    """Put a file that was checked on disk; call it in a thread."""
    return StoredFile(
        hash=runtime.files.put(checked.data),
        size=len(checked.data),
        name=checked.name,
        content_type=checked.content_type,
        key=clock.new_id(),
        width=checked.width,
        height=checked.height,
    )


def shape(stored: StoredFile) -> dict[str, object]:
    """What the composer needs to know of an upload."""
    return {
        "key": stored.key,
        "name": stored.name,
        "size": stored.size,
        "content_type": stored.content_type,
    }

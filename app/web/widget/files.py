"""Files of a chat: up with the visitor's token, down by a signed address; photos of agents."""

import asyncio
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request, UploadFile
from fastapi.responses import FileResponse, Response
from sqlalchemy import Connection, func, select
from starlette.datastructures import UploadFile as Uploaded

from app.actions.attach import attach_files
from app.actions.visitor import upload_owner
from app.db import Invalid, NotFound, Tx
from app.files import StoredFile
from app.models.agent import agents
from app.models.conversation import attachments, files
from app.runtime import Runtime
from app.security.uploads import check_upload
from app.web.late_route import LateRoute
from app.web.request import Run, client_ip, html
from app.web.widget.door import WidgetGuest
from app.web.widget.links import Links

router = APIRouter(prefix="/widget", include_in_schema=False, route_class=LateRoute)
MB = 1_000_000
MOST_UNSENT = 20
_POLICY = "default-src 'none'; sandbox"


@router.post("/files")
async def upload(request: Request, runtime: Run, guest: WidgetGuest, file: UploadFile) -> Response:
    """Keep a file until it is sent with a message; answers with its chip."""
    await runtime.limits.take("upload", client_ip(request))
    owner = upload_owner(guest.visitor.visitor)
    stored = await keep(runtime, file)
    await runtime.db.write(_keep_unsent, [stored], owner)
    return html(runtime.pages.render("widget/chip.html", guest.locale, file=stored))


async def keep(runtime: Runtime, file: Uploaded) -> StoredFile:
    """Check an uploaded file and put it on disk."""
    largest = runtime.settings.max_upload_mb * MB
    data = await file.read(largest + 1)
    checked = await asyncio.to_thread(check_upload, file.filename or "", data, largest)
    stored = await asyncio.to_thread(
        runtime.files.keep, checked.data, checked.name, checked.content_type
    )
    return StoredFile(
        hash=stored.hash,
        size=stored.size,
        name=stored.name,
        content_type=stored.content_type,
        key=stored.key,
        width=checked.width,
        height=checked.height,
    )


def _keep_unsent(tx: Tx, stored: Sequence[StoredFile], owner: str) -> None:
    waiting: int = tx.execute(
        select(func.count()).where(attachments.c.owner == owner, attachments.c.message_id.is_(None))
    ).scalar_one()
    if waiting >= MOST_UNSENT:
        raise Invalid(file="too_many")
    attach_files(tx, stored, message_id=None, owner=owner)


@router.get("/files/{key}/{proof}/{name:path}")
async def download(runtime: Run, key: str, proof: str, name: str) -> Response:
    """A file of the visitor's own thread. Only pictures that we drew anew are shown in place."""
    if not Links(runtime.secret).opens_file(key, proof):
        raise NotFound
    row = await runtime.db.query(_file, key)
    if row is None:
        raise NotFound
    shown = row.width is not None
    return FileResponse(
        runtime.files.path(row.hash),
        media_type=row.content_type if shown else "application/octet-stream",
        headers={
            "Content-Disposition": f"{'inline' if shown else 'attachment'}; "
            f"filename*=UTF-8''{quote(row.name)}",
            "Content-Security-Policy": _POLICY,
            "Cache-Control": "private, max-age=86400",
        },
    )


@router.get("/photo/{agent_id}.{signature}")
async def photo(runtime: Run, agent_id: int, signature: str) -> Response:
    """The face of the agent they talk to."""
    if not Links(runtime.secret).opens_photo(agent_id, signature):
        raise NotFound
    digest = await runtime.db.query(_photo, agent_id)
    if digest is None:
        raise NotFound
    return FileResponse(
        runtime.files.path(digest),
        media_type="image/webp",
        headers={"Content-Security-Policy": _POLICY, "Cache-Control": "private, max-age=3600"},
    )


def _file(conn: Connection, key: str) -> Any:
    return conn.execute(
        select(files.c.hash, attachments.c.name, attachments.c.content_type, attachments.c.width)
        .join(files, files.c.id == attachments.c.file_id)
        .where(attachments.c.key == key)
    ).first()


def _photo(conn: Connection, agent_id: int) -> str | None:
    return conn.execute(
        select(files.c.hash)
        .join(agents, agents.c.photo_file_id == files.c.id)
        .where(agents.c.id == agent_id)
    ).scalar()

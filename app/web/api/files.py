"""Files over the API: kept for a message, fetched by whoever may read the message."""

from typing import Annotated, Any

from fastapi import APIRouter, File, UploadFile
from fastapi.responses import FileResponse, Response

from app.db import NotFound
from app.queries.attachment import attachment_for_agent
from app.web.api.access import Caller, IdempotentRoute
from app.web.api.shapes.base import FileShape
from app.web.api.values import FileKey
from app.web.files import note_download, serve_file, take_upload
from app.web.request import Run

router = APIRouter(tags=["files"], route_class=IdempotentRoute)


@router.post("/files", response_model=FileShape, status_code=201)
async def upload_file(
    runtime: Run, caller: Caller, file: Annotated[UploadFile, File(description="one file")]
) -> Any:
    """Keep a file for your next message: name its key in `uploads` within a day.

    Pictures are drawn anew, without what is hidden in them; programs are refused.
    """
    return await take_upload(runtime, file, owner=f"agent:{caller.agent_id}")


@router.get(
    "/files/{key}",
    response_class=FileResponse,
    responses={
        200: {
            "description": "The file",
            "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def get_file(runtime: Run, caller: Caller, key: FileKey) -> Response:
    """A file of a message you may read, or of your own that is not sent yet."""
    found = await runtime.db.query(attachment_for_agent, caller, key)
    if found is None:
        raise NotFound
    note_download(runtime, caller, found, key, "api")
    return serve_file(runtime, found)

"""A person's data as an archive: a JSON of everything, a CSV a table, the files that came along."""

import asyncio
import json
import os
import tempfile
import zipfile
from dataclasses import replace
from typing import Any

from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from app import clock
from app.files import FileStore
from app.queries.person_export import PersonData, person_data
from app.runtime import Runtime
from app.web.supervise.spreadsheet import csv_text
from channels.email.attachments import safe_name
from knowledge.sensitive import masked_words

README = (
    "data.json holds everything that is kept of this person: the rows of every table, by table.\n"
    "tables/ has the same as files for spreadsheets, files/ what came with messages.\n"
    "Moments are milliseconds since 1970-01-01 00:00 UTC.\n"
)


async def person_archive(
    runtime: Runtime, customer_id: int, brand_id: int | None = None, *, hidden: bool = False
) -> FileResponse:
    """The archive as a download; nothing of it stays here. With `brand_id` nothing of another;
    `hidden`: without the numbers that whoever asks may not see (files are as they came)."""
    data = await runtime.db.query(person_data, customer_id, brand_id)
    if hidden:
        data = await asyncio.to_thread(_hidden, data)
    path = await asyncio.to_thread(_write, data, runtime.files)
    return FileResponse(
        path,
        media_type="application/zip",
        filename=f"customer-{data.customer_id}.zip",
        headers={"Cache-Control": "no-store"},
        background=BackgroundTask(os.unlink, path),
    )


def _hidden(data: PersonData) -> PersonData:
    return replace(data, tables=masked_words(data.tables))


def _write(data: PersonData, files: FileStore) -> str:
    handle, path = tempfile.mkstemp(suffix=".zip")
    with os.fdopen(handle, "wb") as out, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("README.txt", README)
        about = {"customer": data.customer_id, "made_at": clock.now(), "tables": data.tables}
        zipped.writestr("data.json", json.dumps(about, ensure_ascii=False, indent=1))
        for name, rows in data.tables.items():
            if rows:
                lines = [[_cell(value) for value in row.values()] for row in rows]
                text = csv_text(list(rows[0]), lines)
                zipped.writestr(f"tables/{name}.csv", text.encode("utf-8-sig"))
        for file in data.files:
            if files.path(file.hash).exists():
                zipped.write(files.path(file.hash), f"files/{safe_name(file.name)}")
    return path


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else value

"""People from a file: upload, look over, go, watch, see what was put aside; data quality."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import RedirectResponse, Response

from app.actions.customer_import import FIELDS, keep_import, start_import
from app.db import Conflict, Invalid
from app.pages import N_
from app.queries.customer_imports import (
    get_import,
    list_imports,
    quality_by_source,
    rows_put_aside,
)
from app.runtime import Runtime
from app.security.sessions import Session
from app.security.uploads import clean_name
from app.web.console.refusals import ConsoleRoute
from app.web.request import Run, SignedIn, Supervisor, frame, html
from app.web.supervise.spreadsheet import csv_response
from channels.contact_file import ContactFile, read_contact_file

router = APIRouter(route_class=ConsoleRoute)
SHOWN = 8
FIELD_NAMES = {
    "name": N_("Full name"), "first_name": N_("First name"), "last_name": N_("Last name"),
    "email": N_("Email address"), "phone": N_("Phone"), "company": N_("Company"),
    "role": N_("Role"), "birthday": N_("Birthday"), "language": N_("Language"),
    "time_zone": N_("Time zone"), "notes": N_("Notes"), "external_id": N_("Number in that system"),
    "card": N_("Card"), "wechat": N_("WeChat"), "user_id": N_("Account"),
    "party": N_("Kind of party"),
}  # fmt: skip


@router.get("/customers/imports")
async def imports(runtime: Run, session: SignedIn) -> Response:
    """The latest imports, and a place for the next file."""
    rows = await runtime.db.query(list_imports, session.actor)
    return _page(runtime, session, "imports", imports=rows)


@router.post("/customers/imports")
async def upload(
    runtime: Run,
    actor: Supervisor,
    file: Annotated[UploadFile, File()],
    source: str = Form("import", max_length=40),
) -> Response:
    """Keep the file and show what is in it; nothing is taken in yet."""
    import_id = await take_file(runtime, actor, file, source.strip())
    return RedirectResponse(f"/customers/imports/{import_id}", 303)


@router.get("/customers/imports/{import_id}")
async def one(runtime: Run, session: SignedIn, import_id: int) -> Response:
    """Before: the first rows and what each column means. Then: how far it is. After: the sums."""
    job = await runtime.db.query(get_import, session.actor, import_id)
    found = await asyncio.to_thread(_read, runtime, job) if job["state"] == "preview" else None
    return _page(
        runtime,
        session,
        "import",
        job=job,
        columns=found.columns if found else (),
        rows=found.rows[:SHOWN] if found else (),
        fields={name: FIELD_NAMES[name] for name in FIELDS},
    )


@router.post("/customers/imports/{import_id}/start")
async def start(request: Request, runtime: Run, actor: Supervisor, import_id: int) -> Response:
    """Go."""
    form = await request.form()
    said = {name: str(value) for name, value in form.items()}
    mapping = {
        name.removeprefix("column:"): value
        for name, value in said.items()
        if name.startswith("column:")
    }
    await runtime.db.write(
        start_import,
        actor,
        import_id,
        mapping,
        source=said.get("source", "").strip(),
        region=said.get("region", "").strip().upper()[:2],
        verified="verified" in said,
    )
    return RedirectResponse(f"/customers/imports/{import_id}", 303)


@router.get("/customers/imports/{import_id}/rejected.csv")
async def rejected(runtime: Run, actor: Supervisor, import_id: int) -> Response:
    """The rows that were put aside with the reasons, to be put right and brought again."""
    return csv_response(f"rejected-{import_id}", *await rejected_table(runtime, actor, import_id))


@router.get("/customers/quality")
async def quality(runtime: Run, session: SignedIn) -> Response:
    """How complete, valid and unique what each source brought is."""
    rows = await runtime.db.query(quality_by_source, session.actor)
    return _page(runtime, session, "quality", rows=rows)


async def take_file(runtime: Runtime, actor: Any, file: UploadFile, source: str) -> int:
    """Read and keep an uploaded file; Invalid(file=…) says what is wrong with it."""
    largest = runtime.settings.max_upload_mb * 1_000_000
    data = await file.read(largest + 1)
    if len(data) > largest:
        raise Invalid(file="too_large")
    name = clean_name(file.filename or "customers.csv")
    try:
        found = await asyncio.to_thread(read_contact_file, name, data)
    except ValueError as error:
        raise Invalid(file=str(error)) from error
    stored = await asyncio.to_thread(runtime.files.keep, data, name, "text/csv")
    return await runtime.db.write(
        keep_import, actor, stored, found.kind, len(found.rows), source, found.guess()
    )


async def rejected_table(
    runtime: Runtime, actor: Any, import_id: int
) -> tuple[list[str], list[list[object]]]:
    """Heading and lines of the rows that were put aside."""
    rows = await runtime.db.query(rows_put_aside, actor, import_id)
    columns = list(dict.fromkeys(column for row in rows for column in row["raw"]))
    return (
        ["row", "reasons", *columns],
        [
            [row["number"], " ".join(row["reasons"]), *(row["raw"].get(name) for name in columns)]
            for row in rows
        ],
    )


def _read(runtime: Runtime, job: dict[str, Any]) -> ContactFile:
    try:
        return read_contact_file(job["name"], runtime.files.read(job["hash"]))
    except (ValueError, FileNotFoundError) as error:
        raise Conflict("file_gone") from error


def _page(runtime: Runtime, session: Session, name: str, **context: Any) -> Response:
    return html(
        runtime.pages.render(
            f"console/{name}.html",
            session.actor.locale,
            **frame(session),
            section="customers",
            **context,
        )
    )

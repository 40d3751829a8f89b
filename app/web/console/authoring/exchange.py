"""Articles from elsewhere in the browser: a file is looked at first, then taken; and an export."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection

from app import clock
from app.actions.article_upload import end_import, keep_upload
from app.db import Invalid, NotFound
from app.exchange import KINDS, Look, export_articles, look_at, read_parcel, take_parcel
from app.pages import LOCALE_NAMES, N_
from app.queries.article_exchange import day_of
from app.queries.article_imports import ImportRow, import_row, last_imports
from app.queries.choices import Choice, brand_choices
from app.runtime import Runtime
from app.security.permissions import Actor
from app.security.sessions import Session
from app.security.uploads import clean_name
from app.web.console.refusals import ConsoleRoute
from app.web.request import Run, SignedIn, Who, client_ip, frame, html
from knowledge.exchange.values import Parcel, Unreadable

router = APIRouter(route_class=ConsoleRoute, prefix="/knowledge")
SHOWN = 100  # articles and refusals that are listed one by one
UNREADABLE = {
    "not_a_zip": N_("This is not a ZIP archive, or it is damaged."),
    "too_large": N_("This archive unpacks to more than can be taken. Split it."),
    "no_articles": N_("There are no articles in this file."),
    "no_columns": N_("The first line must name the columns title and body."),
    "not_a_table": N_("This table cannot be read."),
    "not_utf8": N_("The text is not in UTF-8. Save the file as UTF-8 and try again."),
    "not_json": N_("This is not a JSON file, or it is damaged."),
    "kind": N_("Choose what kind of file it is."),
    "empty": N_("Choose a file."),
    "too_big": N_("This file is too large."),
}
REFUSED = {
    "language": N_("in a language that is not offered here"),
    "no_title": N_("has no title"),
    "no_id": N_("has no id"),
    "title_too_long": N_("the title is longer than 300 characters"),
    "body_too_long": N_("the text is longer than 200,000 characters"),
    "id_too_long": N_("the id is longer than 250 characters"),
    "not_text": N_("contains characters that cannot be stored"),
    "not_utf8": N_("is not in UTF-8"),
    "front_matter": N_("the lines between --- cannot be read"),
    "visibility": N_("visibility must be public, customer or internal"),
    "status": N_("status must be draft, published or archived"),
    "check_by": N_("check_by must be a date such as 2026-05-31"),
    "twice": N_("the same article in the same language stands above already"),
    "too_many_cells": N_("has more cells than there are columns"),
    "no_picture": N_("this picture is not in the file"),
    "no_page": N_("this page is not in the file"),
    "not_a_picture": N_("is not a picture that can be shown"),
}


@router.get("/import")
async def imports(runtime: Run, session: SignedIn) -> Response:
    """Choose a file; what was taken before."""
    return html(await _page(runtime, session))


@router.post("/import")
async def look(
    request: Request,
    runtime: Run,
    session: SignedIn,
    file: Annotated[UploadFile, File()],
    brand: Annotated[int, Form()],
    kind: Annotated[str, Form()] = "",
    locale: Annotated[str, Form()] = "en",
    as_drafts: Annotated[bool, Form()] = False,
) -> Response:
    """Keep the file and show what it would change; nothing is written yet."""
    actor = session.actor
    await runtime.limits.take("upload", client_ip(request))
    largest = runtime.settings.max_upload_mb * 1_000_000
    data = await file.read(largest + 1)
    name = clean_name(file.filename or "articles")
    if not data or len(data) > largest:
        why = "empty" if not data else "too_big"
        return html(await _page(runtime, session, UNREADABLE[why]), 422)
    locale = locale if locale in LOCALE_NAMES else "en"
    try:
        parcel = await asyncio.to_thread(read_parcel, kind, name, data, locale)
    except Unreadable as error:
        words = UNREADABLE.get(error.why, UNREADABLE["no_articles"])
        return html(await _page(runtime, session, words, kind=kind), 422)
    found = await look_at(runtime, actor, brand, parcel, as_drafts=as_drafts)
    stored = await asyncio.to_thread(runtime.files.keep, data, name, "application/octet-stream")
    import_id = await runtime.db.write(
        keep_upload,
        actor,
        brand,
        kind,
        stored,
        {"locale": locale, "as_drafts": as_drafts},
        found.counts,
    )
    return RedirectResponse(f"/knowledge/import/{import_id}", 303)


@router.get("/import/{import_id:int}")
async def seen(runtime: Run, session: SignedIn, import_id: int) -> Response:
    """What a file would change, or what it has changed."""
    kept = await runtime.db.query(import_row, session.actor, import_id)
    found: Look | None = None
    if kept.state == "seen":
        parcel = await _parcel(runtime, kept)
        drafts = bool(kept.options.get("as_drafts"))
        found = await look_at(runtime, session.actor, kept.brand_id, parcel, as_drafts=drafts)
    return html(
        runtime.pages.render(
            "console/article_import_seen.html", session.actor.locale, **frame(session),
            section="knowledge", kept=kept, look=found, shown=SHOWN, reasons=REFUSED,
        )
    )  # fmt: skip


@router.post("/import/{import_id:int}")
async def take(runtime: Run, actor: Who, import_id: int) -> Response:
    """Write the articles."""
    kept = await runtime.db.query(import_row, actor, import_id)
    parcel = await _parcel(runtime, kept)
    drafts = bool(kept.options.get("as_drafts"))
    counts = await take_parcel(runtime, actor, kept.brand_id, parcel, as_drafts=drafts)
    await runtime.db.write(end_import, import_id, counts)
    return RedirectResponse(f"/knowledge/import/{import_id}", 303)


@router.get("/export")
async def export(runtime: Run, actor: Who, brand: int) -> Response:
    """All articles of a brand as a folder of Markdown."""
    data = await export_articles(runtime, actor, brand)
    day = day_of(clock.now())
    return Response(
        data,
        media_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="articles-{brand}-{day}.zip"',
            "Cache-Control": "no-store",
        },
    )


async def _parcel(runtime: Runtime, kept: ImportRow) -> Parcel:
    data = await asyncio.to_thread(runtime.files.read, kept.hash)
    locale = str(kept.options.get("locale", "en"))
    try:
        return await asyncio.to_thread(read_parcel, kept.kind, kept.name, data, locale)
    except Unreadable as error:
        raise Invalid(file=error.why) from error


async def _page(runtime: Runtime, session: Session, error: str = "", kind: str = "markdown") -> str:
    actor = session.actor
    if not actor.publishes:
        raise NotFound

    def read(conn: Connection, who: Actor) -> tuple[tuple[Choice, ...], list[ImportRow]]:
        return brand_choices(conn, who), last_imports(conn, who)

    brands, last = await runtime.db.query(read, actor)
    return runtime.pages.render(
        "console/article_import.html", actor.locale, **frame(session), section="knowledge",
        brands=brands, last=last, kinds=KINDS, kind=kind, locales=LOCALE_NAMES,
        error=runtime.pages.translate(actor.locale, error) if error else "",
    )  # fmt: skip

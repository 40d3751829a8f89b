"""What a customer has talked about with a brand, where it stands, and writing on."""

import re
from collections.abc import Sequence
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, File, Form, Path, Request, UploadFile
from fastapi.responses import FileResponse, RedirectResponse, Response

from app import clock
from app.actions.portal_rights import go_on_by_letter
from app.db import Invalid, NotFound
from app.files import StoredFile
from app.intake import take_in
from app.queries.portal_door import way_to
from app.queries.portal_talks import goes_on_in, inbox_of, overview, portal_file, talk_page
from app.runtime import Runtime
from app.web.late_route import LateRoute
from app.web.portal.door import Acting, Brand, Perhaps, Visit, Visiting, draw, draw_outside
from app.web.request import Run, client_ip
from app.web.widget.files import keep
from channels.values import Inbound, ThreadHints

router = APIRouter(prefix="/{slug}", route_class=LateRoute)
MOST_FILES = 5
LONGEST = 20_000
_KEY = re.compile(r"[A-Za-z0-9-]{16,64}")
Number = Annotated[int, Path(ge=1, lt=2**63)]
_POLICY = "default-src 'none'; sandbox"


@router.get("/")
async def start(
    request: Request,
    runtime: Run,
    brand: Brand,
    visit: Perhaps,
    before: str = "",
    over: bool = False,
    out: bool = False,
) -> Response:
    """Where everything stands; for strangers the way to sign in."""
    if visit is None:
        return draw_outside(request, runtime, brand, "sign_in.html", wrong=None, over=over, out=out)
    page = await runtime.db.query(overview, visit.who, clock.now(), before)
    return draw(runtime, visit, "overview.html", section="talks", page=page, later=bool(before))


@router.get("/conversations/{number}")
async def talk(runtime: Run, visit: Visiting, number: Number, said: bool = False) -> Response:
    """One conversation, to read and to go on with; one that was merged leads to where it went."""
    now_in = await runtime.db.query(goes_on_in, visit.who, number)
    if now_in != number:
        return RedirectResponse(f"{visit.brand.here}conversations/{now_in}", 303)
    return await _talk(runtime, visit, number, said=said)


@router.post("/conversations/{number}")
async def say(
    request: Request,
    runtime: Run,
    visit: Acting,
    number: Number,
    text: Annotated[str, Form(max_length=100_000)] = "",
    key: Annotated[str, Form(max_length=64)] = "",
    files: Annotated[Sequence[UploadFile], File()] = (),
) -> Response:
    """A message of theirs: it comes in by the door every message comes in by."""
    who, words = visit.who, text.replace("\0", "").strip()
    number = await runtime.db.query(goes_on_in, who, number)
    inbox_id = await runtime.db.query(inbox_of, who, number)
    me = await runtime.db.query(way_to, who)
    chosen = [file for file in files if file.filename]
    if me is None:
        raise NotFound
    error = _wrong(words, chosen)
    stored: list[StoredFile] = []
    if not error:
        await runtime.limits.take_key("portal_say", str(who.customer_id))
        await runtime.limits.take("upload", client_ip(request))
        stored, error = await _kept(runtime, chosen)
    if error:
        return await _talk(runtime, visit, number, text=text, error=error, status=422)
    key = key if _KEY.fullmatch(key) else clock.new_id()
    await runtime.db.write(go_on_by_letter, who, number)
    inbound = Inbound(
        channel="form",
        external_id=f"portal:{who.customer_id}:{key}",
        identities=(me,),
        name=who.name,
        text=words,
        full_text=words,
        thread=ThreadHints(token=number),
        trust="verified",
    )
    taken = await take_in(runtime.db, runtime.files, inbox_id, inbound, stored=stored, key=key)
    return RedirectResponse(await _where(runtime, visit, taken.conversation_id), 303)


@router.get("/files/{key}/{name:path}")
async def file(runtime: Run, visit: Visiting, key: str, name: str) -> Response:
    """A file of a message they may read. Only pictures that we drew anew are shown in place."""
    row = await runtime.db.query(portal_file, visit.who, key.replace("\0", ""))
    shown = row.width is not None
    disposition = "inline" if shown else "attachment"
    return FileResponse(
        runtime.files.path(row.hash),
        media_type=row.content_type if shown else "application/octet-stream",
        headers={
            "Content-Disposition": f"{disposition}; filename*=UTF-8''{quote(row.name)}",
            "Content-Security-Policy": _POLICY,
            "Cache-Control": "private, no-store",
        },
    )


async def _where(runtime: Runtime, visit: Visit, number: int) -> str:
    """On to the conversation; what somebody who is blocked writes is kept where nobody sees it."""
    try:
        await runtime.db.query(inbox_of, visit.who, number)
    except NotFound:
        return visit.brand.here
    return f"{visit.brand.here}conversations/{number}?said=1#end"


def _wrong(text: str, files: Sequence[UploadFile]) -> str:
    if not text and not files:
        return "empty_message"
    if len(text) > LONGEST:
        return "too_long"
    return "too_many" if len(files) > MOST_FILES else ""


async def _kept(runtime: Runtime, files: Sequence[UploadFile]) -> tuple[list[StoredFile], str]:
    """The files on disk, or why one of them is refused."""
    try:
        return [await keep(runtime, each) for each in files], ""
    except Invalid as error:
        return [], next(iter(error.errors.values()))


async def _talk(
    runtime: Runtime,
    visit: Visit,
    number: Number,
    *,
    text: str = "",
    error: str = "",
    said: bool = False,
    status: int = 200,
) -> Response:
    page = await runtime.db.query(talk_page, visit.who, number, clock.now())
    return draw(
        runtime, visit, "conversation.html", status, section="talks", page=page, text=text,
        error=error, said=said, key=clock.new_id(), max_mb=runtime.settings.max_upload_mb,
    )  # fmt: skip

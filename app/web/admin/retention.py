"""How long things are kept: rules by kind and brand, looked at before they are saved; the runs."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from app import clock
from app.actions.retention import check_rules, note_dry_run, save_rules
from app.db import Invalid
from app.pages import N_
from app.queries.retention import Choice, WouldGo, brand_names, kept_rules, runs, would_go
from app.queries.retention_kinds import KINDS
from app.runtime import Runtime
from app.security.sessions import Session
from app.web.admin.frame import AdminSession, page
from app.web.late_route import LateRoute
from app.web.request import Run

router = APIRouter(route_class=LateRoute)
WORDS = {
    "closed_conversations": (
        N_("Solved conversations"),
        N_(
            "What was said, notes, files and the mails as they came, counted from the last message."
            " That there was a conversation, when, and with whom, stays, and so do all reports."
        ),
    ),
    "spam": (N_("Spam"), N_("The same for conversations that are marked as spam.")),
    "attachments": (
        N_("Files in solved conversations"),
        N_("The files alone; the messages stay and say how many there were."),
    ),
    "raw_mails": (
        N_("Mails as they came"),
        N_("The original with its headers. What was read from it stays in the conversation."),
    ),
    "page_views": (N_("Page views and device signals"), ""),
    "events": (N_("Other events"), N_("Carts and whatever else your systems tell. Orders stay.")),
    "visitors": (
        N_("Browsers of visitors"),
        N_("Counted from their last visit. Whoever comes back begins anew."),
    ),
    "searches": (
        N_("Searches nobody is known for"),
        N_("Words typed into help pages and forms before anything was sent. The counts stay."),
    ),
    "closed_tasks": (N_("Finished tasks"), ""),
    "imports": (
        N_("Lists that were imported"),
        N_("The file and its refused rows. The customers made from it stay."),
    ),
}
Typed = Mapping[str, str]
Key = tuple[str, int | None]


@router.get("/retention")
async def retention_page(
    runtime: Run, session: AdminSession, brand: str = "", done: str = ""
) -> Response:
    """The rules of every brand, or of one, and how the runs went."""
    return await _page(runtime, session, _brand(brand), done=done)


@router.post("/retention/look")
async def look(request: Request, runtime: Run, session: AdminSession) -> Response:
    """What the rules that were typed would remove now. Nothing is saved or removed."""
    typed = await _form(request)
    brand_id = _brand(typed.get("brand", ""))
    try:
        wanted = _wanted(typed, brand_id)
        check_rules(wanted)
    except Invalid as error:
        return await _page(runtime, session, brand_id, typed=typed, errors=error.errors)
    others = await runtime.db.query(kept_rules)
    rules = {key: days for key, days in others.items() if key[1] != brand_id} | wanted
    found = await runtime.db.query(would_go, rules, clock.now())
    counts: dict[str, int] = {}
    for one in found:
        counts[one.kind] = counts.get(one.kind, 0) + one.count
    await runtime.db.write(note_dry_run, session.actor, counts)
    return await _page(runtime, session, brand_id, typed=typed, found=found)


@router.post("/retention")
async def save(request: Request, runtime: Run, session: AdminSession) -> Response:
    """Set the rules; what they remove goes at night."""
    typed = await _form(request)
    brand_id = _brand(typed.get("brand", ""))
    try:
        await runtime.db.write(save_rules, session.actor, brand_id, _wanted(typed, brand_id))
    except Invalid as error:
        return await _page(runtime, session, brand_id, typed=typed, errors=error.errors)
    where = f"brand={brand_id}&" if brand_id is not None else ""
    return RedirectResponse(f"/admin/retention?{where}done=changed", 303)


async def _form(request: Request) -> Typed:
    form = await request.form(max_files=0, max_fields=100)
    return {name: value.strip()[:20] for name, value in form.items() if isinstance(value, str)}


def _brand(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 16 else None


def _wanted(typed: Typed, brand_id: int | None) -> dict[Key, Choice]:
    """The rules in the form; a kind that shall go by every brand's rule is not in it."""
    wanted: dict[Key, Choice] = {}
    wrong = {}
    for kind in KINDS:
        way, days = typed.get(f"way-{kind}", ""), typed.get(f"days-{kind}", "")
        if way == "days" and days.isascii() and days.isdecimal():
            wanted[kind, brand_id] = int(days)
        elif way == "days":
            wrong[kind if brand_id is None else f"{kind}.{brand_id}"] = "days_range"
        elif way == "keep":
            wanted[kind, brand_id] = None
    if wrong:
        raise Invalid(**wrong)
    return wanted


def _shown(rules: Mapping[Key, Choice], brand_id: int | None) -> dict[str, str]:
    """The rules in force as the form has them."""
    shown = {}
    for kind in KINDS:
        has = (kind, brand_id) in rules
        days = rules.get((kind, brand_id))
        ways = "keep" if has or brand_id is None else ""
        shown[f"way-{kind}"] = ways if days is None else "days"
        shown[f"days-{kind}"] = "" if days is None else str(days)
    return shown


async def _page(
    runtime: Runtime,
    session: Session,
    brand_id: int | None,
    *,
    typed: Typed | None = None,
    found: list[WouldGo] | None = None,
    errors: Mapping[str, str] | None = None,
    done: str = "",
) -> Response:
    rules = await runtime.db.query(kept_rules)
    names = await runtime.db.query(brand_names)
    context: dict[str, Any] = {
        "kinds": [(kind, *WORDS[kind.name]) for kind in KINDS.values()],
        "words": WORDS,
        "brand": brand_id,
        "brands": names,
        "values": typed or _shown(rules, brand_id),
        "found": found,
        "every": {kind: days for (kind, brand), days in rules.items() if brand is None},
        "runs": await runtime.db.query(runs),
    }
    told = {name.partition(".")[0]: code for name, code in (errors or {}).items()}
    status = 422 if errors else 200
    return page(
        runtime, session, "admin/retention.html", "retention", status,
        done=done, errors=told, **context,
    )  # fmt: skip

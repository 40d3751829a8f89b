"""List, make, change and take away: the same pages for every noun of the set-up."""

from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from app.actions.setup.catalogue import RESOURCES
from app.actions.setup.field import Secret, Sent
from app.actions.setup.questions import QUESTION_KINDS, Questions
from app.actions.setup.resource import Resource, Values
from app.actions.setup.save import move, remove, restore, save
from app.db import Conflict, Invalid, NotFound
from app.queries.setup import SetupRow, choices, setup_row, setup_rows
from app.runtime import Runtime
from app.security.mail_secrets import seal_text
from app.security.sessions import Session
from app.web.admin.cells import cells_of
from app.web.admin.connection import try_connection
from app.web.admin.frame import AdminSession, page
from app.web.admin.panels import panel_of
from app.web.late_route import LateRoute
from app.web.new_password import TIME_ZONES
from app.web.request import Run, client_ip

router = APIRouter(route_class=LateRoute)


@dataclass(frozen=True, slots=True)
class Shown:
    """What of a form is shown: typed values, errors, and a word above it."""

    typed: Values
    errors: dict[str, str] = field(default_factory=dict)
    note: tuple[str, str] | None = None  # (kind, text)


def resource_of(slug: str) -> Resource:
    """The noun of an address; NotFound for any other."""
    if slug not in RESOURCES:
        raise NotFound
    return RESOURCES[slug]


def home_of(resource: Resource) -> str:
    """The list a noun belongs to."""
    return "inboxes" if resource.noun == "inbox" else resource.slug


async def sent_by(request: Request) -> Sent:
    """The form of a request."""
    async with request.form() as form:
        return Sent([(name, value) for name, value in form.multi_items() if isinstance(value, str)])


@router.get("/{slug}")
async def list_page(runtime: Run, session: AdminSession, slug: str, done: str = "") -> Response:
    """Every row of a noun."""
    resource = resource_of(slug)
    rows = await runtime.db.query(setup_rows, resource)
    known = await runtime.db.query(choices, resource)
    locale = session.actor.locale
    shown = [(row, cells_of(runtime.pages, locale, resource, row, known)) for row in rows]
    return page(
        runtime,
        session,
        "admin/list.html",
        home_of(resource),
        resource=resource,
        rows=shown,
        done=done,
    )


@router.get("/{slug}/new")
async def new_page(runtime: Run, session: AdminSession, slug: str) -> Response:
    """An empty form."""
    resource = _can_be_made(slug)
    return await form_page(runtime, session, resource, None, Shown(resource.shown({})))


@router.post("/{slug}/new")
async def new_form(request: Request, runtime: Run, session: AdminSession, slug: str) -> Response:
    """Make a row."""
    return await _take(request, runtime, session, _can_be_made(slug), None)


def _can_be_made(slug: str) -> Resource:
    resource = resource_of(slug)
    if resource.slug == "agents":  # they come by invitation
        raise NotFound
    return resource


@router.get("/{slug}/{row_id:int}")
async def edit_page(
    runtime: Run, session: AdminSession, slug: str, row_id: int, done: str = ""
) -> Response:
    """The form of a row."""
    resource = resource_of(slug)
    row = await runtime.db.query(setup_row, resource, row_id)
    shown = Shown(resource.shown(row.values))
    return await form_page(runtime, session, resource, row, shown, done=done)


@router.post("/{slug}/{row_id:int}")
async def edit_form(
    request: Request, runtime: Run, session: AdminSession, slug: str, row_id: int
) -> Response:
    """Change a row."""
    resource = resource_of(slug)
    row = await runtime.db.query(setup_row, resource, row_id)
    return await _take(request, runtime, session, resource, row)


async def _take(
    request: Request, runtime: Runtime, session: Session, resource: Resource, row: SetupRow | None
) -> Response:
    """Save what was sent, or show it again: with errors, or after a button inside the form."""
    sent = await sent_by(request)
    typed = resource.read(sent)
    shown = _for_screen(resource, typed, row)
    do = sent.get("do")
    if do:
        return await _button(request, runtime, session, resource, row, typed, do)
    values, errors = resource.parse(typed)
    if not errors:
        _seal(runtime, resource, values)
        try:
            row_id = row.id if row is not None else None
            saved = await runtime.db.write(
                save, session.actor, resource, row_id, values, client_ip(request)
            )
        except Invalid as refused:
            errors = dict(refused.errors)
        else:
            return _after_saving(resource, row, saved)
    return await form_page(runtime, session, resource, row, Shown(shown, errors), 422)


def _seal(runtime: Runtime, resource: Resource, values: Values) -> None:
    """What was typed into a field for secrets is stored sealed."""
    for each in resource.fields:
        typed = values[each.name]
        if isinstance(each.kind, Secret) and isinstance(typed, str):
            values[each.name] = seal_text(runtime.secret, typed)


def _after_saving(resource: Resource, row: SetupRow | None, saved: int) -> Response:
    """Back to the list; to the new inbox itself, whose page says what to do next."""
    done = "changed" if row is not None else "created"
    stay = resource.noun == "inbox"
    to = f"/admin/{resource.slug}/{saved}" if stay else f"/admin/{home_of(resource)}"
    return RedirectResponse(f"{to}?done={done}", 303)


async def _button(
    request: Request,
    runtime: Runtime,
    session: Session,
    resource: Resource,
    row: SetupRow | None,
    typed: Values,
    do: str,
) -> Response:
    """A button inside the form: change its rows ("fields.up:2") or try a server ("try.imap").
    Nothing is saved."""
    what, _, verb = do.partition(".")
    shown = _for_screen(resource, typed, row)
    if what == "try" and resource.slug == "email-inboxes":
        await runtime.limits.take("test", client_ip(request))
        values, errors = resource.parse(typed)
        note = (
            None if errors else await try_connection(runtime, session, resource, row, values, verb)
        )
        return await form_page(runtime, session, resource, row, Shown(shown, errors, note))
    each = next((e for e in resource.fields if e.name == what), None)
    if each is None or not isinstance(each.kind, Questions):
        raise NotFound
    shown = shown | {what: each.kind.change(typed[what], verb)}
    return await form_page(runtime, session, resource, row, Shown(shown))


def _for_screen(resource: Resource, typed: Values, row: SetupRow | None) -> Values:
    """What was typed, but for secrets: of those only whether one is stored."""
    kept = resource.shown(row.values if row is not None else {})
    return {
        each.name: kept[each.name] if isinstance(each.kind, Secret) else typed[each.name]
        for each in resource.fields
    }


async def form_page(
    runtime: Runtime,
    session: Session,
    resource: Resource,
    row: SetupRow | None,
    shown: Shown,
    status: int = 200,
    *,
    done: str = "",
    secret: str = "",
    consent: tuple[str, str] | None = None,
) -> Response:
    """The form of a noun, with the panel that belongs to it."""
    known = await runtime.db.query(choices, resource)
    panel: dict[str, Any] = await panel_of(runtime, session, resource, row, shown.typed)
    return page(
        runtime,
        session,
        "admin/edit.html",
        home_of(resource),
        status,
        done=done,
        errors=shown.errors,
        resource=resource,
        row=row,
        typed=shown.typed,
        note=shown.note,
        secret=secret,
        consent=consent,
        choices=known,
        time_zones=TIME_ZONES,
        question_kinds=QUESTION_KINDS,
        home=f"/admin/{home_of(resource)}",
        **panel,
    )


@router.post("/{slug}/{row_id:int}/remove")
async def remove_form(
    request: Request, runtime: Run, session: AdminSession, slug: str, row_id: int
) -> Response:
    """Delete a row, or set it inactive."""
    resource = resource_of(slug)
    try:
        await runtime.db.write(remove, session.actor, resource, row_id, client_ip(request))
    except Conflict as refused:
        row = await runtime.db.query(setup_row, resource, row_id)
        shown = Shown(resource.shown(row.values), {"row": refused.code})
        return await form_page(runtime, session, resource, row, shown, 409)
    return RedirectResponse(f"/admin/{home_of(resource)}?done=removed", 303)


@router.post("/{slug}/{row_id:int}/restore")
async def restore_form(
    request: Request, runtime: Run, session: AdminSession, slug: str, row_id: int
) -> Response:
    """Use a row again."""
    resource = resource_of(slug)
    await runtime.db.write(restore, session.actor, resource, row_id, client_ip(request))
    return RedirectResponse(f"/admin/{home_of(resource)}?done=restored", 303)


@router.post("/{slug}/{row_id:int}/move")
async def move_form(
    request: Request, runtime: Run, session: AdminSession, slug: str, row_id: int
) -> Response:
    """One place up or down."""
    resource = resource_of(slug)
    direction = (await sent_by(request)).get("direction")
    await runtime.db.write(move, session.actor, resource, row_id, direction, client_ip(request))
    return RedirectResponse(f"/admin/{home_of(resource)}#row-{row_id}", 303)

"""What is due: one list of an agent's promises, tasks, calls back, snoozes and planned replies."""

from fastapi import APIRouter, Form
from fastapi.responses import Response
from sqlalchemy import Connection

from app import clock
from app.actions.task import add_task
from app.db import Invalid
from app.queries.choices import Choice, agent_choices
from app.queries.due_list import DueItem, due_list, grouped
from app.runtime import Runtime
from app.security.permissions import Actor
from app.security.sessions import Session
from app.web.console.promises import time_of
from app.web.console.refusals import ConsoleRoute, errors_of
from app.web.console.tasks import number_of
from app.web.request import Run, SignedIn, frame, html

router = APIRouter(route_class=ConsoleRoute)


@router.get("/due")
async def due_page(runtime: Run, session: SignedIn) -> Response:
    """The list of whoever asks."""
    return await _page(runtime, session)


@router.post("/due/tasks")
async def new_task(
    runtime: Run,
    session: SignedIn,
    text: str = Form("", max_length=2_000),
    when: str = Form("", max_length=100),
    owner: str = Form("", max_length=20),
) -> Response:
    """A task, one's own or a colleague's; without a time it stands at the end."""
    actor = session.actor
    try:
        due_at = time_of(when, actor) if when.strip() else None
        await runtime.db.write(add_task, actor, text, due_at=due_at, owner_id=number_of(owner))
    except Invalid as error:
        errors = errors_of(runtime, actor.locale, error)
        return await _page(runtime, session, 422, text=text, when=when, owner=owner, errors=errors)
    return Response(status_code=303, headers={"Location": "/due"})


def _read(conn: Connection, actor: Actor) -> tuple[tuple[DueItem, ...], tuple[Choice, ...]]:
    return due_list(conn, actor), agent_choices(conn, actor)


async def _page(runtime: Runtime, session: Session, status: int = 200, **typed: object) -> Response:
    actor = session.actor
    items, owners = await runtime.db.query(_read, session.lens)
    parts = grouped(items, clock.now(), actor.time_zone)
    form = {"text": "", "when": "", "owner": "", "errors": {}, **typed}
    page = runtime.pages.render(
        "console/due.html",
        actor.locale,
        **frame(session),
        section="due",
        parts=parts,
        owners=owners,
        **form,
    )
    return html(page, status)

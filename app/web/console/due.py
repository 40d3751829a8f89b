"""What is due: one list of an agent's promises, tasks, calls back, snoozes and planned replies."""

from fastapi import APIRouter, Form
from fastapi.responses import Response

from app import clock
from app.actions.task import add_task, set_task_done
from app.db import Invalid
from app.pages import N_
from app.queries.due_list import due_list, grouped
from app.runtime import Runtime
from app.security.sessions import Session
from app.web.console.answers import told
from app.web.console.promises import time_of
from app.web.console.refusals import ConsoleRoute, errors_of
from app.web.request import Run, SignedIn, Who, frame, html

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
) -> Response:
    """A task of one's own; without a time it stands at the end."""
    actor = session.actor
    try:
        due_at = time_of(when, actor) if when.strip() else None
        await runtime.db.write(add_task, actor, text, due_at=due_at)
    except Invalid as error:
        errors = errors_of(runtime, actor.locale, error)
        return await _page(runtime, session, 422, text=text, when=when, errors=errors)
    return Response(status_code=303, headers={"Location": "/due"})


@router.post("/tasks/{task_id}/done")
async def task_done(runtime: Run, actor: Who, task_id: int, done: bool = Form(True)) -> Response:
    """Done, or not after all."""
    await runtime.db.write(set_task_done, actor, task_id, done)
    words = runtime.pages.translate(actor.locale, N_("Done") if done else N_("Not done after all"))
    return told(toast={"text": words, "kind": "success"})


async def _page(runtime: Runtime, session: Session, status: int = 200, **typed: object) -> Response:
    actor = session.actor
    items = await runtime.db.query(due_list, actor)
    parts = grouped(items, clock.now(), actor.time_zone)
    form = {"text": "", "when": "", "errors": {}, **typed}
    page = runtime.pages.render(
        "console/due.html", actor.locale, **frame(session), section="due", parts=parts, **form
    )
    return html(page, status)

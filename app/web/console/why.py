"""Why this contact is where it is: the dialog that explains routing's decision in words."""

from fastapi import APIRouter, Form
from fastapi.responses import Response
from sqlalchemy import Connection, select

from app.actions.callback import callback_not_reached
from app.actions.set_priority import set_priority
from app.db import NotFound
from app.models.contact import contacts
from app.pages import N_
from app.queries.assist import Sorted, classes_of
from app.queries.explanation import Explanation, explanation
from app.security.permissions import Actor
from app.web.console.answers import told
from app.web.console.draw import draw
from app.web.console.refusals import ConsoleRoute
from app.web.request import Run, SignedIn, html

router = APIRouter(route_class=ConsoleRoute, prefix="/inbox/{conversation_id}")


@router.get("/why")
async def why(runtime: Run, session: SignedIn, conversation_id: int) -> Response:
    """The latest contact of a conversation: why it waits, why it came to whom it came."""
    found, sorted_as = await runtime.db.query(_latest, session.actor, conversation_id)
    return html(draw(runtime, session, "console/_why.html", why=found, sorted=sorted_as))


@router.post("/priority")
async def change_priority(
    runtime: Run, session: SignedIn, conversation_id: int, priority: str = Form(max_length=10)
) -> Response:
    """Another priority: its place in line follows."""
    await runtime.db.write(set_priority, session.actor, conversation_id, priority)
    words = runtime.pages.translate(session.actor.locale, N_("Its place in line has changed"))
    return told(toast={"text": words, "kind": "success"})


@router.post("/not-reached")
async def not_reached(runtime: Run, session: SignedIn, conversation_id: int) -> Response:
    """Nobody answered the call back."""
    await runtime.db.write(callback_not_reached, session.actor, conversation_id)
    words = runtime.pages.translate(session.actor.locale, N_("Noted: nobody answered"))
    return told(
        toast={"text": words, "kind": "success"}, conversation__left={"id": conversation_id}
    )


def _latest(conn: Connection, actor: Actor, conversation_id: int) -> tuple[Explanation, Sorted]:
    contact_id = conn.execute(
        select(contacts.c.id)
        .where(contacts.c.conversation_id == conversation_id)
        .order_by(contacts.c.id.desc())
        .limit(1)
    ).scalar()
    if contact_id is None:
        raise NotFound
    return explanation(conn, actor, contact_id), classes_of(conn, actor, conversation_id)

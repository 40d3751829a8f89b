"""Why this contact is where it is: the dialog that explains routing's decision in words."""

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy import Connection, select

from app.db import NotFound
from app.models.contact import contacts
from app.queries.explanation import Explanation, explanation
from app.security.permissions import Actor
from app.web.console.draw import draw
from app.web.request import Run, SignedIn, html

router = APIRouter(prefix="/inbox/{conversation_id}")


@router.get("/why")
async def why(runtime: Run, session: SignedIn, conversation_id: int) -> Response:
    """The latest contact of a conversation: why it waits, why it came to whom it came."""
    found = await runtime.db.query(_latest, session.actor, conversation_id)
    return html(draw(runtime, session, "console/_why.html", why=found))


def _latest(conn: Connection, actor: Actor, conversation_id: int) -> Explanation:
    contact_id = conn.execute(
        select(contacts.c.id)
        .where(contacts.c.conversation_id == conversation_id)
        .order_by(contacts.c.id.desc())
        .limit(1)
    ).scalar()
    if contact_id is None:
        raise NotFound
    return explanation(conn, actor, contact_id)

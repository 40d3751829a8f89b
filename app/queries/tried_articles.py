"""Which articles a customer was shown before a person was asked, by whichever door they came."""

from typing import Literal

from sqlalchemy import Connection, select

from app.models.conversation import messages
from app.models.question import deflections

Tried = Literal["declined", "seen"]


def tried_articles(conn: Connection, conversation_id: int) -> dict[int, Tried]:
    """By article: *declined* if it was given as the answer or read, and a person was asked all the
    same; *seen* if it was only offered."""
    declined: set[int] = set()
    seen: set[int] = set()
    visits = conn.execute(
        select(deflections).where(
            deflections.c.conversation_id == conversation_id, deflections.c.arm == "shown"
        )
    )
    for visit in visits:
        read = {visit.answered_article_id, visit.article_id} - {None}
        (declined if visit.outcome == "sent" else seen).update(read)
        seen.update(visit.shown)
    said = conn.execute(
        select(messages.c.details).where(
            messages.c.conversation_id == conversation_id,
            messages.c.kind == "outbound",
            messages.c.agent_id.is_(None),
        )
    ).scalars()
    for machine in (details["machine"] for details in said if "machine" in details):
        shown = {it["article_id"] for it in machine.get("sources", ())}
        seen.update(shown, (it["article_id"] for it in machine.get("related", ())))
        if machine["kind"] == "answer" and machine.get("said") != "helped":
            declined.update(shown)
    return {each: "declined" if each in declined else "seen" for each in seen | declined}

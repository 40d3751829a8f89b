"""Follows what customers ask: each question that became work is tried against the articles, and
kept where none would have answered it. The gaps page is made of these."""

from typing import Any

from sqlalchemy import Row

from app import clock
from app.actions.follow_questions import Followed, follow_questions
from app.answering import attempt
from app.pages import negotiate
from app.queries.new_questions import followed_until, new_questions
from app.runtime import Runtime
from app.workers.supervisor import Shift, Worker

EVERY_S = 10.0
READ = 600  # characters
SOURCES = {"chat": "widget", "form": "form", "email": "mail"}


async def follow_new(runtime: Runtime) -> int:
    """Look at the next contacts; returns how many there were."""
    after = await runtime.db.query(followed_until)
    rows = await runtime.db.query(new_questions, after, clock.now())
    if not rows:
        return 0
    followed = [await _followed(runtime, row) for row in rows]
    await runtime.db.write(follow_questions, after, rows[-1].id, followed)
    return len(rows)


async def _followed(runtime: Runtime, row: Row[Any]) -> Followed:
    question = f"{row.subject}\n{row.text or ''}".strip()[:READ]
    hits = None
    if row.is_first and not row.spam and question:
        locale = negotiate(row.language)
        found = await attempt(runtime, row.brand_id, "", question, locale, by_model=False)
        if found is None or found.kind != "answer":
            hits = len(found.shown) if found is not None else 0
    return Followed(
        contact_id=row.id,
        conversation_id=row.conversation_id,
        customer_id=row.customer_id,
        customer_name=row.customer_name,
        brand_id=row.brand_id,
        source=SOURCES.get(row.channel, "api"),
        locale=row.language,
        question=question,
        at=row.enqueued_at,
        hits=hits,
    )


async def follow(shift: Shift) -> None:
    """The worker's loop."""
    while not shift.stopping:
        if not await follow_new(shift.runtime):
            await shift.rest(EVERY_S)


WORKER = Worker("questions", follow)

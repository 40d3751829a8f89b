"""The first page of the set-up: what is still to do, and where everything is."""

from functools import partial

from fastapi.responses import Response

from app.queries.queue_policies import policy_problems
from app.queries.setup import steps
from app.web.admin.frame import POLICY_WORDS, AdminSession, page
from app.web.request import Run


async def overview_page(runtime: Run, session: AdminSession, done: str = "") -> Response:
    """Steps of a new installation, then every part of the set-up."""
    found = await runtime.db.query(steps)
    wrong = await runtime.db.query(policy_problems)
    say = partial(runtime.pages.translate, session.actor.locale)
    problems = [(each, say(POLICY_WORDS[each.code], **each.params)) for each in wrong]
    return page(
        runtime,
        session,
        "admin/overview.html",
        "",
        steps=found,
        problems=problems,
        done=done,
    )

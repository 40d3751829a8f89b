"""The audit log: read, filtered, never changed."""

from functools import partial
from urllib.parse import urlencode

from fastapi import APIRouter
from fastapi.responses import Response

from app.queries.setup_log import LogFilter, log_names, log_page
from app.web.admin.frame import AdminSession, page
from app.web.admin.log_words import about, choice, details, done, who
from app.web.late_route import LateRoute
from app.web.request import Run

router = APIRouter(route_class=LateRoute)


@router.get("/log")
async def log_page_(
    runtime: Run,
    session: AdminSession,
    action: str = "",
    agent: str = "",
    subject: str = "",
    before: str = "",
) -> Response:
    """Who did what, the newest first."""
    wanted = LogFilter(action, _id(agent), subject, _id(before))
    entries, older = await runtime.db.query(log_page, wanted)
    actions, people = await runtime.db.query(log_names)
    say = partial(runtime.pages.translate, session.actor.locale)
    kept = {"action": action, "agent": agent, "subject": subject}
    kept = {name: value for name, value in kept.items() if value}
    return page(
        runtime,
        session,
        "admin/log.html",
        "log",
        entries=[
            (entry, who(say, entry), done(say, entry.action), about(say, entry), more)
            for entry in entries
            for more in [details(say, entry, dict(people))]
        ],
        older=f"/admin/log?{urlencode(kept | {'before': str(older)})}" if older else "",
        newest=f"/admin/log?{urlencode(kept)}" if before else "",
        wanted=wanted,
        actions=sorted(((code, choice(say, code)) for code in actions), key=lambda one: one[1]),
        people=people,
    )


def _id(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 16 else None

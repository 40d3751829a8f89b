"""The access log of the installation: who looked at whom, filtered, as a page and as a file; and
from how many on administrators are told of it."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Annotated
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Query
from fastapi.responses import RedirectResponse, Response

from app import clock
from app.actions.person_view import see_to_alarm, set_mass_view_limit
from app.db import Conflict, Invalid, Tx
from app.queries.access_alarms import mass_view_limit, open_alarms
from app.queries.access_log import AccessFilter, access_page
from app.queries.setup_log import log_names
from app.runtime import Runtime
from app.security.audit import audit
from app.security.permissions import Actor
from app.security.sessions import Session
from app.web.access_words import DID, reason_choices
from app.web.admin.frame import AdminSession, page
from app.web.late_route import LateRoute
from app.web.request import Run
from app.web.supervise.spreadsheet import csv_response

router = APIRouter(route_class=LateRoute)
MOST = 20_000  # lines of a file; with a shorter span the rest comes too
HEADER = ("at", "agent", "by", "action", "customer", "customer_name", "what", "why", "ip")


@dataclass(frozen=True, slots=True)
class Asked:
    """The filter as it was typed."""

    agent: str = ""
    customer: str = ""
    action: str = ""
    since: str = ""
    until: str = ""
    before: str = ""

    def address(self, path: str = "/admin/access", **changes: str) -> str:
        """The page with this filter, or with changes to it."""
        kept = {name: getattr(self, name) for name in self.__slots__} | changes
        kept = {name: value for name, value in kept.items() if value}
        return f"{path}?{urlencode(kept)}" if kept else path


def asked_of(
    agent: Annotated[str, Query(max_length=15)] = "",
    customer: Annotated[str, Query(max_length=15)] = "",
    action: Annotated[str, Query(max_length=20)] = "",
    since: Annotated[str, Query(max_length=10)] = "",
    until: Annotated[str, Query(max_length=10)] = "",
    before: Annotated[str, Query(max_length=15)] = "",
) -> Asked:
    """The filter in the address."""
    return Asked(agent, customer.strip().lstrip("#"), action, since, until, before)


Wanted = Annotated[Asked, Depends(asked_of)]


@router.get("/access")
async def access(runtime: Run, session: AdminSession, asked: Wanted, done: str = "") -> Response:
    """Who looked at whom, the latest first."""
    return await _page(runtime, session, asked, done=done)


@router.get("/access.csv")
async def access_file(runtime: Run, session: AdminSession, asked: Wanted) -> Response:
    """The same as a file. That somebody took it along stands in the audit log."""
    wanted = replace(_filter(asked, session.actor), before=None)
    lines, _ = await runtime.db.query(access_page, wanted, MOST)
    filters = {name: value for name, value in _named(asked).items() if value}

    def note(tx: Tx) -> None:
        audit(tx, session.actor, "access_log.exported", "", lines=len(lines), **filters)

    await runtime.db.write(note)
    zone = ZoneInfo(session.actor.time_zone)
    rows = (
        (
            datetime.fromtimestamp(one["at"] / 1000, zone).isoformat(timespec="seconds"),
            one["agent"], one["actor"], one["action"], one["customer_id"], one["customer"],
            one["what"], one["why"], one["ip"],
        )
        for one in lines
    )  # fmt: skip
    return csv_response("access-log", HEADER, rows)


@router.post("/access/limit")
async def limit(
    runtime: Run, session: AdminSession, limit: Annotated[str, Form(max_length=6)] = ""
) -> Response:
    """From how many strangers in an hour on administrators are told."""
    try:
        if not (limit.isascii() and limit.isdecimal()):
            raise Invalid(limit="number_range")
        await runtime.db.write(set_mass_view_limit, session.actor, int(limit))
    except Invalid as error:
        return await _page(runtime, session, Asked(), errors=error.errors)
    return RedirectResponse("/admin/access?done=changed", 303)


@router.post("/access/alarms/{line_id:int}/seen")
async def seen(runtime: Run, session: AdminSession, line_id: int) -> Response:
    """Somebody has looked into it."""
    try:
        await runtime.db.write(see_to_alarm, session.actor, line_id)
    except Conflict:  # a colleague was faster, which is as well
        return Response(status_code=204)
    return Response(status_code=204)


async def _page(
    runtime: Runtime,
    session: Session,
    asked: Asked,
    *,
    errors: dict[str, str] | None = None,
    done: str = "",
) -> Response:
    lines, older = await runtime.db.query(access_page, _filter(asked, session.actor))
    _, people = await runtime.db.query(log_names)
    say = partial(runtime.pages.translate, session.actor.locale)
    return page(
        runtime, session, "admin/access.html", "access", 422 if errors else 200,
        done=done, errors=errors, lines=lines, asked=asked, people=people,
        older=asked.address(before=str(older)) if older else "",
        newest=asked.address(before="") if asked.before else "",
        file=asked.address("/admin/access.csv", before=""),
        limit=await runtime.db.query(mass_view_limit),
        words={code: say(word) for code, word in DID.items()},
        reasons=dict(reason_choices(runtime.pages, session.actor.locale)),
        did=[(code, say(word)) for code, word in DID.items()],
        alarms=await runtime.db.query(open_alarms, clock.now()),
    )  # fmt: skip


def _named(asked: Asked) -> dict[str, str]:
    return {
        name: getattr(asked, name) for name in ("agent", "customer", "action", "since", "until")
    }


def _filter(asked: Asked, actor: Actor) -> AccessFilter:
    """What it asks for; what cannot be read is not asked for. Days are the administrator's own."""
    zone = ZoneInfo(actor.time_zone)
    return AccessFilter(
        agent_id=_number(asked.agent), customer_id=_number(asked.customer), action=asked.action,
        since=_day(asked.since, zone), until=_day(asked.until, zone, days=1),
        before=_number(asked.before),
    )  # fmt: skip


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() else None


def _day(text: str, zone: ZoneInfo, days: int = 0) -> int | None:
    """Midnight of a day, or of the day after."""
    try:
        day = date.fromisoformat(text) + timedelta(days=days)
        return int(datetime.combine(day, time(), zone).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None

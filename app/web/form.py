"""Web forms: a page that works without JavaScript, the same in a frame, and a door for programs.

A form makes its submission key when it is drawn, so that a double click is one message.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import BaseModel, Field

from app import clock
from app.actions.deflect import note_outcome
from app.actions.receive_message import Received
from app.actions.submit_form import submit_form
from app.answering import Attempt
from app.db import Invalid, NotFound
from app.models.inbox_settings import FormSettings, localised
from app.pages import N_
from app.pages.locales import negotiate
from app.queries.visitor import find_door
from app.runtime import Runtime
from app.security.headers import content_security_policy
from app.web.errors import problem
from app.web.form_answer import answer_first, declined_of, near, solved_by_form, visitor_of
from app.web.form_input import (
    Filled,
    Shown,
    acknowledgement,
    form_inbound,
    label_of,
    plain_value,
    read_form,
)
from app.web.late_route import LateRoute
from app.web.request import Run, client_ip, html
from app.web.widget.door import allows, frame_ancestors
from app.web.widget.links import Links
from channels.form.parse import HONEYPOT
from channels.values import Inbound

LONGEST_ASKED = 200
router = APIRouter(prefix="/form", include_in_schema=False, route_class=LateRoute)
MOST_FILES = 10
_SUBMISSION = re.compile(r"[A-Za-z0-9-]{16,64}")
AUTOCOMPLETE = {"name": "name", "email": "email", "phone": "tel"}


class Outcome(BaseModel):
    """What became of a suggestion, told by the page's script."""

    deflection: str = Field(pattern=r"^[A-Za-z0-9-]{16,64}$")
    outcome: str = Field(pattern="^(opened|solved)$")
    article: int


@router.post("/{key}.json")
async def submit_json(
    request: Request,
    runtime: Run,
    key: str,
    idempotency_key: Annotated[str, Header(max_length=64)] = "",
) -> Response:
    """A submission by a program: an object of fields; answers 201 with the reference."""
    shown = await _shown(request, runtime, key, "", embed=False)
    origin = request.headers.get("origin", "")
    cors = _cors(shown, origin)
    if idempotency_key and not _SUBMISSION.fullmatch(idempotency_key):
        raise Invalid(idempotency_key="length")
    try:
        body = await request.json()
    except ValueError:
        return problem(400, "The body is not JSON; send an object of the form's fields.")
    if not isinstance(body, dict):
        return problem(400, "Send an object of the form's fields.")
    filled = Filled({str(name): plain_value(value) for name, value in body.items()})
    result = await _submit(runtime, shown, filled, idempotency_key or clock.new_id())
    if isinstance(result, Received):
        answer = {"reference": result.conversation_id, "duplicate": result.duplicate}
        return JSONResponse(answer, 200 if result.duplicate else 201, headers=cors)
    title = "Some fields need attention."
    refusal = problem(422, title, errors=result)
    refusal.headers.update(cors)
    return refusal


@router.options("/{key}.json")
async def preflight(request: Request, runtime: Run, key: str) -> Response:
    """Which other sites' scripts may send this form: those that may embed it."""
    shown = await _shown(request, runtime, key, "", embed=False)
    headers = _cors(shown, request.headers.get("origin", ""))
    if headers:
        headers |= {
            "Access-Control-Allow-Methods": "POST",
            "Access-Control-Allow-Headers": "content-type, idempotency-key",
            "Access-Control-Max-Age": "86400",
        }
    return Response(status_code=204, headers=headers)


@router.get("/{key}")
async def page(
    request: Request,
    runtime: Run,
    key: str,
    lang: str = "",
    embed: bool = False,
    origin: str = "",
    asked: str = "",
) -> Response:
    """The form, empty but for what somebody has `asked` in vain elsewhere."""
    shown = await _shown(request, runtime, key, lang, embed=embed, origin=origin)
    question = " ".join(asked.replace("\0", "").split())[:LONGEST_ASKED]
    places = [item.name for item in shown.settings.fields if item.name in ("subject", "message")]
    begun = {place: question for place in sorted(places, reverse=True)[:1] if question}
    return _form(runtime, shown, Filled(begun), {}, clock.new_id())


@router.post("/{key}")
async def submit(
    request: Request,
    runtime: Run,
    key: str,
    lang: str = "",
    embed: bool = False,
    origin: str = "",
) -> Response:
    """A submission by a browser: on to the confirmation, or back with what needs attention."""
    shown = await _shown(request, runtime, key, lang, embed=embed, origin=origin)
    async with request.form(max_files=MOST_FILES, max_fields=200) as data:
        filled = await read_form(runtime, shown, data)
    submission = filled.values.get("submission", "")
    if not _SUBMISSION.fullmatch(submission):
        submission = clock.new_id()
    if filled.values.get("solved", "").isdecimal():
        return await _solved(runtime, shown, filled, submission)
    if isinstance(form_inbound(runtime, shown, filled, submission), Inbound):
        answer = await answer_first(runtime, shown, filled, submission)
        if answer is not None:
            return _form(runtime, shown, filled, {}, submission, answer=answer)
    result = await _submit(runtime, shown, filled, submission)
    if not isinstance(result, Received):
        return _form(runtime, shown, filled, result, submission, status=422)
    proof = Links(runtime.secret).reference(result.conversation_id)
    query = f"n={proof}&lang={shown.locale}" + ("&embed=1" if embed else "")
    return RedirectResponse(f"/form/{key}/sent?{query}", 303)


@router.get("/{key}/sent")
async def sent(
    request: Request, runtime: Run, key: str, n: str, lang: str = "", embed: bool = False
) -> Response:
    """What happens next, and the number to refer to."""
    shown = await _shown(request, runtime, key, lang, embed=embed)
    number = Links(runtime.secret).opens_reference(n)
    if number is None:
        raise NotFound
    thanks = localised(shown.settings.thanks, shown.locale)
    return _page(runtime, shown, "form/sent.html", number=number, thanks=thanks)


@router.post("/{key}/outcome")
async def outcome(request: Request, runtime: Run, key: str, told: Outcome) -> Response:
    """An article was opened from the form, or it solved the matter."""
    shown = await _shown(request, runtime, key, "", embed=False)
    await runtime.db.write(note_outcome, shown.door.id, told.deflection, told.outcome, told.article)
    return Response(status_code=204)


async def _shown(
    request: Request, runtime: Runtime, key: str, lang: str, *, embed: bool, origin: str = ""
) -> Shown:
    await runtime.limits.take("public", client_ip(request), key)
    door = await runtime.db.query(find_door, key, "form")
    if door is None:
        raise NotFound
    settings = FormSettings.of(door.settings)
    if origin and not allows(settings.allowed_sites, origin):
        raise NotFound
    locale = negotiate(request.headers.get("accept-language", ""), lang[:35])
    return Shown(door, settings, locale, embed, origin)


async def _submit(
    runtime: Runtime, shown: Shown, filled: Filled, submission: str
) -> Received | dict[str, str]:
    inbound = form_inbound(runtime, shown, filled, submission)
    if not isinstance(inbound, Inbound):
        return {**filled.refused, **inbound}
    if filled.refused:
        return dict(filled.refused)
    email = next((one.value for one in inbound.identities if one.kind == "email"), "")
    mail = None
    if email and await runtime.limits.allows_key("acknowledge", email):
        mail = acknowledgement(runtime, shown, email)
    deflection = filled.values.get("deflection", "") or submission
    return await runtime.db.write(
        submit_form,
        shown.door.id,
        shown.door.brand_id,
        inbound,
        [item for items in filled.files.values() for item in items],
        mail,
        deflection if _SUBMISSION.fullmatch(deflection) else "",
        declined_of(filled.values) if filled.values.get("anyway") else (),
        visitor_of(filled.values),
    )


async def _solved(runtime: Runtime, shown: Shown, filled: Filled, submission: str) -> Response:
    """The answer was one: it is counted, and nothing is sent."""
    key = filled.values.get("deflection", "")
    key = key if _SUBMISSION.fullmatch(key) else submission
    article_id = int(filled.values["solved"][:15])
    await runtime.db.write(solved_by_form, shown.door.id, key, article_id)
    return _page(runtime, shown, "form/solved.html")


def _form(
    runtime: Runtime,
    shown: Shown,
    filled: Filled,
    errors: Mapping[str, str],
    submission: str,
    status: int = 200,
    answer: Attempt | None = None,
) -> Response:
    fields = [
        (item, label_of(runtime, item, shown.locale), AUTOCOMPLETE.get(item.name))
        for item in shown.settings.fields
    ]
    response = _page(
        runtime,
        shown,
        "form/form.html",
        fields=fields,
        values=filled.values,
        had_files=any(filled.files.values()),
        errors=errors,
        honeypot=HONEYPOT,
        choices=lambda options: [(option, option) for option in options],
        submission=submission,
        answer=answer,
        related=near(answer) if answer is not None else (),
        intro=localised(shown.settings.intro, shown.locale),
        max_mb=runtime.settings.max_upload_mb,
    )
    response.status_code = status
    return response


def _page(runtime: Runtime, shown: Shown, template: str, **context: Any) -> Response:
    title = localised(shown.settings.title, shown.locale)
    response = html(
        runtime.pages.render(
            template,
            shown.locale,
            shown=shown,
            door=shown.door,
            settings=shown.settings,
            title=title or runtime.pages.translate(shown.locale, N_("Write to us")),
            policy_url=shown.settings.policy_url or shown.door.policy_url,
            **context,
        )
    )
    ancestors = frame_ancestors(shown.settings.allowed_sites) if shown.embedded else "'none'"
    response.headers["Content-Security-Policy"] = content_security_policy(frame_ancestors=ancestors)
    return response


def _cors(shown: Shown, origin: str) -> dict[str, str]:
    if not origin or not allows(shown.settings.allowed_sites, origin):
        return {}
    return {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}

"""What a customer says of themselves: details, addresses, how to be reached, interests."""

import re
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from app import clock
from app.actions.portal_link import mail_link
from app.actions.portal_self import (
    confirm_address,
    correct_details,
    drop_address,
    set_preferences,
    set_tags,
)
from app.db import Conflict, Invalid, NotFound
from app.queries.portal_door import pending_link
from app.queries.portal_self import Preferences, details_of, preferences_of
from app.runtime import Runtime
from app.web.late_route import LateRoute
from app.web.new_password import TIME_ZONES
from app.web.portal.door import Acting, Brand, Visit, Visiting, draw, draw_outside
from app.web.portal.mails import link_mail
from app.web.request import Run, client_ip
from channels.identity import normalise

router = APIRouter(prefix="/{slug}", route_class=LateRoute)
# In what people may write to us, each in its own words; what we do not speak is still good to know.
# Written out: reading them from Babel's data costs each process 35 MB.
LANGUAGES = [
    ("ar", "العربية"), ("cs", "čeština"), ("da", "dansk"), ("de", "Deutsch"), ("el", "Ελληνικά"),
    ("en", "English"), ("es", "español"), ("fi", "suomi"), ("fr", "français"), ("he", "עברית"),
    ("hi", "हिन्दी"), ("hu", "magyar"), ("id", "Bahasa Indonesia"), ("it", "italiano"),
    ("ja", "日本語"), ("ko", "한국어"), ("nl", "Nederlands"), ("no", "norsk"), ("pl", "polski"),
    ("pt", "português"), ("ro", "română"), ("ru", "русский"), ("sv", "svenska"), ("th", "ไทย"),
    ("tr", "Türkçe"), ("uk", "українська"), ("vi", "Tiếng Việt"), ("zh-Hans", "简体中文"),
    ("zh-Hant", "繁體中文"),
]  # fmt: skip
Line = Annotated[str, Form(max_length=300)]
_SEPARATORS = re.compile(r"[,;\n，；、]")


@router.get("/details")
async def details(runtime: Run, visit: Visiting, done: str = "") -> Response:
    """What is known of them."""
    return await _details(runtime, visit, done=done)


@router.post("/details")
async def correct(
    runtime: Run,
    visit: Acting,
    name: Line = "",
    phone: Line = "",
    company: Line = "",
    birthday: Line = "",
    language: Line = "",
    time_zone: Line = "",
) -> Response:
    """Put it right."""
    said = {
        "name": name, "phone": phone, "company": company, "birthday": birthday,
        "language": language, "time_zone": time_zone,
    }  # fmt: skip
    try:
        await runtime.db.write(correct_details, visit.who, said)
    except Invalid as error:
        return await _details(runtime, visit, values=said, errors=error.errors, status=422)
    return RedirectResponse(f"{visit.brand.here}details?done=saved", 303)


@router.post("/address")
async def new_address(runtime: Run, visit: Acting, email: Line = "") -> Response:
    """Another address: a link goes there, and only who opens it there has it."""
    address = normalise("email", email)
    if address is None:
        wrong = {"email": "not_an_email"}
        return await _details(runtime, visit, errors=wrong, typed=email, status=422)
    await runtime.limits.take_key("portal_link", address)
    await runtime.limits.take_key("portal_link", f"of {visit.who.customer_id}")
    mail = link_mail(runtime, visit.brand, "email", visit.locale)
    await runtime.db.write(mail_link, visit.brand, "email", visit.who.customer_id, address, mail)
    return RedirectResponse(f"{visit.brand.here}details?done=mailed", 303)


@router.post("/address/drop")
async def not_mine(runtime: Run, visit: Acting, email: Line = "") -> Response:
    """An address that is no longer theirs."""
    try:
        await runtime.db.write(drop_address, visit.who, email.replace("\0", ""))
    except Conflict:
        raise NotFound from None  # the page has no button for it
    return RedirectResponse(f"{visit.brand.here}details?done=dropped", 303)


@router.get("/address/{token}")
async def address_link(request: Request, runtime: Run, brand: Brand, token: str) -> Response:
    """Behind the link that went to the new address."""
    await runtime.limits.take("portal_try", client_ip(request))
    found = await runtime.db.query(pending_link, token[:100], brand.id, ("email",), clock.now())
    if found is None:
        return draw_outside(request, runtime, brand, "link_over.html", 404)
    return draw_outside(request, runtime, brand, "address.html", email=found[2], token=token)


@router.post("/address/{token}")
async def prove_address(request: Request, runtime: Run, brand: Brand, token: str) -> Response:
    """It is theirs."""
    await runtime.limits.take("portal_try", client_ip(request))
    try:
        await runtime.db.write(confirm_address, brand, token[:100])
    except NotFound:
        return draw_outside(request, runtime, brand, "link_over.html", 404)
    return draw_outside(request, runtime, brand, "address.html", email="", token="")


@router.get("/preferences")
async def preferences(runtime: Run, visit: Visiting, done: str = "") -> Response:
    """How they want to be reached, and what they are interested in."""
    wanted = await runtime.db.query(preferences_of, visit.who.customer_id)
    return _preferences(runtime, visit, wanted, done=done)


@router.post("/preferences")
async def prefer(
    runtime: Run,
    visit: Acting,
    channel: Line = "",
    start: Line = "",
    end: Line = "",
    days: Annotated[Sequence[int], Form()] = (),
    language: Line = "",
    topics: Annotated[str, Form(max_length=2_000)] = "",
    personalised: Annotated[bool, Form()] = False,
) -> Response:
    """Say so."""
    wanted = Preferences(channel, start, end, tuple(days), language, _split(topics), personalised)
    try:
        await runtime.db.write(set_preferences, visit.who, wanted)
    except Invalid as error:
        return _preferences(runtime, visit, wanted, errors=error.errors, status=422)
    return RedirectResponse(f"{visit.brand.here}preferences?done=saved", 303)


@router.post("/interests")
async def interests(
    runtime: Run, visit: Acting, tags: Annotated[str, Form(max_length=4_000)] = ""
) -> Response:
    """What they are interested in, in their own words."""
    await runtime.db.write(set_tags, visit.who, _split(tags))
    return RedirectResponse(f"{visit.brand.here}preferences?done=saved", 303)


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in _SEPARATORS.split(text) if part.strip())


def _preferences(
    runtime: Runtime,
    visit: Visit,
    wanted: Preferences,
    *,
    errors: Any = None,
    done: str = "",
    status: int = 200,
) -> Response:
    return draw(
        runtime, visit, "preferences.html", status, section="preferences", wanted=wanted,
        errors=errors or {}, done=done,
    )  # fmt: skip


async def _details(
    runtime: Runtime,
    visit: Visit,
    *,
    values: dict[str, str] | None = None,
    errors: Any = None,
    typed: str = "",
    done: str = "",
    status: int = 200,
) -> Response:
    known = await runtime.db.query(details_of, visit.who)
    shown = values or known.values
    tongue = shown["language"]
    other = [(tongue, tongue)] if tongue and tongue not in dict(LANGUAGES) else []
    return draw(
        runtime, visit, "details.html", status, section="details", known=known,
        values=shown, errors=errors or {}, typed=typed, done=done,
        zone_choices=[(each, each) for each in TIME_ZONES], languages=[*LANGUAGES, *other],
    )  # fmt: skip

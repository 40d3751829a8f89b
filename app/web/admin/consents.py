"""The words that customers agree to, version by version, and how many have agreed."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection

from app import clock
from app.actions.consent_text import CHANNELS, LONGEST, write_consent_text
from app.customers.purposes import PURPOSES
from app.db import Invalid
from app.pages import LOCALE_NAMES
from app.queries.brands import brand_names
from app.queries.consent_texts import shares, text_versions
from app.runtime import Runtime
from app.security.sessions import Session
from app.web.admin.frame import AdminSession, page
from app.web.late_route import LateRoute
from app.web.request import Run, client_ip

router = APIRouter(route_class=LateRoute)
EMPTY = {"purpose": "marketing", "channel": "", "brand": "", "locale": "en", "text": ""}


@router.get("/consents")
async def consents_page(
    runtime: Run, session: AdminSession, done: str = "", of: int | None = None
) -> Response:
    """Every wording; `of` is one to begin the next version from."""
    return await _page(runtime, session, done=done, of=of)


@router.post("/consents")
async def consents_form(
    request: Request,
    runtime: Run,
    session: AdminSession,
    purpose: Annotated[str, Form(max_length=100)] = "",
    channel: Annotated[str, Form(max_length=20)] = "",
    brand: Annotated[str, Form(pattern=r"^\d{0,15}$")] = "",
    locale: Annotated[str, Form(max_length=10)] = "",
    text: Annotated[str, Form(max_length=20_000)] = "",
    do: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Put a wording in force, or show how it will be read."""
    purpose = purpose.strip()
    typed = {"purpose": purpose, "channel": channel, "brand": brand, "locale": locale, "text": text}
    if do == "preview":
        return await _page(runtime, session, typed=typed, preview=text.strip())
    try:
        await runtime.db.write(
            write_consent_text, session.actor, purpose, channel, int(brand) if brand else None,
            locale, text, client_ip(request),
        )  # fmt: skip
    except Invalid as error:
        return await _page(runtime, session, typed=typed, errors=error.errors, status=422)
    return RedirectResponse("/admin/consents?done=changed", 303)


async def _page(
    runtime: Runtime,
    session: Session,
    *,
    typed: dict[str, str] | None = None,
    of: int | None = None,
    preview: str = "",
    errors: dict[str, str] | None = None,
    done: str = "",
    status: int = 200,
) -> Response:
    def read(conn: Connection) -> tuple[Any, ...]:
        return text_versions(conn), shares(conn, clock.now()), brand_names(conn)

    groups, said, brands = await runtime.db.query(read)
    begun = next((one for group in groups for one in group if one.id == of), None)
    if typed is None and begun is not None:
        typed = {
            "purpose": begun.purpose, "channel": begun.channel, "locale": begun.locale,
            "brand": str(begun.brand_id or ""), "text": begun.text,
        }  # fmt: skip
    return page(
        runtime, session, "admin/consents.html", "consents", status, done=done, errors=errors,
        groups=groups, shares=said, brands=brands, values=typed or EMPTY, preview=preview,
        purposes=PURPOSES, channels=CHANNELS, locales=LOCALE_NAMES, longest=LONGEST,
    )  # fmt: skip

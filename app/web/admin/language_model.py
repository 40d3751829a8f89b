"""The language model that may word answers: off unless an administrator turns it on."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection

from app.actions.language_model import ModelForm, set_language_model
from app.db import Invalid
from app.models.language_model import MOST_S, TIMEOUT_S, ModelSettings
from app.queries.choices import brand_choices
from app.queries.model_calls import kept_settings, last_calls
from app.runtime import Runtime
from app.security.permissions import Actor
from app.security.sessions import Session
from app.web.admin.frame import WORDS, AdminSession, page
from app.web.late_route import LateRoute
from app.web.request import Run, client_ip

router = APIRouter(route_class=LateRoute)


@router.get("/language-model")
async def model_page(
    runtime: Run, session: AdminSession, brand: int = 0, done: str = ""
) -> Response:
    """The settings of a brand, or of all, and the latest calls."""
    return await _page(runtime, session, brand, done=done)


@router.post("/language-model")
async def model_form(
    request: Request,
    runtime: Run,
    session: AdminSession,
    brand: Annotated[int, Form()] = 0,
    on: Annotated[str, Form()] = "",
    base_url: Annotated[str, Form(max_length=500)] = "",
    model: Annotated[str, Form(max_length=200)] = "",
    key: Annotated[str, Form(max_length=500)] = "",
    timeout_s: Annotated[int, Form()] = TIMEOUT_S,
) -> Response:
    """Keep them."""
    typed = ModelForm(bool(on), base_url.strip(), model.strip(), key.strip(), timeout_s)
    try:
        await runtime.db.write(
            set_language_model, session.actor, brand, typed, runtime.secret, client_ip(request)
        )
    except Invalid as refused:
        say = runtime.pages.translate
        errors = {
            name: say(session.actor.locale, WORDS.get(code, code))
            for name, code in refused.errors.items()
        }
        return await _page(runtime, session, brand, typed=typed, errors=errors)
    return RedirectResponse(f"/admin/language-model?brand={brand}&done=changed", 303)


async def _page(
    runtime: Runtime, session: Session, brand: int, *, typed: Any = None, **more: Any
) -> Response:
    kept, calls, brands = await runtime.db.query(_read, session.actor)
    own = ModelSettings.of({"0": kept.get(str(brand))}, 0)
    context = {"values": typed or own, "kept": own, "calls": calls, "brand": brand}
    context |= {"brands": brands, "longest_s": MOST_S, "errors": {}, "done": ""} | more
    found = page(runtime, session, "admin/language_model.html", "language-model", **context)
    found.status_code = 422 if more.get("errors") else 200
    return found


def _read(conn: Connection, actor: Actor) -> tuple[dict[str, Any], Any, Any]:
    return kept_settings(conn), last_calls(conn), brand_choices(conn, actor)

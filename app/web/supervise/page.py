"""The frame of the supervisor's pages: signed in, with the section's tabs."""

from typing import Any

from fastapi.responses import HTMLResponse

from app.runtime import Runtime
from app.security.sessions import Session
from app.web.request import frame, html


def page(runtime: Runtime, session: Session, template: str, **context: Any) -> HTMLResponse:
    """A page of the section; `tab` in the context names the current one of `_tabs.html`."""
    context = {**frame(session), "section": "supervise", **context}
    return html(runtime.pages.render(template, session.actor.locale, **context))

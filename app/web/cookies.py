"""The session cookie: for our pages only, not for scripts, and over https only where it can be."""

from fastapi.responses import Response

from app.runtime import Runtime
from app.web.request import cookie_name


def set_session(response: Response, runtime: Runtime, token: str) -> None:
    """Give the browser its session."""
    response.set_cookie(
        cookie_name(runtime),
        token,
        max_age=runtime.settings.session_days * 86_400,
        path="/",
        secure=runtime.settings.secure,
        httponly=True,
        samesite="lax",
    )


def drop_session(response: Response, runtime: Runtime) -> None:
    """Take it away, and what the browser has kept of our pages."""
    response.delete_cookie(
        cookie_name(runtime),
        path="/",
        secure=runtime.settings.secure,
        httponly=True,
        samesite="lax",
    )
    response.headers["Clear-Site-Data"] = '"cache", "storage"'

"""The page behind the link of an automatic mail: its reader says that the article was the answer.

Opening it changes nothing, because programs open the links of mails; its button does.
"""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from app.actions.mail_solved import mail_solved
from app.db import NotFound
from app.queries.deflected import MailedAnswer, mailed_answer
from app.runtime import Runtime
from app.web.late_route import LateRoute
from app.web.request import Run, client_ip, html, locale_of

router = APIRouter(prefix="/answered", include_in_schema=False, route_class=LateRoute)


@router.get("/{key}")
async def ask(request: Request, runtime: Run, key: str) -> HTMLResponse:
    """Asks whether it was the answer."""
    return await _page(request, runtime, key, done=False)


@router.post("/{key}")
async def confirm(request: Request, runtime: Run, key: str) -> HTMLResponse:
    """It was: nobody has to answer, unless the customer writes again."""
    await runtime.limits.take("public", client_ip(request), "answered")
    await runtime.db.write(mail_solved, key)
    return await _page(request, runtime, key, done=True)


async def _page(request: Request, runtime: Runtime, key: str, *, done: bool) -> HTMLResponse:
    await runtime.limits.take("public", client_ip(request), "answered")
    found: MailedAnswer | None = await runtime.db.query(mailed_answer, key[:64])
    if found is None:
        raise NotFound
    page = runtime.pages.render(
        "help/answered.html", locale_of(request), answer=found, key=key[:64], done=done
    )
    return html(page)

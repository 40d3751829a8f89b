"""How the mailboxes are, and the mails that need a person."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from app.actions.setup.retry_mail import read_again, send_again
from app.queries.setup_mail import mailboxes, unreadable_mails, unsent_system_mails
from app.web.admin.frame import AdminSession, page
from app.web.late_route import LateRoute
from app.web.request import Run, client_ip

router = APIRouter(route_class=LateRoute)


@router.get("/mail")
async def mail_page(runtime: Run, session: AdminSession, done: str = "") -> Response:
    """Every mailbox: the last success, the lag, the last error; mails that are stuck."""
    return page(
        runtime,
        session,
        "admin/mail.html",
        "mail",
        done=done,
        mailboxes=await runtime.db.query(mailboxes),
        unreadable=await runtime.db.query(unreadable_mails),
        unsent=await runtime.db.query(unsent_system_mails),
    )


@router.post("/mail/{raw_id:int}/read-again")
async def read_again_form(
    request: Request, runtime: Run, session: AdminSession, raw_id: int
) -> Response:
    """Try to read a mail again."""
    await runtime.db.write(read_again, session.actor, raw_id, client_ip(request))
    return RedirectResponse("/admin/mail?done=retried", 303)


@router.post("/mail/{outbox_id:int}/send-again")
async def send_again_form(
    request: Request, runtime: Run, session: AdminSession, outbox_id: int
) -> Response:
    """Try to send an invitation or a reset again."""
    await runtime.db.write(send_again, session.actor, outbox_id, client_ip(request))
    return RedirectResponse("/admin/mail?done=retried", 303)

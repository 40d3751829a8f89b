"""Trying a mail server with the settings of a form, before or after they are saved."""

import asyncio
import threading

import aiosmtplib
from aiosmtplib.errors import SMTPException

from app.actions.setup.resource import Resource, Values
from app.db import NotFound
from app.models.mail_settings import imap_of, smtp_of
from app.pages import N_
from app.queries.setup import SetupRow
from app.runtime import Runtime
from app.security.mail_secrets import opened_settings
from app.security.sealed import CannotOpen
from app.security.sessions import Session
from channels.email.imap_fetch import (
    ImapSettings,
    LoginRefused,
    MailboxUnreachable,
    wait_idle,
)
from channels.email.smtp_send import SmtpSettings, log_in

TIMEOUT_S = 10.0


async def try_connection(
    runtime: Runtime,
    session: Session,
    resource: Resource,
    row: SetupRow | None,
    values: Values,
    protocol: str,
) -> tuple[str, str]:
    """(kind of notice, what it says): whether the server lets us in, and if not, its own words.

    A password that was not typed is the stored one.
    """
    merged = resource.columns_of(values, row.row if row is not None else {})["settings"]
    say = runtime.pages.translate
    locale = session.actor.locale
    try:
        settings = opened_settings(runtime.secret, merged)
    except CannotOpen as error:
        return "danger", say(locale, N_("Type the password again. %(reason)s"), reason=error)
    if protocol == "imap":
        server = imap_of(settings, TIMEOUT_S)
        problem = await asyncio.to_thread(_imap_problem, server) if server else None
    elif protocol == "smtp":
        hand_in = smtp_of(settings, TIMEOUT_S)
        server = hand_in  # type: ignore[assignment]
        problem = await _smtp_problem(hand_in) if hand_in else None
    else:
        raise NotFound
    if server is None:
        return "warning", say(locale, N_("Fill in the server first."))
    if problem is None:
        return "success", say(locale, N_("The connection works."))
    return "danger", say(locale, N_("The connection does not work: %(reason)s"), reason=problem)


def _imap_problem(settings: ImapSettings) -> str | None:
    stop = threading.Event()
    stop.set()  # look into the folder, do not wait for mail
    try:
        wait_idle(settings, stop, 0)
    except (LoginRefused, MailboxUnreachable) as error:
        return str(error)
    return None


async def _smtp_problem(settings: SmtpSettings) -> str | None:
    client = aiosmtplib.SMTP(
        hostname=settings.host,
        port=settings.port,
        use_tls=settings.security == "tls",
        start_tls=settings.security == "starttls",
        timeout=settings.timeout_s,
    )
    try:
        await client.connect()
        await log_in(client, settings)
        await client.quit()
    except (SMTPException, OSError) as error:
        client.close()
        return str(error) or type(error).__name__
    return None

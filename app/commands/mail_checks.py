"""What `doctor` tries at the mail servers: connect, log in, leave."""

import asyncio
from dataclasses import replace
from typing import Any

import aiosmtplib

from app.commands.checks import Finding, opened
from app.commands.migrate import sqlite_revision
from app.mail_access import access_token
from app.models.mail_settings import imap_of
from app.queries.mail_inboxes import MailInbox, mail_inboxes
from app.queries.setup_mail import Mailbox, mailboxes
from app.runtime import Runtime
from app.security.mail_secrets import opened_settings
from app.security.sealed import CannotOpen
from app.settings import Settings
from app.workers.compose_mail import server_of
from channels.email.imap_fetch import (
    ImapSettings,
    LoginRefused,
    MailboxUnreachable,
    fetch_new,
)
from channels.email.smtp_send import SmtpSettings

SEALED = (
    "its password was sealed with another secret: bring SECRET_KEY or DATA_DIR/secret back,"
    " or type the password again"
)


async def outgoing(settings: Settings) -> list[Finding]:
    """Can mail of the installation and of every inbox be handed in?"""
    servers = {"SMTP_HOST": server_of({}, settings)}
    found = []
    for inbox, own in await _inboxes(settings):
        if own is None:
            found.append(Finding("fail", f"{inbox.address}: {SEALED}"))
        else:
            servers[inbox.address] = server_of(own, settings)
    if servers["SMTP_HOST"] is not None and not settings.mail_from:
        found.append(Finding("warn", "MAIL_FROM is not set: invitations and resets do not go out"))
    tried: dict[SmtpSettings, Finding] = {}
    for name, server in servers.items():
        if server is None:
            words = f"{name}: no server; set SMTP_HOST, or one at the inbox"
            found.append(Finding("warn" if name == "SMTP_HOST" else "fail", words))
        elif server not in tried:
            tried[server] = await _try_smtp(name, server)
            found.append(tried[server])
    return found


async def _try_smtp(name: str, server: SmtpSettings) -> Finding:
    client = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        use_tls=server.security == "tls",
        start_tls=server.security == "starttls",
        timeout=10,
    )
    try:
        await client.connect()
        if server.user is not None:
            await client.login(server.user, server.password or "")
        await client.quit()
    except (aiosmtplib.SMTPException, OSError) as error:
        return Finding("fail", f"{name}: {server.host}:{server.port} does not take mail: {error}")
    return Finding("ok", f"{name}: {server.host}:{server.port} takes mail")


async def incoming(settings: Settings) -> list[Finding]:
    """Can every mailbox be opened; does mail for the others have a way in; how did it go lately?"""
    found: list[Finding] = []
    if not settings.uses_postgres and sqlite_revision(settings) is None:
        return [Finding("ok", "no email inboxes yet")]
    async with opened(settings) as runtime:
        for inbox in await runtime.db.query(mail_inboxes):
            own = _opened(runtime, inbox)
            if own is None:
                found.append(Finding("fail", f"{inbox.address}: {SEALED}"))
                continue
            mailbox = imap_of(own, timeout_s=10)
            if mailbox is not None:
                found.append(await _try_mailbox(runtime, inbox, mailbox))
            elif not (settings.smtp_listen_port or settings.lmtp_listen_port):
                words = f"{inbox.address}: no mailbox; SMTP_LISTEN_PORT, LMTP_LISTEN_PORT not set"
                found.append(Finding("warn", words))
        for health in await runtime.db.query(mailboxes):
            found += _lately(health)
    return found or [Finding("ok", "no email inboxes yet")]


async def _try_mailbox(runtime: Runtime, inbox: MailInbox, mailbox: ImapSettings) -> Finding:
    try:
        token = await access_token(runtime, inbox.id, inbox.settings)
        signed_in = replace(mailbox, access_token=token)
        await asyncio.to_thread(fetch_new, signed_in, None, lambda _: None, max_mails=0)
    except (LoginRefused, MailboxUnreachable) as error:
        return Finding("fail", f"{inbox.address}: {error}")
    return Finding("ok", f"{inbox.address}: the mailbox at {mailbox.host} opens")


def _lately(health: Mailbox) -> list[Finding]:
    """What the workers have written down; the running product knows more than one try."""
    found = []
    if health.left:
        of = health.left + health.fetched_mails
        found.append(Finding("ok", f"{health.address}: {health.left} of {of} mails left to fetch"))
    if health.failing:
        found.append(Finding("warn", f"{health.address}: the last try failed: {health.last_error}"))
    if health.unreadable:
        words = f"{health.address}: {health.unreadable} mails could not be read; see /admin/mail"
        found.append(Finding("warn", words))
    return found


def _opened(runtime: Runtime, inbox: MailInbox) -> dict[str, Any] | None:
    """The inbox's settings with its passwords; None where the secret does not fit them."""
    try:
        return opened_settings(runtime.secret, inbox.settings)
    except CannotOpen:
        return None


async def _inboxes(settings: Settings) -> list[tuple[MailInbox, dict[str, Any] | None]]:
    if not settings.uses_postgres and sqlite_revision(settings) is None:
        return []
    async with opened(settings) as runtime:
        found = await runtime.db.query(mail_inboxes)
        return [(inbox, _opened(runtime, inbox)) for inbox in found]

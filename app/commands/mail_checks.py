"""What `doctor` tries at the mail servers: connect, log in, leave."""

import asyncio
from collections.abc import Mapping
from typing import Any

import aiosmtplib

from app.commands.checks import Finding, opened
from app.commands.migrate import sqlite_revision
from app.models.mail_settings import imap_of
from app.queries.mail_inboxes import MailInbox, mail_inboxes
from app.settings import Settings
from app.workers.compose_mail import server_of
from channels.email.imap_fetch import (
    ImapSettings,
    LoginRefused,
    MailboxUnreachable,
    fetch_new,
)
from channels.email.smtp_send import SmtpSettings


async def outgoing(settings: Settings) -> list[Finding]:
    """Can mail of the installation and of every inbox be handed in?"""
    inboxes = await _inboxes(settings)
    own: Mapping[str, Any] = {}
    servers = {"SMTP_HOST": server_of(own, settings)}
    servers |= {inbox.address: server_of(inbox.settings, settings) for inbox in inboxes}
    found = []
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
    """Can every mailbox be opened; does mail for the others have a way in?"""
    found = []
    for inbox in await _inboxes(settings):
        mailbox = imap_of(inbox.settings, timeout_s=10)
        if mailbox is not None:
            found.append(await asyncio.to_thread(_try_imap, inbox.address, mailbox))
        elif not (settings.smtp_listen_port or settings.lmtp_listen_port):
            words = f"{inbox.address}: no mailbox; SMTP_LISTEN_PORT, LMTP_LISTEN_PORT are not set"
            found.append(Finding("warn", words))
    return found or [Finding("ok", "no email inboxes yet")]


def _try_imap(name: str, mailbox: ImapSettings) -> Finding:
    try:
        fetch_new(mailbox, None, lambda _: None, max_mails=0)
    except (LoginRefused, MailboxUnreachable) as error:
        return Finding("fail", f"{name}: {error}")
    return Finding("ok", f"{name}: the mailbox at {mailbox.host} opens")


async def _inboxes(settings: Settings) -> list[MailInbox]:
    if not settings.uses_postgres and sqlite_revision(settings) is None:
        return []
    async with opened(settings) as runtime:
        return await runtime.db.query(mail_inboxes)

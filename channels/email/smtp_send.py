"""Hands one mail to an SMTP server and says for each recipient what became of it."""

import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import aiosmtplib
from aiosmtplib.errors import SMTPException, SMTPResponseException

Outcome = Literal["accepted", "temporary", "permanent", "uncertain"]
Security = Literal["none", "starttls", "tls"]


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """Where mail is handed in. `tls_context` None verifies against the system's authorities. With
    `access_token` the login is XOAUTH2 instead of the password."""

    host: str
    port: int
    security: Security = "starttls"
    user: str | None = None
    password: str | None = None
    timeout_s: float = 60
    local_hostname: str | None = None
    tls_context: ssl.SSLContext | None = None
    access_token: str | None = None


@dataclass(frozen=True, slots=True)
class RecipientResult:
    """What became of one recipient. `code` is the SMTP reply code where the server gave one."""

    address: str
    outcome: Outcome
    reason: str = ""
    code: int | None = None


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    """The fate of one mail. `uncertain`: the line died after the content went out, so the server
    may have it; a machine must not send it again, a person decides."""

    recipients: tuple[RecipientResult, ...]

    def having(self, outcome: Outcome) -> tuple[RecipientResult, ...]:
        """The recipients with that outcome, in the order given."""
        return tuple(each for each in self.recipients if each.outcome == outcome)


async def deliver(
    raw: bytes,
    sender: str,
    recipients: Sequence[str],
    settings: SmtpSettings,
    before_content: Callable[[], Awaitable[None]] | None = None,
) -> DeliveryResult:
    """Deliver `raw` from `sender` ("" for the null sender) to every recipient in one transaction.

    Never raises for what servers and networks do: each is a result. 4xx replies, refused
    connections and refused logins are temporary (a person can mend them), 5xx replies permanent.
    `before_content` is awaited when at least one recipient was accepted, right before the content
    goes out: until then nothing can have been delivered. What it raises ends the delivery.
    """
    client = aiosmtplib.SMTP(
        hostname=settings.host,
        port=settings.port,
        use_tls=settings.security == "tls",
        start_tls=settings.security == "starttls",
        tls_context=settings.tls_context,
        timeout=settings.timeout_s,
        local_hostname=settings.local_hostname,
    )
    try:
        await client.connect()
        await log_in(client, settings)
    except (SMTPException, OSError) as error:
        client.close()
        return _all(recipients, "temporary", _words(error), _code(error))
    try:
        return await _transaction(client, raw, sender, recipients, before_content)
    finally:
        await _leave(client)


async def log_in(client: aiosmtplib.SMTP, settings: SmtpSettings) -> None:
    """Sign in with the token or the password, where the settings have a user."""
    if settings.user is None:
        return
    if settings.access_token is not None:
        await client.auth_xoauth2(settings.user, settings.access_token)
    else:
        await client.login(settings.user, settings.password or "")


async def _transaction(
    client: aiosmtplib.SMTP,
    raw: bytes,
    sender: str,
    recipients: Sequence[str],
    before_content: Callable[[], Awaitable[None]] | None,
) -> DeliveryResult:
    results: dict[str, RecipientResult] = {}
    try:
        await client.mail(sender)
        for address in recipients:
            results[address] = await _offer_recipient(client, address)
    except (SMTPException, OSError, UnicodeError) as error:
        return _all(recipients, _outcome(error), _words(error), _code(error))
    accepted = [address for address, result in results.items() if result.outcome == "accepted"]
    if accepted:
        if before_content is not None:
            await before_content()
        verdict = await _send_content(client, raw)
        for address in accepted:
            results[address] = RecipientResult(address, *verdict)
    return DeliveryResult(tuple(results.values()))


async def _offer_recipient(client: aiosmtplib.SMTP, address: str) -> RecipientResult:
    try:
        await client.rcpt(address)
    except (SMTPResponseException, UnicodeError) as error:
        return RecipientResult(address, _outcome(error), _words(error), _code(error))
    return RecipientResult(address, "accepted")


async def _send_content(client: aiosmtplib.SMTP, raw: bytes) -> tuple[Outcome, str, int | None]:
    try:
        reply = await client.data(raw)
    except SMTPResponseException as error:
        return _outcome(error), _words(error), error.code
    except (SMTPException, OSError) as error:
        return "uncertain", _words(error), None
    return "accepted", reply.message, reply.code


async def _leave(client: aiosmtplib.SMTP) -> None:
    """Say goodbye if the server still listens; the mail's fate is already known."""
    try:
        if client.is_connected:
            await client.quit(timeout=5)
    except (SMTPException, OSError):
        client.close()


def _outcome(error: Exception) -> Outcome:
    if isinstance(error, UnicodeError):
        return "permanent"
    if isinstance(error, SMTPResponseException):
        return "permanent" if 500 <= error.code < 600 else "temporary"
    return "temporary"


def _words(error: Exception) -> str:
    if isinstance(error, SMTPResponseException):
        return f"{error.code} {error.message}"
    if isinstance(error, UnicodeError):
        return "The address has characters that this mail server cannot take."
    return str(error) or type(error).__name__


def _code(error: Exception) -> int | None:
    return error.code if isinstance(error, SMTPResponseException) else None


def _all(
    recipients: Sequence[str], outcome: Outcome, reason: str, code: int | None
) -> DeliveryResult:
    return DeliveryResult(tuple(RecipientResult(a, outcome, reason, code) for a in recipients))

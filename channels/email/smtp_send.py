"""Hands mails to an SMTP server and says for each recipient what became of it."""

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


class Line:
    """A connection to one server over which mails go one after the other.

    It connects when the first mail needs it, and again when the server has hung up meanwhile.
    """

    def __init__(self, settings: SmtpSettings) -> None:
        self.settings = settings
        self._client: aiosmtplib.SMTP | None = None

    async def deliver(
        self,
        raw: bytes,
        sender: str,
        recipients: Sequence[str],
        before_content: Callable[[], Awaitable[None]] | None = None,
    ) -> DeliveryResult:
        """Deliver `raw` from `sender` ("" for the null sender) to every recipient in one
        transaction.

        Never raises for what servers and networks do: each is a result. 4xx replies, refused
        connections and refused logins are temporary (a person can mend them), 5xx replies
        permanent. `before_content` is awaited when at least one recipient was accepted, right
        before the content goes out: until then nothing can have been delivered. What it raises
        ends the delivery.
        """
        client = await self._listening()
        if client is None:
            client = _client_of(self.settings)
            try:
                await client.connect()
                await _greet(client)
                await log_in(client, self.settings)
            except (SMTPException, OSError) as error:
                client.close()
                return _all(recipients, "temporary", _words(error), _code(error))
            self._client = client
        whole = False
        try:
            result = await _transaction(client, raw, sender, recipients, before_content)
            whole = client.is_connected
            return result
        finally:
            if not whole:  # broken off somewhere inside: nothing more goes over it
                self._client = None
                client.close()

    async def close(self) -> None:
        """Say goodbye if the server still listens; the fate of every mail is already known."""
        client, self._client = self._client, None
        if client is None:
            return
        try:
            if client.is_connected:
                await client.quit(timeout=5)
        except (SMTPException, OSError):
            client.close()

    async def _listening(self) -> aiosmtplib.SMTP | None:
        """The connection, if the server is still there and ready for another mail."""
        client = self._client
        if client is None:
            return None
        try:
            await client.rset()
        except (SMTPException, OSError):
            self._client = None
            client.close()
            return None
        return client


async def deliver(
    raw: bytes,
    sender: str,
    recipients: Sequence[str],
    settings: SmtpSettings,
    before_content: Callable[[], Awaitable[None]] | None = None,
) -> DeliveryResult:
    """Deliver one mail over a connection of its own; see `Line.deliver`."""
    line = Line(settings)
    try:
        return await line.deliver(raw, sender, recipients, before_content)
    finally:
        await line.close()


def _client_of(settings: SmtpSettings) -> aiosmtplib.SMTP:
    return aiosmtplib.SMTP(
        hostname=settings.host,
        port=settings.port,
        use_tls=settings.security == "tls",
        start_tls=settings.security == "starttls",
        tls_context=settings.tls_context,
        timeout=settings.timeout_s,
        local_hostname=settings.local_hostname,
    )


async def _greet(client: aiosmtplib.SMTP) -> None:
    """EHLO, which tells what the server can do; old servers know only HELO."""
    if client.is_ehlo_or_helo_needed:
        try:
            await client.ehlo()
        except SMTPResponseException:
            await client.helo()


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
        # Said beforehand, a mail that is too big is refused before it was sent (RFC 1870).
        size = [f"SIZE={len(raw)}"] if client.supports_extension("size") else []
        await client.mail(sender, options=size)
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

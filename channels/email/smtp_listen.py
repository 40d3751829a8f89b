"""A listener for SMTP and LMTP in the caller's event loop: 250 is said when the mail is kept."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

OnMail = Callable[[bytes, str, list[str]], Awaitable[None]]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Listener:
    """A running listener. `port` is the one actually bound (port 0 picks a free one)."""

    port: int
    _server: asyncio.Server
    _open: set["_Protocol"]

    async def stop(self) -> None:
        """Close every connection, and wait until a mail that is being kept is kept."""
        self._server.close()
        for protocol in list(self._open):
            await protocol.abandon()
        await self._server.wait_closed()


async def start_listener(
    host: str,
    port: int,
    on_mail: OnMail,
    is_known: Callable[[str], bool],
    max_bytes: int,
    *,
    lmtp: bool = False,
) -> Listener:
    """Listen on host and port; call `on_mail(raw, mail_from, rcpt_to)` once for each mail.

    250 is answered after `on_mail` returned, 451 when it raised (the sender tries again), 550 to a
    recipient that `is_known` refuses, 552 to more than `max_bytes`. The null sender comes as "".
    With `lmtp` it speaks LMTP (RFC 2033), in which a mail server hands mail on to a mailbox: LHLO,
    and after the content an answer for each recipient.
    """
    handler = _Handler(on_mail, is_known, answers_each=lmtp)
    kind = _LmtpProtocol if lmtp else _Protocol
    open_protocols: set[_Protocol] = set()
    server = await asyncio.get_running_loop().create_server(
        lambda: kind(handler, max_bytes, open_protocols), host, port
    )
    return Listener(server.sockets[0].getsockname()[1], server, open_protocols)


class _Protocol(SMTP):
    """aiosmtpd's conversation, tolerant of the long lines that real senders produce."""

    line_length_limit = 1_048_576

    def __init__(self, handler: "_Handler", max_bytes: int, registry: set["_Protocol"]) -> None:
        super().__init__(
            handler,
            data_size_limit=max_bytes,
            enable_SMTPUTF8=True,
            ident="Switchroom",
            loop=asyncio.get_running_loop(),
        )
        self._registry = registry

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._registry.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._registry.discard(self)
        super().connection_lost(error)

    async def abandon(self) -> None:
        """Close the connection; what `on_mail` has begun it may finish."""
        conversation = self._handler_coroutine
        if self.transport is not None:
            self.transport.close()
        if conversation is not None:
            await asyncio.wait([conversation])
        await self.event_handler.settle()


class _LmtpProtocol(_Protocol, LMTP):
    """The same in LMTP's words."""


@dataclass(slots=True)
class _Handler:
    on_mail: OnMail
    is_known: Callable[[str], bool]
    answers_each: bool = False
    keeping: set[asyncio.Task[None]] = field(default_factory=set)

    async def handle_RCPT(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        rcpt_options: list[str],
    ) -> str:
        if not self.is_known(address):
            return "550 5.1.1 No such mailbox here"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(rcpt_options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        mail_from = envelope.mail_from or ""
        keeping = asyncio.ensure_future(
            self._keep(
                bytes(envelope.original_content or b""),
                "" if mail_from == "<>" else mail_from,
                [str(address) for address in envelope.rcpt_tos],
            )
        )
        self.keeping.add(keeping)
        keeping.add_done_callback(self.keeping.discard)
        try:
            # A sender that hangs up must not cut a commit in two.
            await asyncio.shield(keeping)
        except Exception:
            _log.exception("A mail could not be kept; its sender was asked to try again.")
            return self._answer("451 4.3.0 The mail could not be kept; try again later", envelope)
        return self._answer("250 2.0.0 Kept", envelope)

    def _answer(self, text: str, envelope: Envelope) -> str:
        """LMTP wants to hear it once for each recipient; aiosmtpd says it once."""
        return "\r\n".join([text] * (len(envelope.rcpt_tos) if self.answers_each else 1))

    async def _keep(self, raw: bytes, mail_from: str, rcpt_to: list[str]) -> None:
        await self.on_mail(raw, mail_from, rcpt_to)

    async def settle(self) -> None:
        """Wait for every mail that is being kept."""
        if self.keeping:
            await asyncio.wait(set(self.keeping))

"""A real SMTP server that collects what it is sent, and that misbehaves when told to."""

import asyncio
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Literal

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.servers.ports import free_port

Answer = str | Literal["hang", "drop"]
ACCEPTED = "250 2.0.0 OK"


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as it came over the wire: the envelope and the exact bytes."""

    mail_from: str
    rcpt_tos: tuple[str, ...]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        """The mail parsed by the standard library."""
        return message_from_bytes(self.content, policy=default)


class SmtpServer:
    """The catcher: `mails` holds all it accepted, `answer(...)` plans what it says after DATA."""

    host = "127.0.0.1"

    def __init__(self) -> None:
        self.port = free_port()
        self.mails: list[Mail] = []
        self.refused: list[Mail] = []
        self.connections = 0  # that have come so far
        self._answers: list[Answer] = []
        self._to_rcpt: dict[str, list[str]] = {}
        self._hanging: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
        self._always: Answer = ACCEPTED
        self._arrived = threading.Condition()

    def answer(self, answer: Answer, *, times: int | None = None) -> None:
        """What to say after DATA from now on, or only the next `times` times.

        "451 4.3.0 later" or "550 5.1.1 no such user" refuse the mail; "hang" never answers;
        "drop" takes the mail and cuts the connection before it has said so.
        """
        if times is None:
            self._always, self._answers = answer, []
        else:
            self._answers += [answer] * times

    def answer_recipient(self, address: str, *answers: str) -> None:
        """What to say to RCPT TO this address, one answer a time, from then on "250 OK"."""
        self._to_rcpt[address] = list(answers)

    def let_go(self) -> None:
        """Cut the connections that hang."""
        hanging, self._hanging = self._hanging, []
        for loop, let_go in hanging:
            loop.call_soon_threadsafe(let_go.set)

    def wait_for(self, how_many: int, *, timeout_s: float = 10.0) -> list[Mail]:
        """All mails, as soon as there are so many of them; from async code call it in a thread."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self.mails) >= how_many, timeout_s):
                raise TimeoutError(f"{len(self.mails)} of {how_many} mails after {timeout_s} s")
            return list(self.mails)

    async def received(self, how_many: int, *, timeout_s: float = 10.0) -> list[Mail]:
        """The same for async code."""
        return await asyncio.to_thread(self.wait_for, how_many, timeout_s=timeout_s)

    def clear(self) -> None:
        """Forget all mails and planned answers."""
        with self._arrived:
            self.mails, self.refused, self.connections = [], [], 0
        self._to_rcpt = {}
        self.let_go()
        self.answer(ACCEPTED)

    async def handle_EHLO(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        """Called by aiosmtpd for each client that greets."""
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        rcpt_options: list[str],
    ) -> str:
        """Called by aiosmtpd for each recipient."""
        planned = self._to_rcpt.get(address)
        answer = planned.pop(0) if planned else ACCEPTED
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Called by aiosmtpd, in its thread, with a whole mail."""
        content = envelope.content
        assert isinstance(content, bytes)
        mail = Mail(envelope.mail_from or "", tuple(envelope.rcpt_tos), content)
        answer = self._answers.pop(0) if self._answers else self._always
        with self._arrived:
            (self.mails if answer == "drop" or answer.startswith("2") else self.refused).append(
                mail
            )
            self._arrived.notify_all()
        if answer == "drop":
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
        if answer in ("drop", "hang"):
            let_go = asyncio.Event()
            self._hanging.append((asyncio.get_running_loop(), let_go))
            await let_go.wait()  # or until the connection goes, or the server stops
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
        return answer


@contextmanager
def running_smtp(
    *,
    user: str = "",
    password: str = "",
    starttls: ssl.SSLContext | None = None,
    most_bytes: int = 33_554_432,
) -> Iterator[SmtpServer]:
    """A server for as long as the block lasts; with `user` it takes mail only after a login. It
    refuses what says that it is bigger than `most_bytes`."""

    def login(
        server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        given = data if isinstance(data, LoginPassword) else LoginPassword(b"", b"")
        return AuthResult(
            success=given == LoginPassword(user.encode(), password.encode()), handled=False
        )

    catcher = SmtpServer()
    controller = Controller(
        catcher,
        hostname=catcher.host,
        port=catcher.port,
        authenticator=login if user else None,
        auth_required=bool(user),
        auth_require_tls=starttls is not None,
        tls_context=starttls,
        data_size_limit=most_bytes,
    )
    controller.start()
    try:
        yield catcher
    finally:
        controller.stop()


@contextmanager
def running_relay(port: int, take: Callable[[Mail], Awaitable[None]]) -> Iterator[None]:
    """A server at this port that gives each mail to `take`, which passes it on as it likes."""

    class Relay:
        async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
            assert isinstance(envelope.content, bytes)
            mail = Mail(envelope.mail_from or "", tuple(envelope.rcpt_tos), envelope.content)
            await take(mail)
            return ACCEPTED

    controller = Controller(Relay(), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield
    finally:
        controller.stop()

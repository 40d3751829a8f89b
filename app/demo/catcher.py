"""The demo's mail world: takes every mail the product sends, for the customers' mailbox."""

import email
import email.policy
from collections import deque
from dataclasses import dataclass

from app import clock
from channels.email.smtp_listen import Listener, start_listener

KEPT = 300


@dataclass(frozen=True, slots=True)
class Caught:
    """A mail as its recipient would see it."""

    number: int
    at: int
    to: str
    sender: str
    subject: str
    text: str
    message_id: str
    references: str


class Catcher:
    """A real SMTP server on a free port that keeps the latest mails in memory."""

    def __init__(self) -> None:
        self.mails: deque[Caught] = deque(maxlen=KEPT)
        self._listener: Listener | None = None
        self._count = 0

    async def start(self, port: int) -> None:
        """Listen on 127.0.0.1."""
        self._listener = await start_listener(
            "127.0.0.1", port, self._take, lambda address: True, 50_000_000
        )

    async def stop(self) -> None:
        """Stop listening; what was caught stays readable."""
        if self._listener is not None:
            await self._listener.stop()

    def find(self, number: int) -> Caught | None:
        """A caught mail by its number."""
        return next((mail for mail in self.mails if mail.number == number), None)

    async def _take(self, raw: bytes, mail_from: str, rcpt_to: list[str]) -> None:
        message = email.message_from_bytes(raw, policy=email.policy.default)
        body = message.get_body(("plain", "html"))
        self._count += 1
        self.mails.appendleft(
            Caught(
                number=self._count,
                at=clock.now(),
                to=", ".join(rcpt_to),
                sender=str(message["From"] or mail_from),
                subject=str(message["Subject"] or ""),
                text=body.get_content() if body is not None else "",
                message_id=str(message["Message-ID"] or ""),
                references=str(message["References"] or ""),
            )
        )

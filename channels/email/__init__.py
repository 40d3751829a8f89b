"""Email: asynchronous mail by SMTP and IMAP."""

from dataclasses import dataclass

from channels.registry import register


@dataclass(frozen=True, slots=True)
class Email:
    """The email channel's weight and patience."""

    name: str = "email"
    cost: int = 1
    offer_timeout_s: int = 60
    wrap_up_s: int = 0
    live: bool = False


register(Email())

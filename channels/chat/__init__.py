"""Chat: a visitor in the widget."""

from dataclasses import dataclass

from channels.registry import register


@dataclass(frozen=True, slots=True)
class Chat:
    """The chat channel's weight and patience."""

    name: str = "chat"
    cost: int = 2
    offer_timeout_s: int = 20
    wrap_up_s: int = 30
    live: bool = True


register(Chat())

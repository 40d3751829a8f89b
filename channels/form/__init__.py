"""Form: a request sent from a web form."""

from dataclasses import dataclass

from channels.registry import register


@dataclass(frozen=True, slots=True)
class Form:
    """The form channel's weight and patience."""

    name: str = "form"
    cost: int = 1
    offer_timeout_s: int = 60
    wrap_up_s: int = 0
    live: bool = False


register(Form())

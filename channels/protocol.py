"""What every channel declares to routing: its weight, its patience and whether it is live.

Bytes and payloads differ too much to share a signature; each folder has its own `parse`, and the
ones that send have `compose` and a deliverer. What they share is `Inbound` and `Outbound`.
"""

from typing import Protocol


class Channel(Protocol):
    """One way of talking. A frozen dataclass in the channel's folder satisfies this."""

    @property
    def name(self) -> str:
        """The stable name stored in rows: "email", "chat", "form"."""

    @property
    def cost(self) -> int:
        """Units of an agent's capacity that one contact takes."""

    @property
    def offer_timeout_s(self) -> int:
        """Seconds an agent has to accept an offer before it goes back to its place."""

    @property
    def wrap_up_s(self) -> int:
        """Seconds of after-contact work granted when a contact ends; 0 means none."""

    @property
    def live(self) -> bool:
        """True when the customer is waiting at the other end right now."""

"""What an agent sends, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Reply:
    """What an agent sends. `seen_seq` is the last seq on their screen; `force` sends anyway."""

    text: str
    key: str
    kind: Literal["outbound", "note"] = "outbound"
    seen_seq: int | None = None
    uploads: Sequence[str] = field(default_factory=tuple)
    also_to: Sequence[str] = field(default_factory=tuple)  # besides the customer
    cc: Sequence[str] = field(default_factory=tuple)
    bcc: Sequence[str] = field(default_factory=tuple)
    subject: str = ""
    force: bool = False
    undo_ms: int = 0  # how long a mail can be taken back
    send_at: int | None = None  # planned for then
    keeps: Sequence[int] = field(default_factory=tuple)  # promises that are kept by it
    materials: Sequence[str] = field(default_factory=tuple)  # article:7 macro:3: what was put in
    again: bool = False  # also what this customer was sent already
    purpose: str = ""  # goes only with consent for it; none: service
    beyond: str = ""  # why it goes although the customer had enough this week


@dataclass(frozen=True, slots=True)
class Sent:
    """The message as stored; `duplicate` when the same key had been sent before."""

    message_id: int
    seq: int
    duplicate: bool = False

"""What a macro does besides its text: tags, another queue, a priority, done or snoozed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class MacroActions:
    """The actions of a macro; `then` is done, snooze (until tomorrow morning) or nothing."""

    tags: tuple[str, ...] = ()
    queue_id: int | None = None
    priority: str = ""
    then: str = ""

    def __bool__(self) -> bool:
        return bool(self.tags or self.queue_id or self.priority or self.then)


def macro_actions(stored: Mapping[str, Any]) -> MacroActions:
    """The actions in the column of a macro; what is not there is not done."""
    return MacroActions(
        tuple(stored.get("tags") or ()),
        stored.get("queue_id"),
        stored.get("priority") or "",
        stored.get("then") or "",
    )

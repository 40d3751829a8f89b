"""A customer who is to be called back, as screens show it: how often nobody answered, and when the
next call is due."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from routing.callback import CallbackRules

_TRIES = CallbackRules().tries
_GOING_ON = ("waiting", "offered", "active")


@dataclass(frozen=True, slots=True)
class Callback:
    """A call that is to be made, to the number `to`."""

    to: str
    tries: int  # calls that nobody answered
    of: int  # so many are made at most
    next_at: int | None  # not before (ms)


def callback_of(kept: Mapping[str, Any] | None, contact_status: str | None) -> Callback | None:
    """The call of a contact that goes on, from its column `callback`; None: there is none."""
    if not kept or contact_status not in _GOING_ON:
        return None
    return Callback(str(kept.get("to", "")), kept.get("tries", 0), _TRIES, kept.get("next_at"))


def calls_back(overflow: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a queue's ways out of the line have a call back among them."""
    return any(rule.get("way") == "callback" for rule in overflow)

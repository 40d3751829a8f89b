"""Who has a conversation open and who types in it: told to those who look at it, stored nowhere.

The same signals go to every process, so each knows all viewers of its own conversations.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from app.live import topics
from app.live.hub import Hub
from app.security.permissions import Actor

Doing = Literal["viewing", "replying", "noting"]
Signal = Mapping[str, Any]

SEEN_S = 45.0  # a tab that is visible says so every 20 s
TYPES_S = 8.0  # a browser that types says so every 2 s


@dataclass(slots=True)
class _Viewer:
    name: str
    until: float
    doing: Doing = "viewing"
    doing_until: float = 0.0


class Viewers:
    """The viewers and typists of conversations. `tell_others` takes signals to other processes."""

    def __init__(self, hub: Hub, tell_others: Callable[[Signal], None]) -> None:
        self._hub = hub
        self._tell_others = tell_others
        self._viewers: dict[int, dict[int, _Viewer]] = {}
        self._typing_customers: dict[int, float] = {}
        self._answering: set[int] = (
            set()
        )  # conversations whose customer was told that somebody types

    def seen(self, conversation_id: int, actor: Actor) -> None:
        """An agent looks at it."""
        self._signal("view", conversation_id, agent=actor.agent_id, name=actor.name)

    def left(self, conversation_id: int, actor: Actor) -> None:
        """An agent looks at it no longer."""
        self._signal("leave", conversation_id, agent=actor.agent_id)

    def agent_types(self, conversation_id: int, actor: Actor, *, on: bool, note: bool) -> None:
        """An agent types; that it is a note is for colleagues only."""
        doing: Doing = "viewing" if not on else "noting" if note else "replying"
        self._signal("type", conversation_id, agent=actor.agent_id, name=actor.name, doing=doing)

    def customer_types(self, conversation_id: int, *, on: bool) -> None:
        """The customer types, or has stopped."""
        self._signal("customer", conversation_id, on=on)

    def hear(self, signal: Signal) -> None:
        """A signal of this or another process."""
        conversation_id, kind = int(signal["conversation"]), signal["kind"]
        if kind == "customer":
            self._set_customer(conversation_id, on=bool(signal["on"]))
        elif kind == "leave":
            if self._viewers.get(conversation_id, {}).pop(int(signal["agent"]), None):
                self._changed(conversation_id)
        else:
            self._set_viewer(conversation_id, signal)

    def expire(self) -> None:
        """Forget those who have not been heard of for too long; call it every few seconds."""
        now = _time()
        for conversation_id, viewers in list(self._viewers.items()):
            gone = [id for id, viewer in viewers.items() if viewer.until <= now]
            idle = [v for v in viewers.values() if v.doing != "viewing" and v.doing_until <= now]
            for agent_id in gone:
                del viewers[agent_id]
            for viewer in idle:
                viewer.doing = "viewing"
            if gone or idle:
                self._changed(conversation_id)
        for conversation_id, until in list(self._typing_customers.items()):
            if until <= now:
                self._set_customer(conversation_id, on=False)

    def frame(self, conversation_id: int) -> dict[str, Any]:
        """The viewers of a conversation as they are now."""
        viewers = self._viewers.get(conversation_id, {})
        people = [
            {"id": id, "name": viewer.name, "doing": viewer.doing}
            for id, viewer in sorted(viewers.items())
        ]
        return {"type": "viewers", "conversation": conversation_id, "viewers": people}

    def _signal(self, kind: str, conversation_id: int, **details: Any) -> None:
        signal = {"kind": kind, "conversation": conversation_id, **details}
        self.hear(signal)
        self._tell_others(signal)

    def _set_viewer(self, conversation_id: int, signal: Signal) -> None:
        now, viewers = _time(), self._viewers.setdefault(conversation_id, {})
        viewer = viewers.get(int(signal["agent"]))
        new = viewer is None
        if viewer is None:
            viewer = viewers[int(signal["agent"])] = _Viewer(str(signal["name"]), 0.0)
        viewer.until = now + SEEN_S
        before = viewer.doing
        if signal["kind"] == "type":
            viewer.doing, viewer.doing_until = signal["doing"], now + TYPES_S
        if new or viewer.doing != before:
            self._changed(conversation_id)

    def _changed(self, conversation_id: int) -> None:
        self._hub.publish(topics.of_conversation(conversation_id), self.frame(conversation_id))
        viewers = self._viewers.get(conversation_id, {})
        self._tell_customer(conversation_id, any(v.doing == "replying" for v in viewers.values()))
        if not viewers:
            self._viewers.pop(conversation_id, None)

    def _tell_customer(self, conversation_id: int, on: bool) -> None:
        if on == (conversation_id in self._answering):
            return
        if on:
            self._answering.add(conversation_id)
        else:
            self._answering.discard(conversation_id)
        frame = {"type": "typing", "conversation": conversation_id, "on": on}
        self._hub.publish(topics.of_visitor(conversation_id), frame)

    def _set_customer(self, conversation_id: int, *, on: bool) -> None:
        was = conversation_id in self._typing_customers
        if on:
            self._typing_customers[conversation_id] = _time() + TYPES_S
        else:
            self._typing_customers.pop(conversation_id, None)
        if on != was:
            frame = {"type": "typing", "conversation": conversation_id, "on": on}
            self._hub.publish(topics.of_conversation(conversation_id), frame)


def _time() -> float:
    return asyncio.get_running_loop().time()

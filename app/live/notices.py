"""Tells pages that there is something new above their content: a word to everybody, an alert, a
whisper. Each page asks for what is its own; nothing but the hint travels to all."""

from collections.abc import Callable, Iterable

from app.events import SupervisionChanged
from app.live.client import Client
from app.live.hub import Frame

NEWS = Frame.of({"type": "notices"})


class Notices:
    """Hints to the connected agents' pages. `agents` gives their clients."""

    def __init__(self, agents: Callable[[], Iterable[Client]]) -> None:
        self._agents = agents

    def changed(self, event: SupervisionChanged) -> None:
        """Something of a supervisor's began or is over."""
        for client in self._agents():
            actor = client.actor
            if actor is None or event.agent_id not in (None, actor.agent_id):
                continue
            if event.what == "alert" and not actor.may("supervise"):
                continue
            client.socket.write(NEWS)
            if event.what in ("watch", "whisper"):
                client.socket.write(Frame.of({"type": event.what, "conversation": event.id}))

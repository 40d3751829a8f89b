"""The live side of one process, put together: it hears events and keeps the connected browsers."""

import asyncio
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from typing import Any

from app.db import Database
from app.events import (
    AccessChanged,
    ClockChanged,
    ConsultChanged,
    ContactChanged,
    ConversationChanged,
    CustomerChanged,
    Event,
    MessageAdded,
    MessageChanged,
    OfferChanged,
    PresenceChanged,
    SetupChanged,
    SupervisionChanged,
)
from app.live import topics
from app.live.beats import SLOTS, Beats
from app.live.board import BoardFeed
from app.live.bus import Bus, open_bus
from app.live.client import Client
from app.live.fragments import Fragments, View
from app.live.hub import RESTART, Frame, Hub
from app.live.lists import ListFeed
from app.live.notices import Notices
from app.live.personal import PersonalFeed
from app.live.rechecks import Rechecks
from app.live.threads import Threads
from app.live.tickets import MemoryTickets, RedisTickets, Tickets
from app.live.viewers import Viewers
from app.live.watches import Watches

ELSEWHERE = 4409
MOST_SOCKETS = 12  # of one session; the oldest is told that it is open elsewhere
ARRIVALS = 6  # browsers that are let in at the same time
WRAP_UPS = ("wrap_up", "ended", "active")  # states in which one begins or is over
EVERY_LIST = Frame.of({"type": "list", "conversations": []})


class Live:
    """The live side: `hear` events, `publish` frames, `fragments` to draw, `clients` connected."""

    def __init__(self, db: Database, *, redis_url: str = "", session_idle_h: int = 12) -> None:
        self.db = db
        self.session_idle_h = session_idle_h
        self.fragments = Fragments()
        self.hub = Hub()
        self.bus: Bus = open_bus(redis_url)
        redis = self.bus.redis
        self.tickets: Tickets = RedisTickets(redis) if redis is not None else MemoryTickets()
        self.clients: dict[Client, None] = {}  # in order of connection
        # After a restart everybody comes back at once; pages need the database meanwhile.
        self.arrivals = asyncio.Semaphore(ARRIVALS)
        self.threads = Threads(db, self.hub, self.fragments)
        self.personal = PersonalFeed(db, self.hub, self.fragments)
        self.lists = ListFeed(db, self.hub, self.fragments, self.agents)
        self.board = BoardFeed(db, self.hub, self.fragments)
        self.viewers = Viewers(self.hub, self.bus.signal)
        self.notices = Notices(self.agents)
        self.watches = Watches(self)
        self.rechecks = Rechecks(self)
        self.beats = Beats(self)
        self._sessions: dict[str, list[Client]] = {}
        self._tasks: list[asyncio.Task[None]] = []

    # -- for pages ----------------------------------------------------------------------------

    def publish(
        self, topic: str, content: str | Mapping[str, Any], view: View | None = None
    ) -> int:
        """Write HTML, or a dict as JSON, to the sockets of this process that listen to a topic."""
        return self.hub.publish(topic, content, view)

    def watched(self, topic: str) -> list[View]:
        """The views that listen to a topic here; empty: nobody."""
        return self.hub.views(topic)

    # -- what happens -------------------------------------------------------------------------

    def hear(self, events: Sequence[Event]) -> None:
        """Committed events of this or another process; never waits."""
        for event in events:
            self._hear(event)

    def _hear(self, event: Event) -> None:
        match event:
            case MessageAdded():
                self.threads.hint(event.conversation_id, event.seq, event.message_id)
                talk = event.message_kind in ("inbound", "outbound")
                self.lists.changed(event.conversation_id, moved=talk)
            case MessageChanged():
                self.threads.hint(event.conversation_id, event.seq, event.message_id)
            case ConversationChanged():
                self.threads.hint(event.conversation_id, event.seq)
                self.lists.changed(event.conversation_id, moved=True)
            case ContactChanged() | ClockChanged():
                self.threads.changed(event.conversation_id)
                self.lists.changed(event.conversation_id, moved=True)
                if isinstance(event, ContactChanged) and event.status in WRAP_UPS:
                    self.personal.wrap_up(event.contact_id, event.agent_id)
                self.board.changed()
            case CustomerChanged():
                self.threads.customer_changed(event.customer_id)
            case AccessChanged():
                self.rechecks.ask(event.agent_id)
            case SetupChanged():
                self.rechecks.ask()
                self.board.changed()
            case _:
                self._hear_of_agents(event)

    def _hear_of_agents(self, event: Event) -> None:
        match event:
            case OfferChanged():
                self.personal.offer(event.offer_id, event.agent_id)
                self.board.changed()
            case PresenceChanged():
                self.personal.presence(event.agent_id)
                self.board.changed()
            case ConsultChanged():
                sides = (event.from_agent_id, event.to_agent_id)
                self.personal.consult(event.consult_id, sides)
                for agent_id in sides:
                    self.rechecks.ask(agent_id)
            case SupervisionChanged():
                self.notices.changed(event)
                self.board.changed()
            case _:
                return

    # -- who is connected ---------------------------------------------------------------------

    def agents(self) -> Iterator[Client]:
        """The connected agents' clients."""
        return (client for client in list(self.clients) if client.actor is not None)

    def add(self, client: Client) -> None:
        """A browser has connected; a session's thirteenth takes the place of its first."""
        same = self._sessions.setdefault(_session(client), [])
        if len(same) >= MOST_SOCKETS:
            self.drop(same[0], ELSEWHERE)
        self._sessions.setdefault(_session(client), []).append(client)
        client.slot = len(self.clients) % SLOTS
        self.clients[client] = None
        if client.actor is not None:
            self.hub.join(client.socket, topics.of_agent(client.actor.agent_id))

    def remove(self, client: Client) -> None:
        """A browser is gone; a second call does nothing."""
        self.leave_conversation(client)
        self.hub.leave_all(client.socket)
        if client in self.clients:
            del self.clients[client]
            same = self._sessions[_session(client)]
            same.remove(client)
            if not same:
                del self._sessions[_session(client)]

    def drop(self, client: Client, code: int) -> None:
        """Close a browser's socket."""
        self.remove(client)
        client.socket.close(code)

    def leave_conversation(self, client: Client) -> None:
        """A browser has its conversation open no longer."""
        conversation_id = client.conversation
        if conversation_id is None:
            return
        self.watches.left(client)
        self.threads.leave(client)
        if client.actor is not None and not any(
            other.actor is not None and other.actor.agent_id == client.actor.agent_id
            for other in self.threads.followers.get(conversation_id, ())
        ):
            self.viewers.left(conversation_id, client.actor)

    # -- start and stop -----------------------------------------------------------------------

    async def start(self) -> None:
        """Begin to send; the bus is started by the runtime."""
        runners: list[Coroutine[Any, Any, None]] = [
            self.threads.run(),
            self.personal.run(),
            self.lists.run(),
            self.board.run(),
            self.rechecks.run(),
            self.beats.run(),
        ]
        self._tasks = [asyncio.create_task(runner) for runner in runners]

    async def stop(self) -> None:
        """Tell every browser to come back later, and end."""
        for client in list(self.clients):
            self.drop(client, RESTART)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    def missed(self) -> None:
        """Events of other processes were lost: look at everything anew."""
        self.rechecks.ask()
        self.board.changed()
        for client in self.agents():
            client.socket.write(EVERY_LIST)
        self.beats.soon()


def _session(client: Client) -> str:
    return client.session or f"visitor:{client.visitor.session if client.visitor else ''}"

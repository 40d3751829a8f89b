"""Open conversations: what is committed is drawn once for each view and sent in order, no holes.

An event is only a hint that a conversation has come to a seq: what is sent is everything between
the last seq that was sent and that one. So neither events that overtake each other between
processes nor lost ones leave a hole; a lost one is noticed at the next event or the next beat.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy import Connection

from app.db import Database
from app.live import topics
from app.live.access import Scope, of_customers, scopes_of
from app.live.client import Client
from app.live.fragments import Audience, Fragments, View, move_cursor
from app.live.hub import TOO_SLOW, Frame, Hub
from app.live.journal import Stretch, events_after, visible_to_customer

_log = structlog.get_logger(__name__)
AUDIENCES: tuple[Audience, Audience] = ("agent", "visitor")


@dataclass(slots=True)
class _Hints:
    """What was heard of a conversation since it was last sent: message ids by seq.

    `missed` says that there is more than was heard: the journal knows what.
    """

    events: dict[int, int | None] = field(default_factory=dict)
    changed: bool = False
    missed: bool = False


@dataclass(slots=True)
class _Batch:
    """Everything that one hop to the database has to read."""

    stretches: dict[int, Stretch] = field(default_factory=dict)
    unknown: dict[int, int] = field(default_factory=dict)  # conversations to read the journal of
    watched: dict[Audience, set[int]] = field(default_factory=dict)
    customers: set[int] = field(default_factory=set)


@dataclass(slots=True)
class _Read:
    """What that hop brought: things by audience and id, ready to be drawn."""

    stretches: dict[int, Stretch]
    scopes: dict[int, Scope]
    messages: dict[Audience, Mapping[int, Any]] = field(default_factory=dict)
    conversations: dict[Audience, Mapping[int, Any]] = field(default_factory=dict)


class Threads:
    """The conversations that are open in this process, and how far each was sent."""

    def __init__(self, db: Database, hub: Hub, fragments: Fragments) -> None:
        self._db = db
        self._hub = hub
        self._fragments = fragments
        self.followers: dict[int, set[Client]] = {}
        self._sent: dict[int, int] = {}  # conversation -> seq up to which agents were sent all
        self._visible: dict[int, int] = {}  # … at which visitors were last sent something
        self._heard: dict[int, int] = {}  # … of the latest event that was heard
        self._hints: dict[int, _Hints] = {}
        self._customers: set[int] = set()
        self._wake = asyncio.Event()

    # -- what is heard ------------------------------------------------------------------------

    def hint(self, conversation_id: int, seq: int, message_id: int | None = None) -> None:
        """The conversation has come to this seq, with this message or by another change."""
        if conversation_id in self.followers:
            self._heard[conversation_id] = max(seq, self._heard.get(conversation_id, 0))
            hints = self._hints.setdefault(conversation_id, _Hints())
            hints.events[seq] = message_id
            hints.changed |= message_id is None
            self._wake.set()

    def changed(self, conversation_id: int) -> None:
        """Something without a seq changed that its header or status line shows."""
        if conversation_id in self.followers:
            self._hints.setdefault(conversation_id, _Hints()).changed = True
            self._wake.set()

    def customer_changed(self, customer_id: int) -> None:
        """The customer's card changed."""
        if self.followers:
            self._customers.add(customer_id)
            self._wake.set()

    def compare(self, reached: Mapping[int, int]) -> None:
        """Conversations have come so far: where that is ahead of what was sent, send the rest."""
        for conversation_id, seq in reached.items():
            if seq > self._sent.get(conversation_id, seq):
                self._hints.setdefault(conversation_id, _Hints()).missed = True
                self._wake.set()

    def position(self, client: Client) -> int | None:
        """How far the client's open conversation was sent, as its beat says it."""
        if client.conversation is None:
            return None
        seqs = self._sent if client.visitor is None else self._visible
        return seqs.get(client.conversation)

    # -- who listens --------------------------------------------------------------------------

    async def follow(self, client: Client, conversation_id: int, after: int) -> None:
        """Send what the client has missed, then let it listen; "gone" where it may not see it."""
        client.conversation = conversation_id
        self.followers.setdefault(conversation_id, set()).add(client)
        while True:
            read = await self._db.query(self._read_missed, conversation_id, after, client.view)
            if client.conversation != conversation_id:
                return
            scope = read.scopes.get(conversation_id)
            if scope is None or (client.actor is not None and not scope.seen_by(client.actor)):
                self._take_away(client, conversation_id)
                return
            stretch = read.stretches[conversation_id]
            self._send_missed(client, read, stretch)
            after = stretch.last_seq
            latest = self._sent.get(conversation_id, 0), self._heard.get(conversation_id, 0)
            if max(latest) <= after:
                break  # nothing happened while we read
        self._sent.setdefault(conversation_id, after)
        if client.visitor is not None:
            self._visible.setdefault(conversation_id, after)
        if client.topic is not None:
            self._hub.join(client.socket, client.topic)

    def leave(self, client: Client) -> None:
        """The client has it open no longer."""
        conversation_id, topic = client.conversation, client.topic
        if conversation_id is None or topic is None:
            return
        client.conversation = None
        self._hub.leave(client.socket, topic)
        others = self.followers.get(conversation_id, set())
        others.discard(client)
        if not others:
            for known in (self.followers, self._sent, self._visible, self._heard, self._hints):
                known.pop(conversation_id, None)

    def _read_missed(self, conn: Connection, conversation_id: int, after: int, view: View) -> _Read:
        stretch = events_after(conn, conversation_id, after)
        batch = _Batch({conversation_id: stretch}, watched={view.audience: {conversation_id}})
        read = self._load(conn, batch, {conversation_id})
        read.scopes = scopes_of(conn, [conversation_id])
        return read

    def _send_missed(self, client: Client, read: _Read, stretch: Stretch) -> None:
        conversation_id = client.conversation
        assert conversation_id is not None
        if stretch.too_long:
            frame = Frame.of({"type": "reload", "conversation": conversation_id})
        else:
            text = self._draw(client.view, conversation_id, read)
            frame = Frame.of(text + move_cursor(conversation_id, stretch.last_seq))
        if not client.socket.write(frame):
            self._hub.drop(client.socket, TOO_SLOW)

    # -- what is sent -------------------------------------------------------------------------

    async def run(self) -> None:
        """Send what was heard, batch after batch, for ever."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            hints, self._hints = self._hints, {}
            customers, self._customers = self._customers, set()
            try:
                await self._send(hints, customers)
            except Exception:  # what was not sent is noticed at the next event or beat
                _log.exception("live_threads_failed", conversations=len(hints))

    async def _send(self, hints: dict[int, _Hints], customers: set[int]) -> None:
        batch = self._plan(hints, customers)
        changed = {id for id, heard in hints.items() if heard.changed}
        read = await self._db.query(self._read, batch, changed)
        for conversation_id, scope in read.scopes.items():
            self._remove_who_may_not(conversation_id, scope)
        for conversation_id, stretch in read.stretches.items():
            if conversation_id in self.followers:
                self._publish(conversation_id, stretch, read)

    def _plan(self, hints: dict[int, _Hints], customers: set[int]) -> _Batch:
        batch = _Batch(customers=customers, watched={"agent": set(), "visitor": set()})
        for conversation_id, heard in hints.items():
            sent = self._sent.get(conversation_id)
            if sent is None:
                continue
            fresh = {seq: id for seq, id in heard.events.items() if seq > sent}
            reached = max(fresh, default=sent)
            if (
                reached - sent == len(fresh) and not heard.missed
            ):  # every seq in between was heard: no need to read
                touched = dict.fromkeys(id for _, id in sorted(fresh.items()) if id is not None)
                batch.stretches[conversation_id] = Stretch(reached, tuple(touched), heard.changed)
            else:
                batch.unknown[conversation_id] = sent
            self._note_watchers(batch, conversation_id)
        for conversation_id in self.followers if customers else ():
            self._note_watchers(batch, conversation_id)
        return batch

    def _note_watchers(self, batch: _Batch, conversation_id: int) -> None:
        if self._hub.views(topics.of_conversation(conversation_id)):
            batch.watched["agent"].add(conversation_id)
        if self._hub.views(topics.of_visitor(conversation_id)):
            batch.watched["visitor"].add(conversation_id)

    def _read(self, conn: Connection, batch: _Batch, changed: set[int]) -> _Read:
        for conversation_id, sent in batch.unknown.items():
            stretch = events_after(conn, conversation_id, sent)
            batch.stretches[conversation_id] = stretch
            if stretch.changed or stretch.too_long:
                changed.add(conversation_id)
        watched = batch.watched["agent"] | batch.watched["visitor"]
        for conversation_id in of_customers(conn, batch.customers, watched):
            changed.add(conversation_id)
            batch.stretches.setdefault(conversation_id, Stretch(0, changed=True))
        read = self._load(conn, batch, changed)
        read.scopes = scopes_of(conn, changed & batch.watched["agent"])
        return read

    def _load(self, conn: Connection, batch: _Batch, changed: set[int]) -> _Read:
        ids = [
            id
            for conversation_id, stretch in batch.stretches.items()
            for id in stretch.messages
            if conversation_id in batch.watched.get("agent", ())
        ]
        for_visitors = [
            id
            for conversation_id, stretch in batch.stretches.items()
            for id in stretch.messages
            if conversation_id in batch.watched.get("visitor", ())
        ]
        visible = visible_to_customer(conn, for_visitors)
        read = _Read(batch.stretches, {})
        for audience, wanted in zip(AUDIENCES, (ids, visible), strict=True):
            read.messages[audience] = self._fragments.load(conn, "message", audience, wanted)
            here = sorted(changed & batch.watched.get(audience, set()))
            read.conversations[audience] = self._fragments.load(
                conn, "conversation", audience, here
            )
        return read

    def _publish(self, conversation_id: int, stretch: Stretch, read: _Read) -> None:
        reached = max(stretch.last_seq, self._sent[conversation_id])
        for audience, topic in zip(
            AUDIENCES,
            (topics.of_conversation(conversation_id), topics.of_visitor(conversation_id)),
            strict=True,
        ):
            for view in self._hub.views(topic):
                if stretch.too_long:
                    self._hub.publish(topic, {"type": "reload", "conversation": conversation_id})
                    break
                text = self._draw(view, conversation_id, read)
                if text or audience == "agent":
                    text += move_cursor(conversation_id, reached)
                    self._hub.publish(topic, text, view)
                    if audience == "visitor":
                        self._visible[conversation_id] = reached
        self._sent[conversation_id] = reached

    def _draw(self, view: View, conversation_id: int, read: _Read) -> str:
        things = read.messages[view.audience]
        parts = [
            self._fragments.draw("message", view, id, things[id])
            for id in read.stretches[conversation_id].messages
            if id in things
        ]
        header = read.conversations[view.audience].get(conversation_id)
        if header is not None:
            parts.append(self._fragments.draw("conversation", view, conversation_id, header))
        return "".join(parts)

    def _remove_who_may_not(self, conversation_id: int, scope: Scope) -> None:
        for client in list(self.followers.get(conversation_id, ())):
            if client.actor is not None and not scope.seen_by(client.actor):
                self._take_away(client, conversation_id)

    def _take_away(self, client: Client, conversation_id: int) -> None:
        self.leave(client)
        client.socket.write(Frame.of({"type": "gone", "conversation": conversation_id}))

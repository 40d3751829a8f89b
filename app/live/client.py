"""One connected browser: who it is, what it has open, and the small messages it sends."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.live import topics
from app.live.access import Visitor
from app.live.fragments import View
from app.live.hub import TOO_SLOW, Frame, Socket
from app.security.permissions import Actor

if TYPE_CHECKING:
    from app.live.live import Live

NOT_NOW = 1008  # policy violation: far too many messages
BURST = 60  # messages a client may send at once; they refill at
REFILL_S = 10.0  # … per second


@dataclass(slots=True, eq=False)
class Client:
    """A connected browser, of an agent (`actor`) or of a visitor.

    `conversation` is the one it has open; a visitor's is fixed by its session.
    """

    socket: Socket
    session: str = ""  # an agent's session's hash
    actor: Actor | None = None
    visitor: Visitor | None = None
    conversation: int | None = None
    watches_board: bool = False
    watch: str | None = None  # how a supervisor listens in to the open conversation
    allowance: float = BURST
    heard_at: float = 0.0
    slot: int = 0  # in which second of the beat's round it gets its beat

    @property
    def view(self) -> View:
        """For whom fragments are drawn."""
        return self.socket.view

    @property
    def is_seen(self) -> bool:
        """Whether colleagues may know that it has its conversation open: not of silent watches."""
        return self.watch in (None, "barge")

    @property
    def topic(self) -> str | None:
        """The topic of the open conversation."""
        if self.conversation is None:
            return None
        if self.visitor is not None:
            return topics.of_visitor(self.conversation)
        return topics.of_conversation(self.conversation)


async def handle(live: "Live", client: Client, message: Mapping[str, Any]) -> None:
    """Do what a client's message asks for; what is unknown or not allowed is ignored."""
    if not _may_speak(client):
        live.drop(client, NOT_NOW)
        return
    kind = message.get("type")
    if kind == "typing":
        _typing(live, client, message)
    elif kind == "open":
        await _open(live, client, message)
    elif client.actor is None:
        return
    elif kind == "close":
        live.leave_conversation(client)
    elif kind == "seen" and client.conversation is not None and client.is_seen:
        live.viewers.seen(client.conversation, client.actor)
    elif kind in ("watch", "unwatch") and message.get("topic") == "board":
        live.board.watch(client, wanted=kind == "watch")


async def _open(live: "Live", client: Client, message: Mapping[str, Any]) -> None:
    conversation_id, after = number(message.get("conversation")), number(message.get("after"))
    if client.actor is None:  # a visitor has one conversation and can only catch up
        if client.conversation is not None:
            await live.threads.follow(client, client.conversation, after or 0)
        return
    if conversation_id is None:
        return
    if client.conversation != conversation_id:
        live.leave_conversation(client)
    await live.watches.opened(client, conversation_id)
    await live.threads.follow(client, conversation_id, after or 0)
    if client.conversation != conversation_id:
        return
    if client.is_seen:
        live.viewers.seen(conversation_id, client.actor)
    else:
        live.viewers.left(conversation_id, client.actor)


def _typing(live: "Live", client: Client, message: Mapping[str, Any]) -> None:
    if client.conversation is None:
        return
    on = message.get("on") is True
    if client.actor is None:
        live.viewers.customer_types(client.conversation, on=on)
    elif number(message.get("conversation")) == client.conversation and client.is_seen:
        note = message.get("note") is True
        live.viewers.agent_types(client.conversation, client.actor, on=on, note=note)


def send(live: "Live", client: Client, content: str | Mapping[str, Any]) -> None:
    """Write to this one client."""
    if not client.socket.write(Frame.of(content)):
        live.drop(client, TOO_SLOW)


def number(value: object) -> int | None:
    """A positive id or seq from outside (a JSON number or digits), or None."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    ok = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53
    return value if ok else None  # type: ignore[return-value]


def _may_speak(client: Client) -> bool:
    now = asyncio.get_running_loop().time()
    client.allowance = min(BURST, client.allowance + (now - client.heard_at) * REFILL_S)
    client.heard_at = now
    client.allowance -= 1
    return client.allowance >= 0

"""What a visitor may see: the inbox of a key, their session, their thread, their past chats.

Everything hangs on the visitor's own session; no conversation is found by a number alone. Notes,
system lines and forwards are never among what is read here.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, Select, exists, func, select

from app import clock
from app.models.agent import agents
from app.models.contact import contacts
from app.models.conversation import attachments, conversations, inbound_keys, messages
from app.models.customer import customers, visitor_sessions
from app.models.inbox_settings import Localised, WidgetSettings
from app.models.organisation import brands, inboxes
from app.queries.opening import Opening, opening
from app.queries.wait import Place, places, somebody_works, usual_answer_ms, waiting_in
from app.security.sessions import hash_token

SESSION_MS = 30 * 24 * 3_600_000  # a visitor's session is forgotten after so long without use
SHOWN = 200  # messages of a thread at most; earlier ones stay with the desk
PAST = 20
WARNING = "idle_warning"  # the system line of app/actions/end_idle.py
Phase = Literal["waiting", "active", "resting", "ended", "mail"]
Availability = Literal["open", "closed", "nobody", "full"]


@dataclass(frozen=True, slots=True)
class Door:
    """An inbox as its visitors know it."""

    id: int
    key: str
    brand_id: int
    brand_name: str
    brand_slug: str
    queue_id: int
    policy_url: str
    settings: dict[str, Any]

    @property
    def widget(self) -> WidgetSettings:
        """The inbox's settings as a widget."""
        return WidgetSettings.of(self.settings)


@dataclass(frozen=True, slots=True)
class Visitor:
    """A browser that opened the widget. `visitor` is the hash of the browser's own secret id."""

    id: int
    inbox_id: int
    customer_id: int | None
    conversation_id: int | None
    visitor: str
    locale: str
    page_url: str
    page_title: str
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class VisitorFile:
    """A file in the thread; shown as a picture when it was drawn by ourselves."""

    key: str
    name: str
    content_type: str
    size: int
    width: int | None
    height: int | None


@dataclass(frozen=True, slots=True)
class VisitorMessage:
    """One message as the customer sees it; `mine` is their own."""

    id: int
    conversation_id: int
    key: str
    seq: int
    mine: bool
    text: str
    agent: str
    agent_id: int | None
    has_photo: bool
    state: str
    sent_at: int
    files: tuple[VisitorFile, ...]


@dataclass(frozen=True, slots=True)
class VisitorState:
    """Where the visitor's conversation stands; `title` is what the widget calls itself."""

    conversation_id: int
    last_seq: int
    title: Localised
    brand: str
    phase: Phase
    agent: str
    agent_id: int | None
    has_photo: bool
    email: str
    self_served: bool
    idle: bool  # nobody has spoken for long: the chat will end soon
    place: Place | None


@dataclass(frozen=True, slots=True)
class Welcome:
    """What a visitor is told before they write: honest, or nothing."""

    availability: Availability
    opening: Opening
    answer_ms: int | None


@dataclass(frozen=True, slots=True)
class PastChat:
    """A conversation this visitor had here before."""

    id: int
    preview: str
    last_message_at: int


def find_door(conn: Connection, key: str, channel: str) -> Door | None:
    """The active inbox of a public key."""
    row = conn.execute(
        select(
            inboxes.c.id,
            inboxes.c.key,
            inboxes.c.queue_id,
            inboxes.c.settings,
            brands.c.id.label("brand_id"),
            brands.c.name.label("brand_name"),
            brands.c.slug.label("brand_slug"),
            brands.c.policy_url,
        )
        .join(brands, brands.c.id == inboxes.c.brand_id)
        .where(
            inboxes.c.key == key, inboxes.c.channel == channel, inboxes.c.active, brands.c.active
        )
    ).first()
    return None if row is None else Door(**row._mapping)


def find_visitor(conn: Connection, token: str, now: int) -> tuple[Visitor, Door] | None:
    """The session of a visitor's token and its inbox, while both are in use."""
    row = conn.execute(
        _visitors().where(
            visitor_sessions.c.hash == hash_token(token),
            visitor_sessions.c.seen_at > now - SESSION_MS,
        )
    ).first()
    if row is None:
        return None
    key = conn.execute(select(inboxes.c.key).where(inboxes.c.id == row.inbox_id)).scalar_one()
    door = find_door(conn, key, "chat")
    return None if door is None else (_visitor(row), door)


def _visitors() -> Select[Any]:
    return select(visitor_sessions, customers.c.name, customers.c.email).outerjoin(
        customers, customers.c.id == visitor_sessions.c.customer_id
    )


def _visitor(row: Row[Any]) -> Visitor:
    return Visitor(
        id=row.id,
        inbox_id=row.inbox_id,
        customer_id=row.customer_id,
        conversation_id=row.conversation_id,
        visitor=row.visitor,
        locale=row.locale,
        page_url=row.page_url,
        page_title=row.page_title,
        name=row.name or "",
        email=row.email or "",
    )


def welcome(conn: Connection, door: Door, now: int) -> Welcome:
    """Whether somebody is there to chat with, and how soon they usually answer."""
    hours = opening(conn, door.id, now)
    cap = door.widget.queue_cap
    availability: Availability = "open"
    if not hours.open:
        availability = "closed"
    elif not somebody_works(conn, door.queue_id):
        availability = "nobody"
    elif cap and waiting_in(conn, door.queue_id) >= cap:
        availability = "full"
    return Welcome(availability, hours, usual_answer_ms(conn, door.queue_id, "chat", now))


def visitor_messages(conn: Connection, ids: Sequence[int]) -> dict[int, VisitorMessage]:
    """These messages as their customer may see them; what they may not is left out."""
    return {item.id: item for item in _messages(conn, messages.c.id.in_(ids))}


def thread(conn: Connection, conversation_id: int) -> list[VisitorMessage]:
    """The last messages of a conversation, oldest first."""
    return sorted(
        _messages(conn, messages.c.conversation_id == conversation_id), key=lambda item: item.seq
    )


def _messages(conn: Connection, which: Any) -> list[VisitorMessage]:
    rows = conn.execute(
        select(
            messages.c.id,
            messages.c.conversation_id,
            messages.c.key,
            messages.c.seq,
            messages.c.text,
            messages.c.kind,
            messages.c.agent_id,
            messages.c.state,
            messages.c.sent_at,
            messages.c.details,
            agents.c.name.label("agent"),
            agents.c.photo_file_id,
        )
        .outerjoin(agents, agents.c.id == messages.c.agent_id)
        .where(which, messages.c.kind.in_(("inbound", "outbound")), messages.c.state != "discarded")
        .order_by(messages.c.id.desc())
        .limit(SHOWN)
    ).all()
    shown = [row for row in rows if not row.details.get("forward_of")]
    files = _files(conn, [row.id for row in shown])
    return [
        VisitorMessage(
            id=row.id,
            conversation_id=row.conversation_id,
            key=row.key,
            seq=row.seq,
            mine=row.kind == "inbound",
            text=row.text,
            agent=(row.agent or "") if row.kind == "outbound" else "",
            agent_id=row.agent_id if row.kind == "outbound" else None,
            has_photo=row.photo_file_id is not None,
            state=row.state,
            sent_at=row.sent_at,
            files=tuple(files[row.id]),
        )
        for row in shown
    ]


def _files(conn: Connection, message_ids: Sequence[int]) -> dict[int, list[VisitorFile]]:
    found: defaultdict[int, list[VisitorFile]] = defaultdict(list)
    if message_ids:
        rows = conn.execute(
            select(attachments)
            .where(attachments.c.message_id.in_(message_ids))
            .order_by(attachments.c.id)
        )
        for row in rows:
            found[row.message_id].append(
                VisitorFile(row.key, row.name, row.content_type, row.size, row.width, row.height)
            )
    return found


def visitor_states(conn: Connection, ids: Sequence[int]) -> dict[int, VisitorState]:
    """Where these conversations stand, as their customers are told."""
    rows = conn.execute(
        select(
            conversations.c.id,
            conversations.c.last_seq,
            conversations.c.status,
            conversations.c.channel,
            conversations.c.self_served,
            _idle().label("idle"),
            customers.c.email,
            brands.c.name.label("brand"),
            inboxes.c.settings,
        )
        .join(customers, customers.c.id == conversations.c.customer_id)
        .join(brands, brands.c.id == conversations.c.brand_id)
        .join(inboxes, inboxes.c.id == conversations.c.inbox_id)
        .where(conversations.c.id.in_(ids))
    ).all()
    latest = select(func.max(contacts.c.id)).where(contacts.c.conversation_id.in_(ids))
    live = {
        row.conversation_id: row
        for row in conn.execute(
            select(
                contacts.c.id,
                contacts.c.conversation_id,
                contacts.c.status,
                agents.c.id.label("agent_id"),
                agents.c.name,
                agents.c.photo_file_id,
            )
            .outerjoin(agents, agents.c.id == contacts.c.agent_id)
            .where(contacts.c.id.in_(latest.group_by(contacts.c.conversation_id)))
        )
    }
    waiting = [row.id for row in live.values() if row.status == "waiting"]
    in_line = places(conn, waiting, clock.now())
    return {row.id: _state(row, live.get(row.id), in_line) for row in rows}


def _state(row: Any, contact: Any, in_line: dict[int, Place]) -> VisitorState:
    phase: Phase = "resting"
    if row.channel != "chat":
        phase = "mail"
    elif contact is not None and contact.status in ("waiting", "offered"):
        phase = "waiting"
    elif contact is not None and contact.status == "active":
        phase = "active"
    elif row.status == "done":
        phase = "ended"
    with_agent = contact is not None and contact.status in ("active", "wrap_up", "ended")
    return VisitorState(
        conversation_id=row.id,
        last_seq=row.last_seq,
        title=WidgetSettings.of(row.settings).title,
        brand=row.brand,
        phase=phase,
        agent=(contact.name or "") if contact is not None and with_agent else "",
        agent_id=contact.agent_id if contact is not None and with_agent else None,
        has_photo=contact is not None and with_agent and contact.photo_file_id is not None,
        email=row.email,
        self_served=row.self_served,
        idle=row.idle and row.status == "open",
        place=in_line.get(contact.id) if contact is not None else None,
    )


def _idle() -> ColumnElement[bool]:
    """Whether the warning was given since the last word."""
    return exists().where(
        messages.c.conversation_id == conversations.c.id,
        messages.c.kind == "system",
        messages.c.text == WARNING,
        messages.c.created_at > conversations.c.last_message_at,
    )


def past_chats(conn: Connection, visitor: Visitor) -> list[PastChat]:
    """What this browser talked about here before, newest first, without the present chat."""
    rows = conn.execute(
        select(conversations.c.id, conversations.c.preview, conversations.c.last_message_at)
        .where(
            conversations.c.id.in_(_own(visitor)),
            conversations.c.id != (visitor.conversation_id or 0),
        )
        .order_by(conversations.c.last_message_at.desc())
        .limit(PAST)
    )
    return [PastChat(row.id, row.preview, row.last_message_at) for row in rows]


def owns_conversation(conn: Connection, visitor: Visitor, conversation_id: int) -> bool:
    """Whether this browser has had this conversation in this inbox."""
    return conversation_id in set(conn.execute(_own(visitor)).scalars())


def _own(visitor: Visitor) -> Select[Any]:
    """The conversations of this inbox in which this browser has written: its messages say so."""
    return (
        select(inbound_keys.c.conversation_id)
        .where(
            inbound_keys.c.inbox_id == visitor.inbox_id,
            inbound_keys.c.external_id >= f"{visitor.visitor}:",
            inbound_keys.c.external_id < f"{visitor.visitor};",
        )
        .distinct()
    )


def unread_of_session(conn: Connection, session_id: int) -> int:
    """How many answers wait unread in the conversation of a session's browser."""
    session = conn.execute(
        select(visitor_sessions).where(visitor_sessions.c.id == session_id)
    ).first()
    if session is None:
        return 0
    conversation = conn.execute(
        select(conversations.c.id, conversations.c.customer_seen_at)
        .join(visitor_sessions, visitor_sessions.c.conversation_id == conversations.c.id)
        .where(
            visitor_sessions.c.inbox_id == session.inbox_id,
            visitor_sessions.c.visitor == session.visitor,
        )
        .order_by(conversations.c.last_message_at.desc())
        .limit(1)
    ).first()
    if conversation is None:
        return 0
    count: int = conn.execute(
        select(func.count()).where(
            messages.c.conversation_id == conversation.id,
            messages.c.kind == "outbound",
            messages.c.sent_at > (conversation.customer_seen_at or 0),
        )
    ).scalar_one()
    return count

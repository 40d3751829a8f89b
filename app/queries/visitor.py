"""Who a visitor is and what is theirs: the inbox of a key, their session, their past chats.

Everything hangs on the visitor's own session; no conversation is found by a number alone.
"""

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, Row, Select, func, select

from app.models.conversation import conversations, inbound_keys, messages
from app.models.customer import customers, identities, visitor_sessions
from app.models.inbox_settings import WidgetSettings
from app.models.organisation import brands, inboxes
from app.queries.opening import Opening, opening
from app.queries.wait import somebody_works, usual_answer_ms, waiting_in
from app.security.sessions import hash_token

SESSION_MS = 30 * 24 * 3_600_000  # a visitor's session is forgotten after so long without use
PAST = 20
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


def has_proof(conn: Connection, visitor: Visitor, brand_slug: str) -> bool:
    """Whether the host's server has signed who this visitor is: their session is then known by a
    name that no browser can choose, that of a verified user of the brand."""
    users = conn.execute(
        select(identities.c.value).where(
            identities.c.customer_id == visitor.customer_id,
            identities.c.kind == "user",
            identities.c.verified,
            identities.c.value.startswith(f"{brand_slug}:", autoescape=True),
        )
    ).scalars()
    return any(hash_token(f"user {user}") == visitor.visitor for user in users)


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


def past_chats(conn: Connection, visitor: Visitor) -> list[PastChat]:
    """What this browser talked about here before, newest first, without the present chat."""
    said = (  # the desk's own preview may be of a mail that somebody else has written
        select(messages.c.text)
        .where(
            messages.c.conversation_id == conversations.c.id,
            messages.c.kind.in_(("inbound", "outbound")),
            messages.c.channel != "email",
        )
        .order_by(messages.c.seq.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = conn.execute(
        select(conversations.c.id, said.label("said"), conversations.c.last_message_at)
        .where(
            conversations.c.id.in_(_own(visitor)),
            conversations.c.id != (visitor.conversation_id or 0),
        )
        .order_by(conversations.c.last_message_at.desc())
        .limit(PAST)
    )
    return [
        PastChat(row.id, " ".join((row.said or "")[:600].split())[:200], row.last_message_at)
        for row in rows
    ]


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
            messages.c.channel != "email",
            messages.c.sent_at > (conversation.customer_seen_at or 0),
        )
    ).scalar_one()
    return count

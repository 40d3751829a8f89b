"""A conversation as its customer sees it: messages and where it stands; no notes, system lines or
forwards. Whose conversation it is has been asked before."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, exists, func, select

from app import clock
from app.models.agent import agents
from app.models.contact import contacts
from app.models.conversation import attachments, conversations, messages
from app.models.customer import customers
from app.models.inbox_settings import Localised, WidgetSettings
from app.models.organisation import brands, inboxes, queues
from app.queries.callback import calls_back
from app.queries.opening import Opening, opening
from app.queries.wait import Place, places, somebody_works

SHOWN = 200  # messages of a thread at most; earlier ones stay with the desk
WARNING = "idle_warning"  # the system line of app/actions/end_idle.py
Phase = Literal["waiting", "active", "answered", "resting", "ended", "mail"]


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
    machine: "Machine | None" = None  # it is an automatic answer
    signs: bool = False  # an agent wrote it as a mail: its signs of Markdown mean something


@dataclass(frozen=True, slots=True)
class ShownArticle:
    """An article that an automatic answer named."""

    article_id: int
    locale: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Machine:
    """What an automatic answer is made of: `kind` answer, choices or none (it cannot answer);
    `said` is what the visitor said to it."""

    kind: str
    sources: tuple[ShownArticle, ...]
    related: tuple[ShownArticle, ...]
    said: str
    by_model: bool

    @classmethod
    def of(cls, details: Mapping[str, Any]) -> "Machine | None":
        """That of a message, if it is one."""
        kept = details.get("machine")
        if not isinstance(kept, Mapping):
            return None
        return cls(
            kept["kind"],
            tuple(ShownArticle(**source) for source in kept["sources"]),
            tuple(ShownArticle(**source) for source in kept["related"]),
            kept.get("said", ""),
            bool(kept.get("by_model")),
        )


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
    staffed: bool  # somebody of the queue is signed in
    announced: bool  # they have been told how long it will be
    opening: Opening | None = None  # of the inbox, while they wait or talk to the machine
    calls_back: bool = False  # who waits may ask to be called
    call_to: str = ""  # the number at which they are called
    machine: Machine | None = None  # the automatic answer that stands, while no person was asked


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
            messages.c.channel,
            messages.c.agent_id,
            messages.c.state,
            messages.c.sent_at,
            messages.c.details,
            agents.c.name.label("agent"),
            agents.c.photo_file_id,
            messages.c.customer_id,
            conversations.c.customer_id.label("owner_id"),
            customers.c.email.label("owner_email"),
        )
        .join(conversations, conversations.c.id == messages.c.conversation_id)
        .join(customers, customers.c.id == conversations.c.customer_id)
        .outerjoin(agents, agents.c.id == messages.c.agent_id)
        .where(which, messages.c.kind.in_(("inbound", "outbound")), messages.c.state != "discarded")
        .order_by(messages.c.id.desc())
        .limit(SHOWN)
    ).all()
    shown = [row for row in rows if _is_theirs(row)]
    files = _files(conn, [row.id for row in shown])
    return [
        VisitorMessage(
            id=row.id,
            conversation_id=row.conversation_id,
            key=row.key,
            seq=row.seq,
            mine=row.kind == "inbound",
            text=row.text,
            agent=(row.agent or row.details.get("name", "")) if row.kind == "outbound" else "",
            agent_id=row.agent_id if row.kind == "outbound" else None,
            has_photo=row.photo_file_id is not None,
            state=row.state,
            sent_at=row.sent_at,
            files=tuple(files[row.id]),
            machine=Machine.of(row.details) if row.kind == "outbound" else None,
            signs=row.kind == "outbound" and row.channel != "chat",
        )
        for row in shown
    ]


def _is_theirs(row: Any) -> bool:
    """Whether it was said by or to the customer: a forward, and what a colleague or expert answers
    to it by mail, is between them and the desk."""
    if row.kind == "outbound":
        return not row.details.get("forward_of")
    own_address = row.owner_email and row.details.get("from", "").lower() == row.owner_email
    return row.customer_id == row.owner_id or bool(own_address)


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
            conversations.c.contact_id,
            conversations.c.inbox_id,
            inboxes.c.queue_id.label("first_queue_id"),
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
                contacts.c.queue_id,
                contacts.c.status,
                contacts.c.announced_at,
                contacts.c.callback,
                queues.c.overflow,
                agents.c.id.label("agent_id"),
                agents.c.name,
                agents.c.photo_file_id,
            )
            .join(queues, queues.c.id == contacts.c.queue_id)
            .outerjoin(agents, agents.c.id == contacts.c.agent_id)
            .where(contacts.c.id.in_(latest.group_by(contacts.c.conversation_id)))
        )
    }
    now = clock.now()
    machines = _machines(conn, [row.id for row in rows if row.contact_id is None])
    in_wait = {row.conversation_id for row in live.values() if row.status == "waiting"}
    doors = {row.inbox_id for row in rows if row.id in in_wait or row.id in machines}
    hours = {inbox_id: opening(conn, inbox_id, now) for inbox_id in doors}
    in_line = places(conn, [live[row_id].id for row_id in in_wait], now)
    in_queues = {live[row_id].queue_id for row_id in in_wait}
    in_queues |= {row.first_queue_id for row in rows if row.id in machines}
    staffed = {queue_id: somebody_works(conn, queue_id) for queue_id in in_queues}
    return {
        row.id: replace(
            _state(row, live.get(row.id), in_line, staffed, machines.get(row.id)),
            opening=hours[row.inbox_id] if row.id in in_wait or row.id in machines else None,
        )
        for row in rows
    }


def _machines(conn: Connection, ids: Sequence[int]) -> dict[int, Machine]:
    """The last automatic answers of conversations that no person was asked for."""
    if not ids:
        return {}
    rows = conn.execute(
        select(messages.c.conversation_id, messages.c.details)
        .where(
            messages.c.conversation_id.in_(ids),
            messages.c.kind == "outbound",
            messages.c.agent_id.is_(None),
        )
        .order_by(messages.c.seq)
    )
    found = {row.conversation_id: Machine.of(row.details) for row in rows}
    return {row_id: machine for row_id, machine in found.items() if machine is not None}


def _state(
    row: Any,
    contact: Any,
    in_line: dict[int, Place],
    staffed: dict[int, bool],
    machine: Machine | None,
) -> VisitorState:
    phase: Phase = "resting"
    if row.channel != "chat":
        phase = "mail"
    elif contact is not None and contact.status in ("waiting", "offered"):
        phase = "waiting"
    elif contact is not None and contact.status == "active":
        phase = "active"
    elif row.status == "done":
        phase = "ended"
    elif machine is not None:
        phase = "answered"
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
        staffed=staffed.get(contact.queue_id if contact is not None else row.first_queue_id, True),
        announced=contact is not None and contact.announced_at is not None,
        calls_back=phase == "waiting" and calls_back(contact.overflow),
        call_to=((contact.callback or {}).get("to", "")) if phase == "waiting" else "",
        machine=machine if phase == "answered" else None,
    )


def _idle() -> ColumnElement[bool]:
    """Whether the warning was given since the last word."""
    return exists().where(
        messages.c.conversation_id == conversations.c.id,
        messages.c.kind == "system",
        messages.c.text == WARNING,
        messages.c.created_at > conversations.c.last_message_at,
    )

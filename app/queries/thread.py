"""A conversation as an agent reads it: its head, a page of its messages, the agent's own draft."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    CompoundSelect,
    Connection,
    Row,
    Select,
    and_,
    case,
    func,
    literal,
    select,
    union_all,
)

from app import clock
from app.db import NotFound
from app.models.agent import agents
from app.models.contact import contacts
from app.models.conversation import (
    attachments,
    conversation_tags,
    conversations,
    drafts,
    messages,
    participants,
    reads,
    recipients,
    tags,
)
from app.models.customer import customers
from app.models.organisation import brands, dispositions, inboxes, queues
from app.queries.callback import Callback, callback_of
from app.queries.draft import DraftExtras, draft_extras
from app.queries.hidden_words import hidden_line
from app.queries.sla import Clock, clock_columns, no_clock, running, soonest
from app.security.permissions import Actor, visible_conversations
from channels.email.markup import plain
from knowledge.sensitive import masked, masked_words

PAGE = 50
GROUP_MS = 5 * 60_000  # what one person says within this time stands under one name


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above the thread and decides which buttons there are."""

    id: int
    brand_id: int
    brand_name: str
    inbox_id: int
    inbox_name: str
    channel: str
    subject: str
    status: str
    spam: bool
    language: str
    customer_id: int
    customer_name: str
    customer_email: str
    assignee_id: int | None
    assignee_name: str | None
    queue_id: int | None
    queue_name: str | None
    agents_may_pull: bool
    contact_id: int | None
    contact_status: str | None
    waits_for_id: int | None
    waits_for: str | None  # the agent it is offered to, or held for
    enqueued_at: int | None
    callback: Callback | None  # the customer is to be called
    last_seq: int
    waiting_since: int | None
    snoozed_until: int | None
    customer_seen_at: int | None
    disposition: str  # what became of the latest contact
    wrap_up_note: str
    seen_seq: int  # how far this agent had read
    tags: tuple[str, ...]
    cc: tuple[str, ...]
    clock: Clock | None  # the promise that is due first

    @property
    def title(self) -> str:
        """Who it is, as well as is known; empty for a visitor without a name."""
        return self.customer_name or self.customer_email


@dataclass(frozen=True, slots=True)
class FileItem:
    """A file of a message, fetched at /files/{key}; `width` is set for images shown inline."""

    key: str
    name: str
    content_type: str
    size: int
    width: int | None
    height: int | None
    content_id: str | None


@dataclass(frozen=True, slots=True)
class RecipientItem:
    """One of those a mail of ours went to; `role` is to, cc or bcc."""

    email: str
    role: str
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class MessageItem:
    """One entry of the thread. The page's id of it is `msg-{key}`."""

    id: int
    conversation_id: int
    seq: int
    key: str
    kind: str
    channel: str
    agent_id: int | None
    customer_id: int | None
    author_name: str
    text: str
    has_more: bool  # quotes and signature were trimmed: the full text is one click away
    has_html: bool
    subject: str
    state: str
    state_reason: str
    details: dict[str, Any]
    sent_at: int
    send_at: int | None  # of a message that is planned
    created_at: int
    files: tuple[FileItem, ...]
    previous_at: int | None  # when the entry before was made: a new day gets a separator
    follows: bool  # the same person goes on: no second name
    recipients: tuple[RecipientItem, ...] = ()  # empty where all of them stand the same
    hides: bool = False  # a number in it is hidden; whoever may reveal it asks for it


@dataclass(frozen=True, slots=True)
class Thread:
    """A page of a conversation, oldest first; `earlier` is the seq to ask for the page before."""

    head: Head
    messages: tuple[MessageItem, ...]
    earlier: int | None
    draft_reply: str
    draft_note: str
    draft_extras: DraftExtras

    @property
    def addresses(self) -> dict[str, str]:
        """Whom the reply goes to besides the customer: as the draft says, else as usual."""
        kept = self.draft_extras.addresses
        return kept if kept is not None else {"cc": ", ".join(self.cc)}

    @property
    def cc(self) -> tuple[str, ...]:
        """Who gets a copy unless the agent says otherwise: whoever was on the newest mail from
        outside, neither the customer nor ourselves."""
        for message in reversed(self.messages):
            if message.kind == "inbound" and message.channel == "email":
                on_it = (message.details.get(name, ()) for name in ("to", "cc"))
                named = {address.lower() for some in on_it for address in some}
                named.add(str(message.details.get("from", "")).lower())
                return tuple(each for each in self.head.cc if each in named)
        return self.head.cc


def thread(
    conn: Connection, actor: Actor, conversation_id: int, *, before: int | None = None
) -> Thread:
    """The conversation's head and its latest page, or the page before a seq. Four statements."""
    head, draft = _head(conn, actor, conversation_id)
    query = _messages().where(messages.c.conversation_id == conversation_id)
    if before is not None:
        query = query.where(messages.c.seq < before)
    found = conn.execute(query.order_by(messages.c.seq.desc()).limit(PAGE + 1)).all()
    page = found[:PAGE][::-1]
    earlier = page[0].seq if len(found) > PAGE else None
    before_page = found[PAGE] if earlier is not None else None
    return Thread(
        head,
        _items(conn, page, list(zip([before_page, *page[:-1]], page, strict=True))),
        earlier,
        draft.get("outbound", ""),
        draft.get("note", ""),
        draft_extras(conn, actor, conversation_id) if "outbound" in draft else DraftExtras(),
    )


def thread_head(conn: Connection, actor: Actor, conversation_id: int) -> Head:
    """Only what stands above the thread."""
    return _head(conn, actor, conversation_id)[0]


def message_items(
    conn: Connection, ids: Sequence[int], *, whole: bool = False
) -> dict[int, MessageItem]:
    """These messages by id, in order. Rights are asked by the caller. With `whole` nothing in them
    is hidden: for whoever has said why."""
    rows = conn.execute(_messages().where(messages.c.id.in_(ids)).order_by(messages.c.seq)).all()
    return {item.id: item for item in _items(conn, rows, _with_previous(conn, rows), whole)}


def missed_messages(
    conn: Connection, actor: Actor, conversation_id: int, ids: Sequence[int]
) -> tuple[MessageItem, ...]:
    """Messages of a conversation that the actor may see, in order."""
    found = conn.execute(
        select(messages.c.id)
        .join(conversations, conversations.c.id == messages.c.conversation_id)
        .where(
            messages.c.conversation_id == conversation_id,
            messages.c.id.in_(ids),
            visible_conversations(actor),
        )
    ).scalars()
    return tuple(message_items(conn, list(found)).values())


def _head(conn: Connection, actor: Actor, conversation_id: int) -> tuple[Head, dict[str, str]]:
    row = conn.execute(_heads(actor).where(conversations.c.id == conversation_id)).first()
    if row is None:
        raise NotFound
    hanging: dict[str, list[str]] = {}
    found = conn.execute(_hanging(actor, conversation_id)).all()
    for item in found:
        hanging.setdefault(item.kind, []).append(item.text)
    head = Head(
        **{
            **masked(row._mapping, "subject", "wrap_up_note"),
            "callback": callback_of(row.callback, row.contact_status),
        },
        tags=tuple(hanging.get("tag", ())),
        cc=tuple(hanging.get("cc", ())),
        clock=soonest(item for item in found if item.clock is not None),
    )
    return head, {kind: hanging[kind][0] for kind in ("outbound", "note") if kind in hanging}


def _hanging(actor: Actor, conversation_id: int) -> CompoundSelect[Any]:
    """Tags, further recipients, the agent's drafts and running promises, in one statement."""
    return union_all(
        select(literal("tag").label("kind"), tags.c.name.label("text"), *no_clock())
        .join(conversation_tags, conversation_tags.c.tag_id == tags.c.id)
        .where(conversation_tags.c.conversation_id == conversation_id),
        select(literal("cc"), participants.c.email, *no_clock()).where(
            participants.c.conversation_id == conversation_id
        ),
        select(drafts.c.kind, drafts.c.text, *no_clock()).where(
            drafts.c.agent_id == actor.agent_id, drafts.c.conversation_id == conversation_id
        ),
        select(literal("clock"), literal(""), *clock_columns()).where(running([conversation_id])),
    )


def _heads(actor: Actor) -> Select[Any]:
    names = (
        "id", "brand_id", "inbox_id", "channel", "subject", "status", "spam", "language",
        "customer_id", "assignee_id", "queue_id", "last_seq", "waiting_since", "snoozed_until",
        "customer_seen_at",
    )  # fmt: skip
    awaited = agents.alias("awaited")
    return (
        select(
            *(conversations.c[name] for name in names),
            brands.c.name.label("brand_name"),
            inboxes.c.name.label("inbox_name"),
            customers.c.name.label("customer_name"),
            customers.c.email.label("customer_email"),
            agents.c.name.label("assignee_name"),
            queues.c.name.label("queue_name"),
            func.coalesce(queues.c.agents_may_pull, False).label("agents_may_pull"),
            contacts.c.id.label("contact_id"),
            contacts.c.status.label("contact_status"),
            awaited.c.id.label("waits_for_id"),
            awaited.c.name.label("waits_for"),
            contacts.c.enqueued_at,
            contacts.c.callback,
            func.coalesce(dispositions.c.name, "").label("disposition"),
            func.coalesce(contacts.c.wrap_up_note, "").label("wrap_up_note"),
            func.coalesce(reads.c.seq, 0).label("seen_seq"),
        )
        .join(brands, brands.c.id == conversations.c.brand_id)
        .join(inboxes, inboxes.c.id == conversations.c.inbox_id)
        .join(customers, customers.c.id == conversations.c.customer_id)
        .outerjoin(agents, agents.c.id == conversations.c.assignee_id)
        .outerjoin(queues, queues.c.id == conversations.c.queue_id)
        .outerjoin(contacts, contacts.c.id == conversations.c.contact_id)
        .outerjoin(dispositions, dispositions.c.id == contacts.c.disposition_id)
        .outerjoin(
            awaited,
            awaited.c.id
            == case(
                (contacts.c.status == "offered", contacts.c.agent_id),
                (
                    and_(contacts.c.status == "waiting", contacts.c.preferred_until > clock.now()),
                    contacts.c.preferred_agent_id,
                ),
            ),
        )
        .outerjoin(
            reads,
            and_(reads.c.conversation_id == conversations.c.id, reads.c.agent_id == actor.agent_id),
        )
        .where(visible_conversations(actor))
    )


def _messages() -> Select[Any]:
    return (
        select(
            messages,
            agents.c.name.label("agent_name"),
            customers.c.name.label("customer_name"),
            customers.c.email.label("customer_email"),
        )
        .outerjoin(agents, agents.c.id == messages.c.agent_id)
        .outerjoin(customers, customers.c.id == messages.c.customer_id)
    )


Pair = tuple[Row[Any] | None, Row[Any]]  # the entry before, and the entry


def _with_previous(conn: Connection, rows: Sequence[Row[Any]]) -> list[Pair]:
    """Single messages with the entry before each, wherever it is."""
    other = messages.alias()
    latest = (
        select(func.max(other.c.seq))
        .where(other.c.conversation_id == messages.c.conversation_id, other.c.seq < messages.c.seq)
        .correlate(messages)
        .scalar_subquery()
    )
    before = messages.alias()
    goes_before = and_(
        before.c.conversation_id == messages.c.conversation_id, before.c.seq == latest
    )
    found = conn.execute(
        select(messages.c.id.label("follower"), before)
        .select_from(messages.join(before, goes_before))
        .where(messages.c.id.in_([row.id for row in rows]))
    )
    previous = {row.follower: row for row in found}
    return [(previous.get(row.id), row) for row in rows]


def _items(
    conn: Connection, rows: Sequence[Row[Any]], pairs: Sequence[Pair], whole: bool = False
) -> tuple[MessageItem, ...]:
    ids = [row.id for row in rows]
    files: dict[int, list[FileItem]] = {}
    if ids:
        for row in conn.execute(
            select(attachments).where(attachments.c.message_id.in_(ids)).order_by(attachments.c.id)
        ):
            item = FileItem(
                row.key, row.name, row.content_type, row.size, row.width, row.height, row.content_id
            )
            files.setdefault(row.message_id, []).append(item)
    differing = _recipients(
        conn, [row.id for row in rows if row.kind == "outbound" and row.email_id]
    )
    return tuple(
        _item(before, row, tuple(files.get(row.id, ())), differing.get(row.id, ()), whole)
        for before, row in pairs
    )


def _recipients(conn: Connection, ids: Sequence[int]) -> dict[int, tuple[RecipientItem, ...]]:
    """Whom these mails went to, where they do not all stand the same."""
    if not ids:
        return {}
    found: dict[int, list[RecipientItem]] = {}
    for row in conn.execute(
        select(recipients).where(recipients.c.message_id.in_(ids)).order_by(recipients.c.id)
    ):
        item = RecipientItem(row.email, row.role, row.state, row.reason)
        found.setdefault(row.message_id, []).append(item)
    return {
        message_id: tuple(items)
        for message_id, items in found.items()
        if len({item.state for item in items}) > 1
    }


def _item(
    before: Row[Any] | None,
    row: Row[Any],
    files: tuple[FileItem, ...],
    differing: tuple[RecipientItem, ...],
    whole: bool,
) -> MessageItem:
    said = {
        "text": plain(row.text) if row.kind == "outbound" else row.text,
        "subject": row.subject,
        "details": row.details,
    }
    shown = said if whole else _hidden(said, row.kind)
    author = row.agent_name if row.agent_id else row.details.get("name") or row.customer_name
    return MessageItem(
        id=row.id,
        conversation_id=row.conversation_id,
        seq=row.seq,
        key=row.key,
        kind=row.kind,
        channel=row.channel,
        agent_id=row.agent_id,
        customer_id=row.customer_id,
        author_name=author or row.customer_email or "",
        text=shown["text"],
        has_more=row.full_text is not None,
        has_html=row.html is not None,
        subject=shown["subject"],
        state=row.state,
        state_reason=row.state_reason,
        details=shown["details"],
        sent_at=row.sent_at,
        send_at=row.send_at,
        created_at=row.created_at,
        files=files,
        previous_at=before.created_at if before is not None else None,
        follows=_follows(before, row),
        recipients=differing,
        hides=row.kind != "system" and shown != said,
    )


def _hidden(said: dict[str, Any], kind: str) -> dict[str, Any]:
    """What was said without the numbers that nobody shall read by the way."""
    details = hidden_line(said["details"])
    if kind == "system":  # its text is a code
        return {**said, "details": details}
    if "fields" in details:
        details = {**details, "fields": masked_words(details["fields"])}
    return {**masked(said, "text", "subject"), "details": details}


def _follows(before: Row[Any] | None, row: Row[Any]) -> bool:
    return (
        before is not None
        and row.kind != "system"
        and (before.kind, before.agent_id, before.customer_id)
        == (row.kind, row.agent_id, row.customer_id)
        and row.created_at - before.created_at < GROUP_MS
    )

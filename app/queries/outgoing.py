"""Everything a mail that leaves the house is made of, read in one trip."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, or_, select

from app.models.agent import agents
from app.models.conversation import attachments, conversations, files, messages, participants
from app.models.customer import customers
from app.models.organisation import brands, inboxes
from app.queries.mail_inboxes import brand_mailbox

# Their Message-IDs nobody has seen.
NOT_OUT = ("planned", "queued", "sending", "failed", "discarded")
MOST_REFERENCES = 40


@dataclass(frozen=True, slots=True)
class OutgoingFile:
    """A file that goes along."""

    hash: str
    name: str
    content_type: str
    content_id: str | None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A reply, a forward, or the replies of a chat, with all that stands around them."""

    conversation: Row[Any]
    messages: Sequence[Row[Any]]  # what is said, oldest first; the last one names the mail
    agent: str
    agent_signature: str
    brand: Row[Any]
    inbox: Row[Any]
    customer: Row[Any]
    answered: Row[Any] | None  # the customer's newest mail
    forwarded: Row[Any] | None
    references: tuple[str, ...]
    files: Sequence[OutgoingFile]


def outgoing(conn: Connection, inbox_id: int, message_ids: Sequence[int]) -> Outgoing:
    """Read what is needed to compose a mail of these messages, sent from this inbox."""
    said = conn.execute(
        select(messages).where(messages.c.id.in_(message_ids)).order_by(messages.c.id)
    ).all()
    last = said[-1]
    conversation = conn.execute(
        select(conversations).where(conversations.c.id == last.conversation_id)
    ).one()
    inbox = sending_inbox(conn, inbox_id)
    mails = _mails_before(conn, last)
    theirs = [
        mail
        for mail in mails
        if mail.kind == "inbound" and mail.customer_id == conversation.customer_id
    ]
    original = last.details.get("forward_of")
    writer = conn.execute(
        select(agents.c.name, agents.c.signature).where(agents.c.id == last.agent_id)
    ).first()
    return Outgoing(
        conversation=conversation,
        messages=said,
        agent=writer.name if writer else "",
        agent_signature=writer.signature if writer else "",
        brand=conn.execute(select(brands).where(brands.c.id == inbox.brand_id)).one(),
        inbox=inbox,
        customer=conn.execute(
            select(customers).where(customers.c.id == conversation.customer_id)
        ).one(),
        answered=theirs[-1] if theirs else None,
        forwarded=conn.execute(select(messages).where(messages.c.id == original)).first()
        if original
        else None,
        references=() if original else tuple(row.email_id for row in mails if row.email_id),
        files=_files(conn, message_ids),
    )


def sending_inbox(conn: Connection, inbox_id: int) -> Row[Any]:
    """The inbox a mail leaves from: a chat's or form's answer goes out by its brand's mailbox."""
    own = conn.execute(select(inboxes).where(inboxes.c.id == inbox_id)).one()
    if own.address:
        return own
    return brand_mailbox(conn, own.brand_id) or own


def default_copies(conn: Connection, conversation_id: int) -> tuple[str, ...]:
    """Who gets a copy where nobody says otherwise: the further people of the conversation who were
    on the newest mail from outside."""
    known = conn.execute(
        select(participants.c.email)
        .where(participants.c.conversation_id == conversation_id)
        .order_by(participants.c.id)
    ).scalars()
    newest = conn.execute(
        select(messages.c.details)
        .where(
            messages.c.conversation_id == conversation_id,
            messages.c.kind == "inbound",
            messages.c.channel == "email",
        )
        .order_by(messages.c.seq.desc())
        .limit(1)
    ).scalar()
    if newest is None:
        return tuple(known)
    named = {*newest.get("to", ()), *newest.get("cc", ()), newest.get("from", "")}
    lowered = {each.lower() for each in named}
    return tuple(each for each in known if each in lowered)


def _mails_before(conn: Connection, message: Row[Any]) -> list[Row[Any]]:
    """The thread's mails that the customer knows, oldest first: forwards went to others."""
    rows = conn.execute(
        select(
            messages.c.email_id,
            messages.c.kind,
            messages.c.customer_id,
            messages.c.subject,
            messages.c.details,
        )
        .where(
            messages.c.conversation_id == message.conversation_id,
            messages.c.id < message.id,
            or_(messages.c.email_id.is_not(None), messages.c.channel == "email"),
            messages.c.kind.in_(("inbound", "outbound")),
            messages.c.state.not_in(NOT_OUT),
        )
        .order_by(messages.c.id.desc())
        .limit(MOST_REFERENCES)
    ).all()
    return [row for row in reversed(rows) if "forward_of" not in row.details]


def _files(conn: Connection, message_ids: Sequence[int]) -> list[OutgoingFile]:
    rows = conn.execute(
        select(
            files.c.hash,
            attachments.c.name,
            attachments.c.content_type,
            attachments.c.content_id,
        )
        .join(files, files.c.id == attachments.c.file_id)
        .where(attachments.c.message_id.in_(message_ids))
        .order_by(attachments.c.id)
    ).all()
    return [OutgoingFile(*row) for row in rows]

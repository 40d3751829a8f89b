"""What a visitor does in the widget: open it, write, read, leave, ask for an answer by mail.

A visitor is known by a random id that their browser keeps; only its hash is stored. An address they
type is never a proof: it is kept to write to, and opens nobody's history.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row, insert, select, update

from app import clock
from app.actions.attach import send_uploads
from app.actions.contact import end_contact
from app.actions.conversation import change_conversation, lock_conversation
from app.actions.customer import edit_customer, find_or_create_customer
from app.actions.delivery import set_delivery
from app.actions.enqueue import enqueue, live_contact
from app.actions.receive_message import Received, add_identity_email, receive_message
from app.actions.set_status import end_by_customer
from app.actions.sign_in_visitor import sign_in, visitor_of_browser
from app.db import Conflict, NotFound, Tx
from app.models.activity import activities
from app.models.conversation import conversations, messages
from app.models.customer import customers, visitor_sessions
from app.models.organisation import inboxes
from app.security.sessions import hash_token
from channels.values import Identity, Inbound

RESUMED_MS = 12 * 3_600_000  # a chat that ended is still shown for so long after its last word


@dataclass(frozen=True, slots=True)
class Said:
    """What a visitor sends. `key` is made by the browser once: the same key is the same message."""

    inbound: Inbound
    key: str
    uploads: Sequence[str] = ()
    email: str = ""
    name: str = ""
    fresh: bool = False  # a conversation of its own, whatever is going on
    in_line: bool = True  # a person is asked; else the help pages answer first


def open_visitor_session(
    tx: Tx,
    inbox_id: int,
    visitor_id: str,
    locale: str,
    page_url: str = "",
    page_title: str = "",
    known_as: Sequence[Identity] = (),
    name: str = "",
    browser_id: str = "",
    keep_page: bool = False,
) -> str:
    """Open the widget in a browser; returns the token that only this browser gets.

    A browser that comes back finds the chat that is going on. `known_as` are identities that were
    proved: their customer is the visitor, on every device, and what was said and seen in the
    browser `browser_id` before they signed in there is theirs, unless it may be somebody else's.
    `keep_page`: the page is kept as an event, where the inbox is set to do so.
    """
    customer_id, said_before = None, None
    if known_as:
        visitor = hash_token(visitor_id)
        customer_id = find_or_create_customer(
            tx, [*known_as, Identity("visitor", visitor)], name, source="widget"
        )
        said_before = sign_in(tx, customer_id, known_as, inbox_id, browser_id)
    else:
        visitor = visitor_of_browser(tx, visitor_id).visitor
    last = tx.execute(
        select(visitor_sessions.c.customer_id, visitor_sessions.c.conversation_id)
        .where(
            visitor_sessions.c.inbox_id == inbox_id,
            visitor_sessions.c.visitor == visitor,
            visitor_sessions.c.customer_id.is_not(None),
        )
        .order_by(visitor_sessions.c.seen_at.desc(), visitor_sessions.c.id.desc())
        .limit(1)
    ).first()
    token = clock.new_token()
    tx.execute(
        insert(visitor_sessions).values(
            hash=hash_token(token),
            inbox_id=inbox_id,
            customer_id=customer_id or (last.customer_id if last else None),
            conversation_id=_resumed(tx, said_before)
            or (_resumed(tx, last.conversation_id) if last else None),
            visitor=visitor,
            locale=locale,
            page_url=page_url[:1000],
            page_title=page_title[:300],
            suggested=[],
            created_at=tx.now,
            seen_at=tx.now,
        )
    )
    if keep_page and page_url:
        theirs = customer_id or (last.customer_id if last else None)
        _keep_page(tx, inbox_id, visitor, theirs, page_url, page_title)
    return token


def _keep_page(
    tx: Tx, inbox_id: int, visitor: str, customer_id: int | None, url: str, title: str
) -> None:
    """The page on which it was opened, among what the customer did."""
    brand_id = tx.execute(select(inboxes.c.brand_id).where(inboxes.c.id == inbox_id)).scalar_one()
    tx.execute(
        insert(activities).values(
            brand_id=brand_id, customer_id=customer_id, visitor=visitor, kind="page_view",
            source="widget", key=clock.new_id(), title=title[:300], url=url[:1000], payload={},
            at=tx.now, received_at=tx.now,
        )
    )  # fmt: skip


def _resumed(tx: Tx, conversation_id: int | None) -> int | None:
    if conversation_id is None:
        return None
    row = tx.execute(select(conversations).where(conversations.c.id == conversation_id)).first()
    if row is None or (row.status == "done" and row.last_message_at < tx.now - RESUMED_MS):
        return None
    return conversation_id


def visitor_says(tx: Tx, session_id: int, said: Said) -> Received:
    """Store what the visitor wrote, in the chat that is going on or a new one."""
    session = session_of(tx, session_id)
    received = receive_message(
        tx,
        session.inbox_id,
        replace(said.inbound, external_id=f"{session.visitor}:{said.key}"),
        conversation_id=None if said.fresh else going_on(tx, session),
        key=said.key,
        new_conversation=said.fresh,
        in_line=said.in_line,
    )
    if received.duplicate:
        return received
    send_uploads(
        tx, said.uploads, message_id=received.message_id, owner=upload_owner(session.visitor)
    )
    if said.email:
        add_identity_email(tx, received.customer_id, said.email)
    if said.name:
        _name(tx, received.customer_id, said.name)
    tx.execute(
        update(visitor_sessions)
        .where(visitor_sessions.c.id == session_id)
        .values(
            customer_id=received.customer_id,
            conversation_id=received.conversation_id,
            seen_at=tx.now,
        )
    )
    return received


def upload_owner(visitor: str) -> str:
    """Who a visitor's uploads belong to until they are sent: the browser, in all its tabs."""
    return f"visitor:{visitor}"[:80]


def visitor_saw(tx: Tx, session_id: int, seq: int, *, read: bool) -> None:
    """The answers up to `seq` have arrived in the browser; with `read`, they were on the screen."""
    session = session_of(tx, session_id)
    if session.conversation_id is None:
        return
    earlier = ("sent", "delivered") if read else ("sent",)
    fresh = tx.execute(
        select(messages.c.id)
        .where(
            messages.c.conversation_id == session.conversation_id,
            messages.c.kind == "outbound",
            messages.c.channel == "chat",
            messages.c.seq <= seq,
            messages.c.state.in_(earlier),
        )
        .order_by(messages.c.seq)
    ).scalars()
    for message_id in list(fresh):
        set_delivery(tx, message_id, "read" if read else "delivered")
    if read:
        tx.execute(
            update(conversations)
            .where(conversations.c.id == session.conversation_id)
            .values(customer_seen_at=tx.now)
        )
    tx.execute(
        update(visitor_sessions).where(visitor_sessions.c.id == session_id).values(seen_at=tx.now)
    )


def agent_saw(tx: Tx, conversation_id: int, seq: int) -> None:
    """An agent has read a chat up to `seq`: the visitor's last message says so, once."""
    row = tx.execute(
        select(messages.c.id, messages.c.state)
        .where(
            messages.c.conversation_id == conversation_id,
            messages.c.kind == "inbound",
            messages.c.channel == "chat",
            messages.c.seq <= seq,
        )
        .order_by(messages.c.seq.desc())
        .limit(1)
    ).first()
    if row is not None and row.state == "received":
        set_delivery(tx, row.id, "read")


def leave_chat(tx: Tx, session_id: int, *, self_served: bool = False) -> None:
    """The visitor ends the chat, gives up waiting, or has found the answer."""
    session = session_of(tx, session_id)
    if session.conversation_id is not None:
        end_by_customer(tx, session.conversation_id, self_served=self_served)


def start_over(tx: Tx, session_id: int) -> None:
    """The next message begins a new conversation; the one before must have ended."""
    session = session_of(tx, session_id)
    if session.conversation_id is None:
        return
    conversation = lock_conversation(tx, session.conversation_id)
    if conversation.status != "done" and conversation.channel == "chat":
        raise Conflict("still_open")
    tx.execute(
        update(visitor_sessions)
        .where(
            visitor_sessions.c.inbox_id == session.inbox_id,
            visitor_sessions.c.visitor == session.visitor,
            visitor_sessions.c.conversation_id == session.conversation_id,
            visitor_sessions.c.id == session_id,
        )
        .values(conversation_id=None)
    )


def answer_by_mail(tx: Tx, session_id: int, email: str) -> bool:
    """The visitor does not want to wait: the chat becomes a message that is answered by mail.

    Asking again only keeps the address, and the place in line; returns whether it was the first
    time.
    """
    session = session_of(tx, session_id)
    if session.conversation_id is None:
        raise NotFound
    conversation = lock_conversation(tx, session.conversation_id)
    add_identity_email(tx, conversation.customer_id, email)
    if conversation.channel != "chat":
        return False
    contact = live_contact(tx, conversation.id)
    if contact is not None and contact.status == "active":
        raise Conflict("answered_already")
    if contact is not None:
        end_contact(tx, contact, "left")
    change_conversation(
        tx,
        conversation.id,
        "channel",
        channel="form",
        status="open",
        snoozed_until=None,
        waiting_since=conversation.waiting_since or tx.now,
    )
    if not conversation.spam:
        enqueue(tx, lock_conversation(tx, conversation.id), queue_id=conversation.queue_id)
    return True


def session_of(tx: Tx, session_id: int) -> Row[Any]:
    """The session, locked together with the same browser's others: two tabs take turns."""
    own = tx.execute(
        select(visitor_sessions.c.inbox_id, visitor_sessions.c.visitor).where(
            visitor_sessions.c.id == session_id
        )
    ).first()
    if own is None:
        raise NotFound
    rows = tx.execute(
        select(visitor_sessions)
        .where(
            visitor_sessions.c.inbox_id == own.inbox_id, visitor_sessions.c.visitor == own.visitor
        )
        .order_by(visitor_sessions.c.id)
        .with_for_update()
    ).all()
    return next(row for row in rows if row.id == session_id)


def going_on(tx: Tx, session: Row[Any]) -> int | None:
    """The conversation a message belongs to: this tab's, else one another tab has just begun."""
    if session.conversation_id is not None:
        return int(session.conversation_id)
    return tx.execute(
        select(conversations.c.id)
        .join(visitor_sessions, visitor_sessions.c.conversation_id == conversations.c.id)
        .where(
            visitor_sessions.c.inbox_id == session.inbox_id,
            visitor_sessions.c.visitor == session.visitor,
            conversations.c.status != "done",
            conversations.c.channel == "chat",
        )
        .order_by(conversations.c.id.desc())
        .limit(1)
    ).scalar()


def _name(tx: Tx, customer_id: int, name: str) -> None:
    known = tx.execute(select(customers.c.name).where(customers.c.id == customer_id)).scalar()
    if not known:
        edit_customer(tx, customer_id, {"name": " ".join(name.split())[:200]})

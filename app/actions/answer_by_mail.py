"""An agent answers a customer by mail.

It becomes the agent's reply only with all of these: the signed mark that was mailed to this agent
about this message; the agent's own address as the sender, proven where the inbox names a mail
server to believe; an open account; and the right to work with the conversation at this moment.
Whatever else bears such a mark is kept, shown to colleagues as a line of history, and the agent is
told why.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select

from app.actions.attach import attach_files
from app.actions.conversation import add_system_line, lock_conversation
from app.actions.find_conversation import lead_on
from app.actions.send_message import MAX_TEXT, Reply, send_message
from app.actions.write_to_agent import write_to_agent
from app.db import Conflict, Invalid, NotFound, Tx
from app.files import StoredFile
from app.models.agent import agents
from app.models.conversation import conversations, messages, participants
from app.models.customer import identities
from app.models.organisation import inboxes
from app.queries.outgoing import default_copies
from app.security.permissions import load_actor
from channels.email.agent_answer import agent_answer
from channels.values import AgentMark, Inbound

ANSWER = "An agent's answer by mail; it went to the customer."
REFUSED = "An agent's answer by mail that was not sent: {why}."
SHOWN = 2_000  # characters of a refused answer that its line of history keeps
LINE = "answer_refused"


class _Refused(Exception):
    """Why the mail is not sent, as a code that screens and mails put into words."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def answer_by_mail(
    tx: Tx, inbox_id: int, inbound: Inbound, stored: Sequence[StoredFile]
) -> tuple[int | None, str] | None:
    """Take a mail that bears a genuine agent's mark: the reply it became, or the line of history
    that says why it is none, and a note. None when it is anybody's mail: it bears no such mark,
    what it is about is gone, or a customer answers what the agent has sent them a copy of."""
    mark = inbound.thread.agent
    if mark is None or not mark.genuine:
        return None
    about = tx.execute(
        select(messages.c.conversation_id, messages.c.id).where(messages.c.id == mark.message_id)
    ).first()
    conversation = lead_on(tx, about.conversation_id) if about is not None else None
    agent = tx.execute(select(agents).where(agents.c.id == mark.agent_id)).first()
    if conversation is None or agent is None:
        return None
    if _is_customer(tx, conversation, inbound, agent):
        return None
    try:
        _check_writer(tx, inbox_id, inbound, mark, agent)
        return _send(tx, conversation, inbound, stored, mark), ANSWER
    except _Refused as refused:
        note = REFUSED.format(why=refused.why)
        return _refuse(tx, conversation, inbound, stored, agent, refused.why), note


def answered_copy(tx: Tx, inbound: Inbound) -> int | None:
    """The conversation of a customer who answers a copy of an agent's mail, and so bears its mark
    without meaning to."""
    mark = inbound.thread.agent
    if mark is None or not mark.genuine:
        return None
    row = tx.execute(
        select(conversations)
        .join(messages, messages.c.conversation_id == conversations.c.id)
        .where(messages.c.id == mark.message_id)
    ).first()
    agent = tx.execute(select(agents).where(agents.c.id == mark.agent_id)).first()
    if row is None or agent is None or not _is_customer(tx, row, inbound, agent):
        return None
    return int(row.id)


def tell_of_forgery(tx: Tx, inbound: Inbound, conversation_id: int) -> None:
    """A mail with a mark that we never made has become anybody's mail; if it names an agent as its
    sender, the agent should know."""
    mark = inbound.thread.agent
    if mark is None or mark.genuine or inbound.automatic or inbound.trust == "unverified":
        return
    agent = tx.execute(
        select(agents.c.id, agents.c.email).where(agents.c.email == _sender(inbound))
    ).first()
    if agent is None:
        return
    inbox_id = tx.execute(
        select(conversations.c.inbox_id).where(conversations.c.id == conversation_id)
    ).scalar_one()
    refused = {"refused": "forged", "agent": agent.id, "sender": agent.email, "said": ""}
    write_to_agent(tx, agent.email, inbox_id, conversation=None, **refused)


def _check_writer(
    tx: Tx, inbox_id: int, inbound: Inbound, mark: AgentMark, agent: Row[Any]
) -> None:
    if inbound.automatic or inbound.reports:
        raise _Refused("automatic")
    if _sender(inbound) != agent.email.lower():
        raise _Refused("other_sender")
    settings = tx.execute(select(inboxes.c.settings).where(inboxes.c.id == inbox_id)).scalar_one()
    if inbound.trust == "unverified" or (settings.get("authserv") and inbound.trust != "verified"):
        raise _Refused("unproven")
    if not agent.active:
        raise _Refused("closed_account")
    if tx.now >= mark.expires_at:
        raise _Refused("expired")


def _send(
    tx: Tx,
    conversation: Row[Any],
    inbound: Inbound,
    stored: Sequence[StoredFile],
    mark: AgentMark,
) -> int:
    """Send it as if the agent had typed it; the refusals of that are ours too."""
    actor = load_actor(tx.conn, mark.agent_id)
    if actor is None:
        raise _Refused("closed_account")
    text = agent_answer(inbound.full_text)
    try:
        row = lock_conversation(tx, conversation.id, actor)
    except NotFound:
        raise _Refused("no_right") from None
    if not text and not stored:
        raise _Refused("empty")
    if len(text) > MAX_TEXT or "\0" in text:
        raise _Refused("unreadable")
    if _somebody_answered(tx, conversation.id, mark):
        raise _Refused("answered")
    # One mail is one reply: its own id is the key, also when it comes by two inboxes.
    name = inbound.thread.message_id or inbound.external_id
    key = f"mail-{hashlib.sha256(name.encode()).hexdigest()[:40]}"
    events = len(tx.events)
    attempt = tx.conn.begin_nested()  # what is refused has changed nothing
    try:
        uploads = _keep_files(tx, actor.agent_id, stored) if _is_new(tx, row.id, key) else ()
        copies = default_copies(tx.conn, row.id)
        # Nobody can be asked back by mail, so nothing is: it goes.
        reply = Reply(text, key, uploads=uploads, cc=copies, again=True)
        sent = send_message(tx, actor, row.id, reply)
    except (Conflict, Invalid) as error:
        attempt.rollback()
        del tx.events[events:]
        raise _Refused(_why(error)) from None
    attempt.commit()
    return sent.message_id


def _why(error: Conflict | Invalid) -> str:
    if isinstance(error, Invalid):
        return "no_address" if "customer" in error.errors else "unreadable"
    return "not_yours" if error.code in ("not_yours", "helping") else "gone"


def _is_new(tx: Tx, conversation_id: int, key: str) -> bool:
    known = select(messages.c.id).where(
        messages.c.conversation_id == conversation_id, messages.c.key == key
    )
    return tx.execute(known).first() is None


def _keep_files(tx: Tx, agent_id: int, stored: Sequence[StoredFile]) -> list[str]:
    return attach_files(tx, stored, message_id=None, owner=f"agent:{agent_id}")


def _somebody_answered(tx: Tx, conversation_id: int, mark: AgentMark) -> bool:
    """Whether a colleague has answered since: nobody answers blindly, by mail neither."""
    seen = select(messages.c.created_at).where(messages.c.id == mark.message_id).scalar_subquery()
    found = select(messages.c.id).where(
        messages.c.conversation_id == conversation_id,
        messages.c.kind == "outbound",
        messages.c.agent_id != mark.agent_id,
        messages.c.created_at > seen,
        messages.c.details["forward_of"].as_string().is_(None),
    )
    return tx.execute(found.limit(1)).first() is not None


def _refuse(
    tx: Tx,
    conversation: Row[Any],
    inbound: Inbound,
    stored: Sequence[StoredFile],
    agent: Row[Any],
    why: str,
) -> int | None:
    """Keep it where colleagues see it, and tell the agent; of a machine's mails the first only."""
    if why == "automatic" and _is_noted(tx, conversation.id, agent.id):
        return None
    lock_conversation(tx, conversation.id)
    own = _sender(inbound) == agent.email.lower() and why != "unproven"
    text = inbound.text or inbound.full_text
    line = add_system_line(
        tx,
        conversation.id,
        LINE,
        why=why,
        agent=agent.name,
        agent_id=agent.id,
        sender=_sender(inbound),
        said=text[:SHOWN],
    )
    attach_files(tx, stored, message_id=line)
    if why != "automatic":
        write_to_agent(
            tx,
            agent.email,
            conversation.inbox_id,
            refused=why,
            agent=agent.id,
            conversation=conversation.id,
            sender=_sender(inbound),
            said=text[:SHOWN] if own else "",
        )
    return line


def _is_noted(tx: Tx, conversation_id: int, agent_id: int) -> bool:
    rows = tx.execute(
        select(messages.c.details).where(
            messages.c.conversation_id == conversation_id,
            messages.c.kind == "system",
            messages.c.text == LINE,
        )
    ).scalars()
    return any(each["agent_id"] == agent_id and each["why"] == "automatic" for each in rows)


def _is_customer(tx: Tx, conversation: Row[Any], inbound: Inbound, agent: Row[Any]) -> bool:
    """Whether the sender is the customer or a further person of the conversation, and not the
    agent."""
    sender = _sender(inbound)
    if not sender or sender == agent.email.lower():
        return False
    known = select(participants.c.email).where(participants.c.conversation_id == conversation.id)
    own = select(identities.c.value).where(
        identities.c.customer_id == conversation.customer_id, identities.c.kind == "email"
    )
    return sender in set(tx.execute(known.union_all(own)).scalars())


def _sender(inbound: Inbound) -> str:
    return next((each.value for each in inbound.identities if each.kind == "email"), "").lower()

"""A supervisor listens in: monitor (nobody notices), whisper (a word to the agent), barge (join).

Every stretch in one mode is a row of its own and an entry of the audit log. The customer learns of
none but a barge, and of that only by what the supervisor writes.
"""

from collections.abc import Sequence

from sqlalchemy import Row, insert, select, update

from app.actions.conversation import add_system_line, lock_conversation
from app.actions.enqueue import live_contact
from app.actions.send_message import Reply, Sent, send_message
from app.actions.upsert import upsert
from app.db import Conflict, Invalid, Tx
from app.events import SupervisionChanged
from app.models.contact import contacts
from app.models.conversation import conversations, messages
from app.models.organisation import installation
from app.models.supervision import watches
from app.queries.watches import POLICY, says_who_watches, watch_mode
from app.security.audit import audit
from app.security.permissions import Actor, load_actor

MODES = ("monitor", "whisper", "barge")
TTL_MS = 60_000  # a watch without a sign of life for so long is over; its page gives one every 20 s


def watch(tx: Tx, actor: Actor, conversation_id: int, mode: str = "monitor") -> None:
    """Listen in, or go on in another mode. Conflict where no colleague has it in hand."""
    actor.require("supervise")
    if mode not in MODES:
        raise Invalid(mode="unknown")
    lock_conversation(tx, conversation_id, actor)
    before = watch_mode(tx.conn, actor.agent_id, conversation_id)
    if before == mode:
        return
    agent_id = _agent_at_work(tx, conversation_id)
    if agent_id in (None, actor.agent_id):
        raise Conflict("nobody_to_watch")
    if before is not None:
        _close(tx, actor, conversation_id)
    tx.execute(
        insert(watches).values(
            conversation_id=conversation_id,
            agent_id=actor.agent_id,
            mode=mode,
            began_at=tx.now,
            seen_at=tx.now,
        )
    )
    audit(tx, actor, f"watch.{mode}", f"conversation {conversation_id}", agent=agent_id)
    if mode == "barge":
        add_system_line(tx, conversation_id, "joined", actor)
    elif before == "barge":
        add_system_line(tx, conversation_id, "left", actor)
    _tell(tx, actor, conversation_id, agent_id, silent={before, mode} <= {None, "monitor"})


def leave_watch(tx: Tx, actor: Actor, conversation_id: int) -> None:
    """Listen in no longer; a second call does nothing."""
    mode = watch_mode(tx.conn, actor.agent_id, conversation_id)
    if mode is None:
        return
    _close(tx, actor, conversation_id)
    audit(tx, actor, "watch.ended", f"conversation {conversation_id}")
    if mode == "barge":
        add_system_line(tx, conversation_id, "left", actor)
    agent_id = _agent_at_work(tx, conversation_id)
    _tell(tx, actor, conversation_id, agent_id, silent=mode == "monitor")


def whisper(tx: Tx, actor: Actor, conversation_id: int, text: str, key: str) -> Sent:
    """A word to the agent: a note that is marked as the supervisor's and rings on their screen."""
    _must_be(tx, actor, conversation_id, "whisper", "barge")
    sent = send_message(tx, actor, conversation_id, Reply(text, key, kind="note"))
    if not sent.duplicate:
        is_sent = messages.c.id == sent.message_id
        details = tx.execute(select(messages.c.details).where(is_sent)).scalar_one()
        tx.execute(update(messages).where(is_sent).values(details={**details, "whisper": True}))
        agent_id = _agent_at_work(tx, conversation_id)
        if agent_id is not None:
            tx.emit(SupervisionChanged("whisper", conversation_id, agent_id))
    return sent


def speak(tx: Tx, actor: Actor, conversation_id: int, text: str, key: str) -> Sent:
    """A message to the customer by a supervisor who has joined; the contact stays as it is."""
    _must_be(tx, actor, conversation_id, "barge")
    if _agent_at_work(tx, conversation_id) is None:
        raise Conflict("nobody_to_watch")
    # Said in a live chat, in the customer's sight: nobody is asked back.
    return send_message(tx, actor, conversation_id, Reply(text, key, again=True))


def keep_watches(tx: Tx, pairs: Sequence[tuple[int, int]]) -> None:
    """Signs of life: (supervisor, conversation) whose page is there."""
    for agent_id, conversation_id in pairs:
        tx.execute(
            update(watches)
            .where(
                watches.c.agent_id == agent_id,
                watches.c.conversation_id == conversation_id,
                watches.c.ended_at.is_(None),
            )
            .values(seen_at=tx.now)
        )


def end_if_gone(tx: Tx, agent_id: int, conversation_id: int, since: int) -> None:
    """The supervisor's page left at `since` and did not come back, in any process."""
    row = tx.execute(
        select(watches).where(
            watches.c.agent_id == agent_id,
            watches.c.conversation_id == conversation_id,
            watches.c.ended_at.is_(None),
            watches.c.seen_at <= since,
        )
    ).first()
    if row is not None:
        _end(tx, row)


def expire_watches(tx: Tx) -> int:
    """End watches without a sign of life, and those whose conversation nobody has in hand any
    more; returns how many."""
    still = (
        select(contacts.c.id)
        .join(conversations, conversations.c.contact_id == contacts.c.id)
        .where(conversations.c.id == watches.c.conversation_id, contacts.c.status == "active")
        .exists()
    )
    rows = tx.execute(
        select(watches).where(
            watches.c.ended_at.is_(None), (watches.c.seen_at < tx.now - TTL_MS) | ~still
        )
    ).all()
    for row in rows:
        _end(tx, row)
    return len(rows)


def set_watch_policy(tx: Tx, actor: Actor, say_who_watches: bool) -> None:
    """Whether agents are told of silent listeners as well: for administrators."""
    actor.require("administer")
    if says_who_watches(tx.conn) == say_who_watches:
        return
    upsert(tx, installation, {"name": POLICY}, {"value": {"say_who_watches": say_who_watches}})
    audit(tx, actor, "watch.policy", "", say=say_who_watches)


def _end(tx: Tx, row: Row[tuple[object, ...]]) -> None:
    supervisor = load_actor(tx.conn, row.agent_id)
    if supervisor is not None:
        leave_watch(tx, supervisor, row.conversation_id)
    else:  # the account is closed
        tx.execute(update(watches).where(watches.c.id == row.id).values(ended_at=tx.now))


def _close(tx: Tx, actor: Actor, conversation_id: int) -> None:
    tx.execute(
        update(watches)
        .where(
            watches.c.agent_id == actor.agent_id,
            watches.c.conversation_id == conversation_id,
            watches.c.ended_at.is_(None),
        )
        .values(ended_at=tx.now)
    )


def _must_be(tx: Tx, actor: Actor, conversation_id: int, *modes: str) -> None:
    actor.require("supervise")
    if watch_mode(tx.conn, actor.agent_id, conversation_id) not in modes:
        raise Conflict("not_watching")


def _agent_at_work(tx: Tx, conversation_id: int) -> int | None:
    contact = live_contact(tx, conversation_id)
    return contact.agent_id if contact is not None and contact.status == "active" else None


def _tell(
    tx: Tx, actor: Actor, conversation_id: int, agent_id: int | None, *, silent: bool
) -> None:
    """The supervisor's own pages always; the agent only where they may know."""
    tx.emit(SupervisionChanged("watch", conversation_id, actor.agent_id))
    if agent_id is not None and (not silent or says_who_watches(tx.conn)):
        tx.emit(SupervisionChanged("watch", conversation_id, agent_id))

"""What an agent keeps on their desk: drafts, how far they have read, tags, subjects."""

from typing import Any

from sqlalchemy import delete, insert, select

from app.actions.conversation import change_conversation, lock_conversation
from app.actions.upsert import upsert
from app.actions.visitor import agent_saw
from app.db import Invalid, Tx
from app.models.conversation import conversation_tags, drafts, reads, tags
from app.security.permissions import Actor
from knowledge.sensitive import unmask_numbers


def save_draft(
    tx: Tx,
    actor: Actor,
    conversation_id: int,
    kind: str,
    text: str,
    *,
    addresses: dict[str, str] | None = None,
    files: list[str] | None = None,
    materials: dict[str, bool] | None = None,
) -> None:
    """Keep what is typed, with whom it goes to (to, cc, bcc), the keys of its uploads and what was
    put into it; without text and files there is no draft. None leaves each as it was."""
    if kind not in ("outbound", "note"):
        raise Invalid(kind="unknown")
    lock_conversation(tx, conversation_id, actor, guest=kind == "note")
    keys = {"agent_id": actor.agent_id, "conversation_id": conversation_id, "kind": kind}
    if text.strip() or files:
        changes: dict[str, Any] = {"text": text[:100_000], "updated_at": tx.now}
        if addresses is not None:
            changes["addresses"] = {name: each[:5_000] for name, each in addresses.items()}
        if files is not None:
            changes["files"] = files[:50]
        if materials is not None:
            changes["materials"] = dict(list(materials.items())[:50])
        upsert(tx, drafts, keys, changes)
    else:
        tx.execute(delete(drafts).where(*(drafts.c[name] == value for name, value in keys.items())))


def mark_read(tx: Tx, actor: Actor, conversation_id: int, seq: int) -> None:
    """The agent has seen the conversation up to this seq."""
    keys = {"agent_id": actor.agent_id, "conversation_id": conversation_id}
    upsert(tx, reads, keys, {"seq": seq})
    agent_saw(tx, conversation_id, seq)


def set_tags(tx: Tx, actor: Actor, conversation_id: int, names: list[str]) -> None:
    """The conversation's tags are these from now on; new ones are made."""
    lock_conversation(tx, conversation_id, actor)
    wanted = sorted({" ".join(name.split())[:60] for name in names if name.strip()})
    known = {row.name: row.id for row in tx.execute(select(tags).where(tags.c.name.in_(wanted)))}
    for name in wanted:
        if name not in known:
            known[name] = tx.execute(
                insert(tags).values(name=name).returning(tags.c.id)
            ).scalar_one()
    tx.execute(
        delete(conversation_tags).where(conversation_tags.c.conversation_id == conversation_id)
    )
    if wanted:
        rows = [{"conversation_id": conversation_id, "tag_id": known[name]} for name in wanted]
        tx.execute(insert(conversation_tags), rows)
    change_conversation(tx, conversation_id, "tags")


def set_subject(tx: Tx, actor: Actor, conversation_id: int, subject: str) -> None:
    """Give the conversation another subject; mails already sent keep theirs."""
    before = lock_conversation(tx, conversation_id, actor).subject
    if not subject.strip():
        raise Invalid(subject="empty")
    said = unmask_numbers(subject.strip(), before)  # who edits it sees dots for some numbers
    change_conversation(tx, conversation_id, "subject", subject=said[:500])

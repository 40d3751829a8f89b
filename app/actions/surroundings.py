"""What hangs on a conversation besides its messages: tags, further people, drafts. A merge brings
them along, and can give them back."""

import hashlib
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from app.db import Tx
from app.models.conversation import conversation_tags, drafts, participants

Shared = dict[str, list[Any]]  # JSON; kept in a line of history, so it holds no draft's words


def share_surroundings(
    tx: Tx, source_id: int, target_id: int, emails: Sequence[str], *, with_drafts: bool = True
) -> Shared:
    """Tags and further people of the source, and `emails`, belong to the target as well; its drafts
    go there. Returns what that has changed, for `unshare_surroundings`."""
    shared: Shared = {
        "tags": _add(tx, conversation_tags, "tag_id", source_id, target_id, ()),
        "emails": _add(tx, participants, "email", source_id, target_id, emails),
    }
    if with_drafts:
        shared |= _move_drafts(tx, source_id, target_id)
    return shared


def unshare_surroundings(tx: Tx, source_id: int, target_id: int, shared: Shared) -> None:
    """Take that back. What somebody has changed since stays as they left it."""
    for table, column, name in (
        (conversation_tags, "tag_id", "tags"),
        (participants, "email", "emails"),
    ):
        tx.execute(
            delete(table).where(
                table.c.conversation_id == target_id, table.c[column].in_(shared.get(name, []))
            )
        )
    for draft_id, was in shared.get("moved", []):
        draft = _draft(tx, draft_id, target_id)
        if draft is not None and _mark(draft.text) == was and not _has_draft(tx, draft, source_id):
            change: dict[str, Any] = {"conversation_id": source_id}
            tx.execute(update(drafts).where(drafts.c.id == draft_id).values(**change))
    for draft_id, was, length, files in shared.get("joined", []):
        draft = _draft(tx, draft_id, target_id)
        if draft is not None and _mark(draft.text) == was:
            own: dict[str, Any] = {"text": draft.text[:length], "files": draft.files[:files]}
            tx.execute(update(drafts).where(drafts.c.id == draft_id).values(**own))


def _add(
    tx: Tx, table: Any, column: str, source_id: int, target_id: int, more: Sequence[str]
) -> list[Any]:
    """Copy what the target lacks; returns it."""
    value = table.c[column]
    known = set(tx.execute(select(value).where(table.c.conversation_id == target_id)).scalars())
    theirs = tx.execute(select(value).where(table.c.conversation_id == source_id)).scalars()
    new = [each for each in dict.fromkeys([*theirs, *more]) if each and each not in known]
    for each in new:
        tx.execute(insert(table).values({"conversation_id": target_id, column: each}))
    return new


def _move_drafts(tx: Tx, source_id: int, target_id: int) -> Shared:
    kept = {
        (row.agent_id, row.kind): row
        for row in tx.execute(select(drafts).where(drafts.c.conversation_id == target_id))
    }
    moved: list[Any] = []
    joined: list[Any] = []
    for row in tx.execute(select(drafts).where(drafts.c.conversation_id == source_id)).all():
        known = kept.get((row.agent_id, row.kind))
        if known is None:
            change: dict[str, Any] = {"conversation_id": target_id}
            tx.execute(update(drafts).where(drafts.c.id == row.id).values(**change))
            moved.append([row.id, _mark(row.text)])
            continue
        both: dict[str, Any] = {
            "text": f"{known.text}\n\n{row.text}".strip(),
            "files": [*known.files, *row.files],
        }
        tx.execute(update(drafts).where(drafts.c.id == known.id).values(**both))
        joined.append([known.id, _mark(both["text"]), len(known.text), len(known.files)])
    return {"moved": moved, "joined": joined}


def _draft(tx: Tx, draft_id: int, conversation_id: int) -> Row[Any] | None:
    return tx.execute(
        select(drafts).where(drafts.c.id == draft_id, drafts.c.conversation_id == conversation_id)
    ).first()


def _has_draft(tx: Tx, like: Row[Any], conversation_id: int) -> bool:
    found = select(drafts.c.id).where(
        drafts.c.conversation_id == conversation_id,
        drafts.c.agent_id == like.agent_id,
        drafts.c.kind == like.kind,
    )
    return tx.execute(found).first() is not None


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]

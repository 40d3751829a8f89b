"""Removing what has been kept for long enough, some rows to a write, and the rules for it."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Delete, Table, delete, func, insert, select, text, update

from app.actions.empty_conversations import empty_conversations
from app.actions.erase_customer import overwrite_deleted
from app.db import Invalid, Tx
from app.models.activity import activities
from app.models.consent import retention_rules, retention_runs
from app.models.conversation import attachments, files, messages
from app.models.customer import visitor_sessions
from app.models.organisation import brands
from app.models.party import customer_imports, rejected_rows
from app.models.promise import tasks
from app.models.question import deflections, unanswered_questions
from app.models.work import raw_mails
from app.queries.retention import Rules, Scope, kept_rules, next_ids, unnamed_files
from app.queries.retention_kinds import KINDS, held_customers
from app.security.audit import audit
from app.security.permissions import Actor

MOST_DAYS = 36_500
AT_ONCE = 200  # rows to one write
CONVERSATIONS_AT_ONCE = 20  # each has many rows


def check_rules(rules: Rules) -> None:
    """Raise Invalid for days that are too few or too many; the field is "kind" or "kind.brand"."""
    wrong = {
        kind if brand is None else f"{kind}.{brand}": "days_range"
        for (kind, brand), days in rules.items()
        if days is not None and not KINDS[kind].least_days <= days <= MOST_DAYS
    }
    if wrong:
        raise Invalid(**wrong)


def save_rules(tx: Tx, actor: Actor, brand_id: int | None, wanted: Rules) -> None:
    """Set the rules of every brand (None) or of one; a kind of a brand that is not in `wanted`
    goes by the rule of every brand."""
    actor.require("administer")
    check_rules(wanted)
    if brand_id is not None:
        found = tx.execute(select(brands.c.id).where(brands.c.id == brand_id)).first()
        if found is None:
            raise Invalid(brand="unknown")
    before = {k: v for k, v in kept_rules(tx.conn).items() if k[1] == brand_id}
    if before == dict(wanted):
        return
    for (kind, brand), days in wanted.items():
        if brand != brand_id or ((kind, brand) in before and before[kind, brand] == days):
            continue
        tx.execute(_rule(kind, brand_id))
        tx.execute(
            insert(retention_rules).values(
                kind=kind, brand_id=brand_id, days=days or 0, active=days is not None,
                changed_by=actor.agent_id, changed_at=tx.now,
            )
        )  # fmt: skip
    for kind, _ in before.keys() - wanted.keys():
        tx.execute(_rule(kind, brand_id))
    changed: dict[str, Any] = {
        kind: "for ever" if wanted[kind, brand_id] is None else wanted[kind, brand_id]
        for kind, _ in sorted(wanted)
        if before.get((kind, brand_id), "-") != wanted[kind, brand_id]
    }
    changed |= {kind: "as every brand" for kind, _ in before.keys() - wanted.keys()}
    subject = f"brand {brand_id}" if brand_id is not None else ""
    audit(tx, actor, "retention.changed", subject, **changed)


def _rule(kind: str, brand_id: int | None) -> Delete:
    theirs = retention_rules.c.brand_id
    whose = theirs.is_(None) if brand_id is None else theirs == brand_id
    return delete(retention_rules).where(retention_rules.c.kind == kind, whose)


def begin_run(tx: Tx, agent_id: int | None = None) -> int:
    """A run that is written down from its beginning, so that one that was cut goes on."""
    query = insert(retention_runs).values(dry=False, counts={}, agent_id=agent_id, at=tx.now)
    return int(tx.execute(query.returning(retention_runs.c.id)).scalar_one())


def note_dry_run(tx: Tx, actor: Actor | None, counts: dict[str, int]) -> None:
    """Somebody has looked at what would go."""
    tx.execute(
        insert(retention_runs).values(
            dry=True, counts=counts, agent_id=actor.agent_id if actor else None, at=tx.now,
            done_at=tx.now,
        )
    )  # fmt: skip


def remove_some(tx: Tx, run_id: int, kind: str, part: int, scope: Scope, after: int) -> int | None:
    """The next rows of a kind whose time is over, counted in the run. Returns the last one's id,
    to go on behind it; None when there are no more."""
    what, branch = KINDS[kind].parts[part]
    limit = CONVERSATIONS_AT_ONCE if what == "empty" else AT_ONCE
    held = held_customers(tx.conn, tx.now)
    ids = next_ids(tx.conn, branch, scope, held, after, limit)
    if not ids:
        return None
    overwrite_deleted(tx)
    REMOVE[what](tx, ids)
    _count(tx, run_id, kind, len(ids))
    return ids[-1]


def drop_files(tx: Tx, run_id: int, ids: Sequence[int]) -> None:
    """The bytes of these files are gone: their rows go too, unless a mail without content needs
    its row. (A size of 0 says that there are no bytes.)"""
    gone = [row.id for row in unnamed_files(tx.conn, tx.now, ids)]
    if not gone:
        return
    needed = select(raw_mails.c.file_id).where(raw_mails.c.file_id.in_(gone))
    kept = set(tx.execute(needed).scalars())
    tx.execute(delete(files).where(files.c.id.in_([one for one in gone if one not in kept])))
    tx.execute(update(files).where(files.c.id.in_(kept)).values(size=0))
    _count(tx, run_id, "files", len(gone))


def merge_index(tx: Tx, *, first: bool) -> bool:
    """Merge SQLite's search index of messages a step further: what was removed stands in its older
    parts until then. Returns whether there is more to do."""
    if tx.conn.dialect.name != "sqlite":
        return False
    overwrite_deleted(tx)
    changes = text("SELECT total_changes()")
    before = tx.execute(changes).scalar_one()
    pages = -300 if first else 300
    merge = f"INSERT INTO message_index(message_index, rank) VALUES('merge', {pages})"
    tx.execute(text(merge))
    return int(tx.execute(changes).scalar_one()) - int(before) >= 2


def end_run(tx: Tx, run_id: int, errors: dict[str, str]) -> None:
    """The run is over; what could not be done is tried again tomorrow."""
    tx.execute(
        update(retention_runs)
        .where(retention_runs.c.id == run_id)
        .values(done_at=tx.now, errors=errors)
    )
    counts = tx.execute(
        select(retention_runs.c.counts).where(retention_runs.c.id == run_id)
    ).scalar_one()
    audit(tx, None, "retention.ran", "", **counts, failed=sorted(errors))


def _count(tx: Tx, run_id: int, kind: str, count: int) -> None:
    mine = retention_runs.c.id == run_id
    counts = dict(tx.execute(select(retention_runs.c.counts).where(mine)).scalar_one())
    counts[kind] = counts.get(kind, 0) + count
    tx.execute(update(retention_runs).where(mine).values(counts=counts))


def _delete_from(table: Table) -> Callable[[Tx, list[int]], None]:
    def remove(tx: Tx, ids: list[int]) -> None:
        tx.execute(delete(table).where(table.c.id.in_(ids)))

    return remove


def _forget_mails(tx: Tx, ids: list[int]) -> None:
    """The mail as it came goes, its line stays: the same one is not taken in again."""
    gone: dict[str, Any] = {
        "mail_from": "",
        "rcpt_to": [],
        "error": "",
        "state": "erased",
        "message_id": None,
    }
    tx.execute(update(raw_mails).where(raw_mails.c.id.in_(ids)).values(**gone))


def _forget_attachments(tx: Tx, ids: list[int]) -> None:
    """Files go; their message says how many there were."""
    counted = (
        select(attachments.c.message_id, func.count().label("files"))
        .where(attachments.c.id.in_(ids))
        .group_by(attachments.c.message_id)
        .subquery()
    )
    rows = tx.execute(
        select(messages.c.id, messages.c.details, counted.c.files).join(
            counted, counted.c.message_id == messages.c.id
        )
    ).all()
    for row in rows:
        details = dict(row.details)
        details["files_removed"] = int(details.get("files_removed", 0)) + row.files
        tx.execute(update(messages).where(messages.c.id == row.id).values(details=details))
    tx.execute(delete(attachments).where(attachments.c.id.in_(ids)))


def _forget_suggestions(tx: Tx, ids: list[int]) -> None:
    """What was asked and by which browser goes; that articles helped, or did not, stays."""
    theirs = deflections.c.id.in_(ids)
    tx.execute(update(deflections).where(theirs).values(query="", visitor=""))


def _forget_imports(tx: Tx, ids: list[int]) -> None:
    """The list itself and the rows that were refused; the counts stay."""
    tx.execute(delete(rejected_rows).where(rejected_rows.c.import_id.in_(ids)))
    tx.execute(update(customer_imports).where(customer_imports.c.id.in_(ids)).values(file_id=None))


REMOVE: dict[str, Callable[[Tx, list[int]], None]] = {
    "empty": empty_conversations,
    "attachments": _forget_attachments,
    "raw_mails": _forget_mails,
    "suggested": _forget_suggestions,
    "imports": _forget_imports,
} | {
    table.name: _delete_from(table)
    for table in (activities, visitor_sessions, unanswered_questions, tasks)
}

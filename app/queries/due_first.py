"""The order "due first": conversations by what is due next in them, a running clock or something
promised, then the others, newest first. Pages begin at a place in the indexes of what is due."""

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, Subquery, and_, exists, or_, select, true
from sqlalchemy import cast as as_type
from sqlalchemy import union_all as one_after_another

from app.models.contact import sla_clocks
from app.models.conversation import conversations
from app.models.promise import promises

# A rank above every moment: the earlier something is due, the higher. JavaScript holds it exactly.
FAR = 2**53 - 1
_LAST_DUE = FAR // 2  # ranks above it are of what is due, below it they are last_message_at

Place = tuple[int, int]  # rank and id of the last conversation above


def ranked(matching: ColumnElement[bool], before: Place | None, limit: int) -> Subquery:
    """The first `limit` conversations after a place, as rows of `id` and `rank`; order them by
    rank and id, both downwards. `matching` may ask for columns of conversations only.

    The second part of the union is read only where the first has not filled the page.
    """
    parts = []
    if before is None or before[0] > _LAST_DUE:
        parts.append(_due(matching, before, limit))
        before = None
    parts.append(_others(matching, before).limit(limit))
    together = [select(part.c.id, part.c.rank) for part in (p.subquery() for p in parts)]
    return one_after_another(*together).limit(limit).subquery()


def _due(matching: ColumnElement[bool], before: Place | None, limit: int) -> Select[Any]:
    """What is due, each conversation once: by the earlier of its clocks and its promises."""
    other, open_promise = sla_clocks.alias(), promises.alias()
    running = and_(sla_clocks.c.ended_at.is_(None), sla_clocks.c.due_at.is_not(None))
    by_clock = (
        # `ended_at` is always null here: in the order it names the index that is to be walked.
        select(conversations.c.id, sla_clocks.c.due_at)
        .join(conversations, conversations.c.id == sla_clocks.c.conversation_id)
        .where(running, matching, _after(sla_clocks.c.due_at, before))
        .where(
            ~exists().where(
                other.c.conversation_id == conversations.c.id,
                other.c.ended_at.is_(None),
                _earlier(other, sla_clocks),
            ),
            ~exists().where(
                open_promise.c.conversation_id == conversations.c.id,
                open_promise.c.state == "open",
                open_promise.c.due_at < sla_clocks.c.due_at,
            ),
        )
        .order_by(sla_clocks.c.ended_at, sla_clocks.c.due_at, conversations.c.id.desc())
        .limit(limit)
    )
    by_promise = (
        select(conversations.c.id, promises.c.due_at)
        .join(conversations, conversations.c.id == promises.c.conversation_id)
        .where(promises.c.state == "open", matching, _after(promises.c.due_at, before))
        .where(
            ~exists().where(
                open_promise.c.conversation_id == conversations.c.id,
                open_promise.c.state == "open",
                _earlier(open_promise, promises),
            ),
            ~exists().where(
                other.c.conversation_id == conversations.c.id,
                other.c.ended_at.is_(None),
                other.c.due_at <= promises.c.due_at,
            ),
        )
        .order_by(promises.c.state, promises.c.due_at, conversations.c.id.desc())
        .limit(limit)
    )
    both = one_after_another(
        *(select(part.c.id, part.c.due_at) for part in (by_clock.subquery(), by_promise.subquery()))
    ).subquery()
    return (
        select(both.c.id, (FAR - both.c.due_at).label("rank"))
        .order_by(both.c.due_at, both.c.id.desc())
        .limit(limit)
    )


def _others(matching: ColumnElement[bool], before: Place | None) -> Select[Any]:
    """Nothing is due in them; the newest first."""
    at = conversations.c.last_message_at
    return (
        select(conversations.c.id, at.label("rank"))
        .where(
            matching,
            ~exists().where(
                sla_clocks.c.conversation_id == conversations.c.id,
                sla_clocks.c.ended_at.is_(None),
                sla_clocks.c.due_at.is_not(None),
            ),
            ~exists().where(
                promises.c.conversation_id == conversations.c.id, promises.c.state == "open"
            ),
            older_than(before),
        )
        .order_by(at.desc(), conversations.c.id.desc())
    )


def older_than(before: Place | None) -> ColumnElement[bool]:
    """After a place among the newest first. The plain bound lets the index begin there; the rest
    is for rows of the same moment."""
    if before is None:
        return true()
    at, last_id = before
    moment = conversations.c.last_message_at
    return and_(moment <= at, or_(moment < at, conversations.c.id < last_id))


def _after(due_at: ColumnElement[int], before: Place | None) -> ColumnElement[bool]:
    if before is None:
        return true()
    at = as_type(FAR - before[0], BigInteger)
    return and_(due_at >= at, or_(due_at > at, conversations.c.id < before[1]))


def _earlier(one: Any, than: Any) -> ColumnElement[bool]:
    return or_(
        one.c.due_at < than.c.due_at, and_(one.c.due_at == than.c.due_at, one.c.id < than.c.id)
    )

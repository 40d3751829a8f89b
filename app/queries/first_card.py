"""The card of the first second: who it is and what to know before the first word, ranked.

Four statements however much there is, each bounded and put together once for each actor. Only
what was written down is read, nothing is worked out by a job, so the card stands when jobs are
down; every fact says as of when it is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Connection, Row, Select, and_, func, select

from app.customers.effort import WEEK_MS, Effort, effort
from app.customers.ranking import Fact, Ranked, rank
from app.db import NotFound
from app.models.agent import agents
from app.models.consent import contact_preferences
from app.models.contact import contacts
from app.models.conversation import conversations
from app.models.customer import customers
from app.models.question import contact_classes
from app.queries.card_parts import WHO, parts_of
from app.queries.customer_effort import episode_of
from app.queries.customers import known_customers
from app.security.permissions import Actor, visible_conversations
from knowledge.sensitive import mask_numbers

CONVERSATIONS = 30  # the newest that are looked at
CONTACTS = 60
NOTES = ("problem", "preference", "suggestion", "fact")
SIGNED_IN = {"user", "oidc", "external", "wechat", "card"}


@dataclass(frozen=True, slots=True)
class FirstCard:
    """Who it is, how sure that is (signed_in verified given unknown), and the facts in order.

    `effort` is that of the last seven days.
    """

    customer_id: int
    name: str
    sure: str
    sure_by: str  # the kind of identity that makes it sure
    created_at: int
    party: str
    language: str
    facts: Ranked
    effort: Effort
    as_of: int


def first_card(
    conn: Connection, actor: Actor, customer_id: int, now: int, conversation_id: int | None = None
) -> FirstCard:
    """The card for an agent, of what they may see; NotFound where they may not know the customer.

    `conversation_id` is the one it is shown beside.
    """
    asked = {"customer_id": customer_id, "now": now}
    who = conn.execute(_who(actor), asked).first()
    if who is None:
        raise NotFound
    parts = conn.execute(parts_of(actor), asked).all()
    talks = conn.execute(_talks(actor), asked).all()
    episodes = conn.execute(_episodes(actor), asked).all()
    week = effort((episode_of(row) for row in episodes if row.enqueued_at > now - WEEK_MS), now)
    facts = [
        *_preferred(who, now),
        *_interests(customer_id, parts),
        *_refusals(who, parts),
        *_noted(customer_id, parts),
        *_about_talks(talks, conversation_id),
        *_about_effort(customer_id, week, episodes, actor),
    ]
    sure, sure_by = _sureness(parts)
    return FirstCard(
        customer_id, who.name or who.email, sure, sure_by, who.created_at, who.party, who.language,
        rank(facts), week, now,
    )  # fmt: skip


_WHO = ("id", "name", "email", "party", "language", "time_zone", "blocked", "created_at", "seen_at")


@lru_cache(maxsize=256)
def _who(actor: Actor) -> Select[Any]:
    return (
        select(
            *(customers.c[name] for name in _WHO),
            contact_preferences.c.channel.label("by_channel"),
            contact_preferences.c.language.label("in_language"),
            contact_preferences.c.hours,
            contact_preferences.c.topics,
            contact_preferences.c.personalised,
            contact_preferences.c.changed_at,
        )
        .outerjoin(contact_preferences, contact_preferences.c.customer_id == customers.c.id)
        .where(customers.c.id == WHO, known_customers(actor))
    )


@lru_cache(maxsize=256)
def _talks(actor: Actor) -> Select[Any]:
    names = ("id", "channel", "subject", "preview", "status", "last_message_at")
    classes = ("topic", "mood", "evidence")
    return (
        select(
            *(conversations.c[name] for name in names),
            *(contact_classes.c[name] for name in classes),
        )
        .outerjoin(contact_classes, contact_classes.c.conversation_id == conversations.c.id)
        .where(
            conversations.c.customer_id == WHO,
            conversations.c.merged_into_id.is_(None),
            ~conversations.c.spam,
            visible_conversations(actor),
        )
        .order_by(conversations.c.last_message_at.desc(), conversations.c.id.desc())
        .limit(CONVERSATIONS)
    )


@lru_cache(maxsize=256)
def _episodes(actor: Actor) -> Select[Any]:
    names = (
        "id", "conversation_id", "channel", "queue_id", "agent_id", "enqueued_at", "answered_at",
        "ended_at", "moves",
    )  # fmt: skip
    return (
        select(
            *(contacts.c[name] for name in names),
            agents.c.name.label("agent"),
            func.coalesce(contact_classes.c.topic, "").label("topic"),
        )
        .join(conversations, conversations.c.id == contacts.c.conversation_id)
        .outerjoin(agents, agents.c.id == contacts.c.agent_id)
        .outerjoin(contact_classes, contact_classes.c.conversation_id == conversations.c.id)
        .where(and_(conversations.c.customer_id == WHO, visible_conversations(actor)))
        .order_by(contacts.c.enqueued_at.desc(), contacts.c.id.desc())
        .limit(CONTACTS)
    )


def _preferred(who: Row[Any], now: int) -> Iterable[Fact]:
    said = who.by_channel or who.in_language or who.hours or who.topics
    if who.changed_at is None or (who.personalised and not said):
        return
    hours = who.hours or {}
    detail = {
        "channel": who.by_channel,
        "language": who.in_language,
        "from": hours.get("from", ""),
        "to": hours.get("to", ""),
        "quiet": is_quiet(hours, who.time_zone, now),
        "topics": ", ".join(who.topics or ()),
        "personalised": who.personalised,
    }
    here = f"/customers/{who.id}"
    yield Fact("prefers", who.id, "", who.changed_at, who.changed_at, here, detail=detail)


def _interests(customer_id: int, parts: Sequence[Row[Any]]) -> Iterable[Fact]:
    """What they have named themselves, in one line."""
    named = [row for row in parts if row.part == "interest"]
    if named:
        at = max(row.at for row in named)
        words = ", ".join(row.text for row in named)
        yield Fact("interests", customer_id, words, at, at, f"/customers/{customer_id}#theirs")


def is_quiet(hours: dict[str, Any], time_zone: str, now: int) -> bool:
    """Whether it is outside the hours a customer wants to be reached in, on their own clock (UTC
    where we do not know it). Hours may go over midnight."""
    if not hours.get("from") or not hours.get("to"):
        return False
    try:
        zone = ZoneInfo(time_zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")
    local = datetime.fromtimestamp(now / 1000, zone)
    days = hours.get("days")
    if days and local.weekday() not in days:
        return True
    begin, end = (time.fromisoformat(hours[name]) for name in ("from", "to"))
    at = local.time()
    inside = begin <= at < end if begin <= end else at >= begin or at < end
    return not inside


def _refusals(who: Row[Any], parts: Sequence[Row[Any]]) -> Iterable[Fact]:
    """What was refused, and what was agreed to: of each purpose and channel the latest word."""
    here = f"/customers/{who.id}"
    if who.blocked:
        yield Fact("no_contact", 0, "blocked", who.seen_at, who.seen_at, here)
    latest: dict[tuple[str, str, int], Row[Any]] = {}
    for row in sorted((p for p in parts if p.part == "consent"), key=lambda p: (p.at, p.id)):
        latest[row.text, row.extra, row.number] = row
    for row in (one for one in latest.values() if one.state != "expired"):
        kind = "consent" if row.state == "granted" else "no_contact"
        detail = {"channel": row.extra, "status": row.state}
        yield Fact(kind, row.id, row.text, row.at, row.as_of, here, detail=detail)


def _noted(customer_id: int, parts: Sequence[Row[Any]]) -> Iterable[Fact]:
    """What was written down of them: doubts, promises, notes, orders, signals, pages, sends."""
    here = f"/customers/{customer_id}"
    for row in parts:
        talk = f"/inbox/{row.conversation_id}?view=all" if row.conversation_id else ""
        said = mask_numbers(row.text or "")
        common = {"id": row.id, "text": said, "at": row.at, "as_of": row.as_of}
        money = {"status": row.state, "amount": row.number, "currency": row.extra}
        match row.part:
            case "pair":
                where = f"{here}/merge?with={row.id}"
                detail = {"what": "duplicate"}
                yield Fact("identity_conflict", href=where, detail=detail, **common)
            case "doubt":
                detail = {"what": "field"}
                yield Fact("identity_conflict", href=f"{here}#doubts", detail=detail, **common)
            case "promise_overdue" | "promise_open":
                yield Fact(row.part, href=talk or f"{here}#timeline", **common)
            case "note":
                kind = row.extra if row.extra in NOTES else "fact"
                where = talk or f"{here}#noted"
                yield Fact(kind, href=where, stale=bool(row.number), **common)
            case "order" | "return":
                yield Fact(row.part, href=f"{here}#timeline", detail=money, **common)
            case "page":
                yield Fact("page", href=row.extra, detail={"outside": True}, **common)
            case "device_alert":
                yield Fact(row.part, href=f"{here}#timeline", **common)
            case "sent":
                yield Fact("sent", href=talk or f"{here}#timeline", **common)


def _about_talks(talks: Sequence[Row[Any]], conversation_id: int | None) -> Iterable[Fact]:
    """Other open conversations, what this one is about, the last mood, and what solved the same."""
    here = next((row for row in talks if row.id == conversation_id), None)
    others = [row for row in talks if row.status != "done" and row.id != conversation_id]
    if others:
        yield _of_talk("open_conversation", others[0], more=len(others) - 1)
    if here is not None and here.topic:
        yield _of_talk("topic", here, here.topic)
    felt = next((row for row in talks if row.mood), None)
    if felt is not None:
        words = str((felt.evidence or {}).get("mood", ""))
        yield _of_talk(f"mood_{felt.mood}", felt, words)
    solved = (row for row in talks if row.status == "done" and row.id != conversation_id)
    same = next((row for row in solved if here is not None and row.topic == here.topic != ""), None)
    if same is not None and same.topic:
        yield _of_talk("solved_before", same)


def _of_talk(kind: str, row: Row[Any], text: str = "", more: int = 0) -> Fact:
    at = row.last_message_at
    words = mask_numbers(text or row.subject or row.preview)
    where = f"/inbox/{row.id}?view=all"
    return Fact(kind, row.id, words, at, at, where, more, detail={"channel": row.channel})


def _about_effort(
    customer_id: int, week: Effort, episodes: Sequence[Row[Any]], actor: Actor
) -> Iterable[Fact]:
    if week.contacts > 1 or week.transfers or week.since is not None:
        detail = {
            "contacts": week.contacts, "transfers": week.transfers, "repeats": week.repeats,
            "waited_ms": week.waited_ms, "since": week.since,
        }  # fmt: skip
        told = max(one.ended_at or one.answered_at or one.enqueued_at for one in episodes)
        where = f"/customers/{customer_id}#effort"
        yield Fact("effort", customer_id, "", told, told, where, detail=detail)
    mine = (row for row in episodes if row.agent is not None and row.agent_id != actor.agent_id)
    if (last := next(mine, None)) is not None:
        at = last.answered_at or last.enqueued_at
        where = f"/inbox/{last.conversation_id}?view=all"
        yield Fact("last_agent", last.id, last.agent, at, at, where)


def _sureness(parts: Sequence[Row[Any]]) -> tuple[str, str]:
    known = [row for row in parts if row.part == "identity"]
    proved = [row.text for row in known if row.number]
    if signed := [kind for kind in proved if kind in SIGNED_IN]:
        return "signed_in", signed[0]
    if proved:
        return "verified", proved[0]
    return ("given", known[0].text) if known else ("unknown", "")

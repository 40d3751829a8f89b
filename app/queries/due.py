"""Is there anything to do? One cheap read, so that an idle installation writes nothing."""

from dataclasses import dataclass

from sqlalchemy import Connection, exists, or_, select

from app.models.agent import presence
from app.models.contact import consults, contacts, offers, sla_clocks
from app.models.conversation import conversations
from app.models.knowledge import articles
from app.models.promise import promises

WARN_MS = 30 * 60_000  # so long before a promise is due its owner is told
CONSULT_MS = 60_000  # so long a colleague is asked to help


@dataclass(frozen=True, slots=True)
class Due:
    """Which deadlines have passed."""

    offers: bool
    presence: bool
    wrap_up: bool
    promises: bool  # a clock has run out and nobody has said so yet
    snoozed: bool
    consults: bool
    articles: bool  # one is to be published or archived
    owed: bool  # an owner is to hear that something promised is due soon, or late


def due(conn: Connection, now: int, agent_ttl_ms: int) -> Due:
    """Which kinds of deadlines have passed, in one statement over indexes."""
    row = conn.execute(
        select(
            exists().where(offers.c.status == "pending", offers.c.expires_at <= now),
            exists().where(presence.c.state != "offline", presence.c.seen_at < now - agent_ttl_ms),
            exists().where(contacts.c.status == "wrap_up", contacts.c.wrap_up_until <= now),
            exists().where(
                sla_clocks.c.ended_at.is_(None),
                sla_clocks.c.due_at < now,
                sla_clocks.c.breached_at.is_(None),
            ),
            exists().where(
                conversations.c.status == "snoozed", conversations.c.snoozed_until <= now
            ),
            exists().where(consults.c.status == "asked", consults.c.asked_at <= now - CONSULT_MS),
            or_(
                exists().where(articles.c.publish_at <= now),
                exists().where(articles.c.archive_at <= now),
            ),
            exists().where(
                promises.c.state == "open",
                or_(
                    (promises.c.due_at <= now + WARN_MS) & promises.c.warned_at.is_(None),
                    (promises.c.due_at <= now) & promises.c.overdue_at.is_(None),
                ),
            ),
        )
    ).one()
    return Due(*map(bool, row))

"""Everything on a customer's page, in one hop."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from app.queries.customer_card import CustomerCard, customer_card
from app.queries.customer_effort import CustomerEffort, customer_effort
from app.queries.customer_links import Links, links_of, values_of
from app.queries.first_card import FirstCard, first_card
from app.queries.noted import noted_facts
from app.queries.portal_self import Preferences, preferences_of
from app.queries.sends import Sending, sends_to
from app.queries.timeline import Asked, Timeline, timeline
from app.security.permissions import Actor

SENT = 50  # that are listed


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """The card, what ties them to others, what was noted, what it cost them, and the stream."""

    card: CustomerCard
    links: Links
    first: FirstCard
    noted: list[dict[str, Any]]
    values: list[dict[str, Any]]  # what each source says, by field
    theirs: Preferences  # what they say on their own pages
    effort: CustomerEffort
    stream: Timeline
    sent: list[Sending]


def customer_page_of(
    conn: Connection, actor: Actor, customer_id: int, now: int, asked: Asked, before: str = ""
) -> CustomerPage:
    """The page as the actor may see it; NotFound for a customer they do not know."""
    return CustomerPage(
        customer_card(conn, actor, customer_id),
        links_of(conn, actor, customer_id),
        first_card(conn, actor, customer_id, now),
        noted_facts(conn, actor, customer_id, now),
        values_of(conn, actor, customer_id),
        preferences_of(conn, customer_id),
        customer_effort(conn, actor, customer_id, now),
        timeline(conn, actor, customer_id, asked, before),
        sends_to(conn, actor, customer_id, limit=SENT),
    )

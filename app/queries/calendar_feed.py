"""Calendars for other programs: whose address it is, and what is said of it in the account."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from app.db import NotFound
from app.models.agent import calendar_feeds
from app.queries.due_list import DueItem, due_list
from app.security.permissions import Actor, load_actor
from app.security.sessions import hash_token


@dataclass(frozen=True, slots=True)
class FeedState:
    """That there is an address, and when a program last read it."""

    texts: bool
    created_at: int
    read_at: int | None


@dataclass(frozen=True, slots=True)
class Feed:
    """What a program may read: the agent's own items with a time."""

    actor: Actor
    texts: bool
    read_at: int | None
    items: tuple[DueItem, ...]


def feed_state(conn: Connection, agent_id: int) -> FeedState | None:
    """What an agent has made; None where there is no address."""
    row = conn.execute(
        select(calendar_feeds.c.texts, calendar_feeds.c.created_at, calendar_feeds.c.read_at).where(
            calendar_feeds.c.agent_id == agent_id
        )
    ).first()
    return None if row is None else FeedState(*row)


def feed_of(conn: Connection, token: str, until: int) -> Feed:
    """The items behind an address, up to `until` (ms); NotFound where it opens nothing, or its
    agent does not work here any more."""
    row = conn.execute(
        select(calendar_feeds).where(calendar_feeds.c.hash == hash_token(token))
    ).first()
    actor = None if row is None else load_actor(conn, row.agent_id)
    if row is None or actor is None:
        raise NotFound
    return Feed(actor, row.texts, row.read_at, due_list(conn, actor, since=0, until=until))

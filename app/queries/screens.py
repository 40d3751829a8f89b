"""Screens on the wall: found by their token, listed for supervisors."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from app.models.agent import agents
from app.models.supervision import screens
from app.queries.board_rates import Brands
from app.security.permissions import Actor
from app.security.sessions import hash_token


@dataclass(frozen=True, slots=True)
class Screen:
    """A screen that asks for the board."""

    id: int
    name: str
    brands: Brands
    locale: str
    time_zone: str
    seen_at: int | None


@dataclass(frozen=True, slots=True)
class ScreenRow:
    """A screen in the list."""

    id: int
    name: str
    made_by: str | None
    created_at: int
    seen_at: int | None


def find_screen(conn: Connection, token: str) -> Screen | None:
    """The screen of a token; None for one that is unknown or was revoked."""
    row = conn.execute(
        select(screens).where(screens.c.hash == hash_token(token), screens.c.revoked_at.is_(None))
    ).first()
    if row is None:
        return None
    brands = None if row.brands is None else frozenset(row.brands)
    return Screen(row.id, row.name, brands, row.locale, row.time_zone, row.seen_at)


def screen_rows(conn: Connection, actor: Actor) -> tuple[ScreenRow, ...]:
    """The screens in use that show no more than the actor may see."""
    rows = conn.execute(
        select(screens, agents.c.name.label("made_by"))
        .outerjoin(agents, agents.c.id == screens.c.created_by)
        .where(screens.c.revoked_at.is_(None))
        .order_by(screens.c.name, screens.c.id)
    )
    return tuple(
        ScreenRow(row.id, row.name, row.made_by, row.created_at, row.seen_at)
        for row in rows
        if actor.brands is None or (row.brands is not None and set(row.brands) <= actor.brands)
    )

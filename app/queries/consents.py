"""What a customer has agreed to, and whether they had at any moment."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, or_, select

from app.models.consent import consents
from app.queries.aliases import aliases_of, master_of


def consents_of(conn: Connection, customer_id: int, at: int | None = None) -> Sequence[Row[Any]]:
    """Every word on it, the latest first; with `at` those that had been said by then."""
    ids = aliases_of(conn, master_of(conn, customer_id))
    query = select(consents).where(consents.c.customer_id.in_(ids))
    if at is not None:
        query = query.where(consents.c.at <= at)
    return conn.execute(query.order_by(consents.c.at.desc(), consents.c.id.desc())).all()


def granted_at(
    conn: Connection, customer_id: int, purpose: str, channel: str, brand_id: int | None, at: int
) -> bool:
    """Whether the customer had agreed to a purpose on a channel of a brand at this moment.

    Nothing said is no, and so is what has expired.
    """
    last = last_word(conn, customer_id, purpose, channel, brand_id, at)
    if last is None or last.status != "granted":
        return False
    return last.expires_at is None or bool(last.expires_at > at)


def last_word(
    conn: Connection, customer_id: int, purpose: str, channel: str, brand_id: int | None, at: int
) -> Row[Any] | None:
    """The word that decides on a purpose, a channel and a brand at a moment: the latest that covers
    it. One without a channel covers every channel, one without a brand every brand."""
    ids = aliases_of(conn, master_of(conn, customer_id))
    return conn.execute(
        select(consents)
        .where(
            consents.c.customer_id.in_(ids),
            consents.c.purpose == purpose,
            consents.c.channel.in_(("", channel)),
            or_(consents.c.brand_id.is_(None), consents.c.brand_id == brand_id),
            consents.c.at <= at,
        )
        .order_by(consents.c.at.desc(), consents.c.id.desc())
        .limit(1)
    ).first()

"""The words that customers agree to: by purpose, channel, brand and language, by version."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, and_, case, func, or_, select

from app.customers.purposes import NEVER_SENT, PURPOSES
from app.models.agent import agents
from app.models.consent import consent_texts, consents
from app.models.customer import customers
from app.security.permissions import Actor

_KEY = ("brand_id", "purpose", "channel", "locale")


def mail_purposes(conn: Connection) -> dict[str, str]:
    """What a mail may be for besides service: the product's own purposes, and those that texts were
    written for; code to label."""
    named = conn.execute(
        select(consent_texts.c.purpose)
        .where(consent_texts.c.channel.in_(("", "email")))
        .distinct()
        .order_by(consent_texts.c.purpose)
    ).scalars()
    found = {each: PURPOSES.get(each, each) for each in (*PURPOSES, *named)}
    return {code: label for code, label in found.items() if code not in NEVER_SENT}


@dataclass(frozen=True, slots=True)
class TextVersion:
    """A wording that never changes; `granted` by so many customers."""

    id: int
    brand_id: int | None
    purpose: str
    channel: str
    locale: str
    version: int
    text: str
    author: str
    created_at: int
    granted: int


@dataclass(frozen=True, slots=True)
class Share:
    """Of the customers whose last word on it this is: how many have agreed."""

    purpose: str
    channel: str
    brand_id: int | None
    granted: int
    asked: int

    @property
    def percent(self) -> int:
        """Rounded; of nobody it is none."""
        return round(100 * self.granted / self.asked) if self.asked else 0


def text_versions(conn: Connection) -> list[list[TextVersion]]:
    """Every wording, those of the same purpose, channel, brand and language together, the one in
    force first."""
    used = (
        select(consents.c.text_id, func.count().label("granted"))
        .where(consents.c.status == "granted", consents.c.text_id.is_not(None))
        .group_by(consents.c.text_id)
        .subquery()
    )
    rows = conn.execute(
        select(consent_texts, agents.c.name.label("author"), used.c.granted)
        .outerjoin(agents, agents.c.id == consent_texts.c.created_by)
        .outerjoin(used, used.c.text_id == consent_texts.c.id)
        .order_by(
            consent_texts.c.purpose, consent_texts.c.channel, consent_texts.c.brand_id,
            consent_texts.c.locale, consent_texts.c.version.desc(),
        )
    ).all()  # fmt: skip
    groups: dict[tuple[Any, ...], list[TextVersion]] = {}
    for row in rows:
        key = tuple(getattr(row, name) for name in _KEY)
        groups.setdefault(key, []).append(
            TextVersion(
                row.id, row.brand_id, row.purpose, row.channel, row.locale, row.version, row.text,
                row.author or "", row.created_at, row.granted or 0,
            )
        )  # fmt: skip
    return list(groups.values())


def shares(conn: Connection, now: int) -> list[Share]:
    """How many have agreed, of those who have said anything: by purpose, channel and brand as they
    spoke of them. What has expired is a no."""
    place = (consents.c.customer_id, consents.c.purpose, consents.c.channel, consents.c.brand_id)
    order = (consents.c.at.desc(), consents.c.id.desc())
    said = (
        select(
            consents.c.purpose, consents.c.channel, consents.c.brand_id, consents.c.status,
            consents.c.expires_at,
            func.row_number().over(partition_by=place, order_by=order).label("place"),
        )
        .join(customers, customers.c.id == consents.c.customer_id)
        .where(customers.c.erased_at.is_(None), consents.c.at <= now)
        .subquery()
    )  # fmt: skip
    lasts = or_(said.c.expires_at.is_(None), said.c.expires_at > now)
    agreed = func.sum(case((and_(said.c.status == "granted", lasts), 1), else_=0))
    rows = conn.execute(
        select(said.c.purpose, said.c.channel, said.c.brand_id, agreed, func.count())
        .where(said.c.place == 1)
        .group_by(said.c.purpose, said.c.channel, said.c.brand_id)
        .order_by(said.c.purpose, said.c.channel, said.c.brand_id)
    ).all()
    return [Share(*row) for row in rows]


def texts_to_read(conn: Connection, actor: Actor, languages: Sequence[str]) -> list[Row[Any]]:
    """The wordings in force that an agent may read out, one for each purpose, channel and brand:
    in the first of these languages that there is."""
    newest = (
        select(func.max(consent_texts.c.id))
        .group_by(*(consent_texts.c[name] for name in _KEY))
        .scalar_subquery()
    )
    query = select(consent_texts).where(consent_texts.c.id.in_(newest))
    if actor.brands is not None:
        mine = consent_texts.c.brand_id.in_(sorted(actor.brands))
        query = query.where(or_(consent_texts.c.brand_id.is_(None), mine))
    found: dict[tuple[Any, ...], Row[Any]] = {}
    wanted = [each.partition("_")[0].partition("-")[0] for each in languages if each]

    def rank(row: Row[Any]) -> int:
        language = row.locale.partition("_")[0]
        return wanted.index(language) if language in wanted else len(wanted)

    for row in conn.execute(query.order_by(consent_texts.c.purpose, consent_texts.c.id)):
        key = (row.purpose, row.channel, row.brand_id)
        if key not in found or rank(row) < rank(found[key]):
            found[key] = row
    return list(found.values())

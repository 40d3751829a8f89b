"""What a customer sees of what is kept of them: details, preferences, interests, consents, who
looked, and for how long things are kept."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, and_, exists, or_, select

from app.models.agent import agent_brands, agents
from app.models.consent import (
    consent_texts,
    consents,
    contact_preferences,
    legal_holds,
    retention_rules,
)
from app.models.customer import customers, identities
from app.models.party import access_log, customer_tags, field_values
from app.queries.aliases import aliases_of
from app.queries.consents import granted_at
from app.queries.portal_door import PortalBrand, PortalSession

LOOKS = 200
CHANNELS = ("email", "chat", "phone")  # on which a purpose can be agreed to
DETAILS = ("name", "phone", "company", "birthday", "language", "time_zone")


@dataclass(frozen=True, slots=True)
class Details:
    """What is known of them. `said_by` tells of a field whose word it is: "customer", "agent" or
    another source."""

    values: dict[str, str]
    email: str
    addresses: tuple[str, ...]
    said_by: dict[str, str]


@dataclass(frozen=True, slots=True)
class Preferences:
    """How they want to be reached, and what they want to hear of."""

    channel: str = ""
    start: str = ""  # "09:00"
    end: str = ""
    days: tuple[int, ...] = ()  # 0 is Monday; none: any
    language: str = ""
    topics: tuple[str, ...] = ()
    personalised: bool = True
    set_by: str = ""
    changed_at: int = 0
    tags: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Asked:
    """A purpose with the words they are asked with now, and on which channels they have agreed."""

    purpose: str
    text_id: int | None
    version: int
    text: str
    granted: dict[str, bool]


@dataclass(frozen=True, slots=True)
class Said:
    """A word of theirs on a purpose, with the version of the text it was given for."""

    purpose: str
    channel: str
    status: str
    source: str
    version: int | None
    at: int
    expires_at: int | None


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody did something with their data: an agent by role, or by name where the brand says
    names."""

    at: int
    actor: str
    action: str
    role: str
    name: str


def details_of(conn: Connection, who: PortalSession) -> Details:
    """What is known of them, and where each value is from."""
    row = conn.execute(select(customers).where(customers.c.id == who.customer_id)).one()
    used = conn.execute(
        select(field_values.c.field, field_values.c.source)
        .where(field_values.c.customer_id == who.customer_id, field_values.c.state == "used")
        .order_by(field_values.c.id)
    )
    sources = {each.field: each.source for each in used}
    emails = conn.execute(
        select(identities.c.value)
        .where(
            identities.c.customer_id == who.customer_id,
            identities.c.kind == "email",
            identities.c.verified,
        )
        .order_by(identities.c.id)
    ).scalars()
    values = {name: str(getattr(row, name) or "") for name in DETAILS}
    said_by = {name: sources.get(name, row.source) for name in DETAILS if values[name]}
    return Details(values, row.email, tuple(emails), said_by)


def preferences_of(conn: Connection, customer_id: int) -> Preferences:
    """What they have asked for, and the interests they have named."""
    row = conn.execute(
        select(contact_preferences).where(contact_preferences.c.customer_id == customer_id)
    ).first()
    tags = conn.execute(
        select(customer_tags.c.name)
        .where(customer_tags.c.customer_id == customer_id, customer_tags.c.set_by == "customer")
        .order_by(customer_tags.c.name)
    ).scalars()
    if row is None:
        return Preferences(tags=tuple(tags))
    hours = row.hours or {}
    return Preferences(
        row.channel, hours.get("from", ""), hours.get("to", ""), tuple(hours.get("days", ())),
        row.language, tuple(row.topics or ()), row.personalised, row.set_by, row.changed_at,
        tuple(tags),
    )  # fmt: skip


def asked_purposes(
    conn: Connection, who: PortalSession, locale: str, fallback: str, now: int
) -> list[Asked]:
    """Every purpose that the brand has words for or that they have spoken on; channels with the
    same words together."""
    texts = conn.execute(
        select(consent_texts)
        .where(or_(consent_texts.c.brand_id.is_(None), consent_texts.c.brand_id == who.brand_id))
        .order_by(consent_texts.c.version, consent_texts.c.id)
    ).all()
    purposes = {row.purpose for row in texts} | {one.purpose for one in _said(conn, who)}
    found: dict[tuple[str, int], Asked] = {}
    for purpose in sorted(purposes):
        for channel in CHANNELS:
            args = (purpose, channel, who.brand_id, now)
            granted = granted_at(conn, who.customer_id, *args)
            words = [row for row in texts if row.purpose == purpose]
            text = _in_force(words, channel, (locale, fallback, "en"))
            if text is not None or granted:
                key = purpose, text.id if text is not None else 0
                found.setdefault(key, _asked(purpose, text)).granted[channel] = granted
    return list(found.values())


def _asked(purpose: str, text: Row[Any] | None) -> Asked:
    if text is None:
        return Asked(purpose, None, 0, "", {})
    return Asked(purpose, text.id, text.version, text.text, {})


def _in_force(texts: Sequence[Row[Any]], channel: str, languages: Sequence[str]) -> Row[Any] | None:
    """The words for a channel: the brand's own before those of all brands, the channel's before
    those of every channel, then the reader's language; of a wording the latest version, which is
    the last of these rows."""
    for of_brand in (True, False):
        for where in (channel, ""):
            mine = [
                row for row in texts
                if (row.brand_id is not None) == of_brand and row.channel == where
            ]  # fmt: skip
            for wanted in languages:
                known = [row for row in mine if _language(row.locale) == _language(wanted)]
                if known:
                    return next((row for row in reversed(known) if row.locale == wanted), known[-1])
            if mine:
                return mine[-1]
    return None


def _language(locale: str) -> str:
    return locale.partition("_")[0].partition("-")[0]


def consent_history(conn: Connection, who: PortalSession) -> list[Said]:
    """Every word of theirs that counts for this brand, the latest first."""
    texts = conn.execute(select(consent_texts.c.id, consent_texts.c.version))
    versions = {row.id: row.version for row in texts}
    return [
        Said(
            row.purpose, row.channel, row.status, row.source, versions.get(row.text_id), row.at,
            row.expires_at,
        )
        for row in _said(conn, who)
    ]  # fmt: skip


def _said(conn: Connection, who: PortalSession) -> Sequence[Row[Any]]:
    return conn.execute(
        select(consents)
        .where(
            consents.c.customer_id.in_(aliases_of(conn, who.customer_id)),
            or_(consents.c.brand_id.is_(None), consents.c.brand_id == who.brand_id),
        )
        .order_by(consents.c.at.desc(), consents.c.id.desc())
    ).all()


def looks_at(conn: Connection, who: PortalSession, brand: PortalBrand) -> list[Look]:
    """Who looked at their data or did something with it, the latest first. Agents who serve other
    brands only are not named."""
    serves = agent_brands.c.agent_id == agents.c.id
    of_brand = or_(
        agents.c.role == "admin",
        ~exists().where(serves),
        exists().where(and_(serves, agent_brands.c.brand_id == brand.id)),
    )
    rows = conn.execute(
        select(
            access_log.c.at, access_log.c.actor, access_log.c.action, agents.c.role, agents.c.name,
            of_brand.label("of_brand"),
        )
        .outerjoin(agents, agents.c.id == access_log.c.agent_id)
        .where(access_log.c.customer_id.in_(aliases_of(conn, who.customer_id)))
        .order_by(access_log.c.id.desc())
        .limit(LOOKS)
    )  # fmt: skip
    return [
        Look(
            row.at, row.actor, row.action, row.role or "",
            row.name if brand.names and row.of_brand and row.name else "",
        )
        for row in rows
    ]  # fmt: skip


def is_held(conn: Connection, customer_id: int, now: int) -> bool:
    """Whether something obliges us to keep what we have of them."""
    query = select(legal_holds.c.id).where(
        legal_holds.c.customer_id.in_(aliases_of(conn, customer_id)),
        legal_holds.c.ended_at.is_(None),
        or_(legal_holds.c.until_at.is_(None), legal_holds.c.until_at > now),
    )
    return conn.execute(query.limit(1)).first() is not None


def kept_for(conn: Connection, brand_id: int) -> dict[str, int]:
    """Days for which each kind of thing is kept, of those that have an end; the brand's own rule
    before that of all brands."""
    rows = conn.execute(
        select(retention_rules.c.kind, retention_rules.c.days, retention_rules.c.active)
        .where(or_(retention_rules.c.brand_id.is_(None), retention_rules.c.brand_id == brand_id))
        .order_by(retention_rules.c.brand_id.is_not(None))
    )
    rules = {row.kind: row for row in rows}
    return {kind: row.days for kind, row in rules.items() if row.active}

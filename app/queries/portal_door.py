"""Who may come in to the pages of a brand's customers: the brand, whose address it is, sessions.

Only an address that was verified opens a person's pages, and only those of a brand that has had to
do with them.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, exists, or_, select

from app.models.activity import activities, orders
from app.models.consent import consents, contact_preferences, portal_sessions
from app.models.conversation import conversations
from app.models.customer import customers, identities, visitor_sessions
from app.models.organisation import brands, business_hours, inboxes
from app.queries.aliases import master_of
from app.queries.customers import present_customers
from app.queries.mail_inboxes import brand_mailbox
from app.queries.visitor import Visitor, has_proof
from app.security.sessions import hash_token
from channels.values import Identity

IDLE_MS = 30 * 60_000
SIGNED_MS = 24 * 3_600_000  # as long as a site's proof may be good


@dataclass(frozen=True, slots=True)
class PortalBrand:
    """A brand whose customers have pages of their own. `names`: who looked is told by name;
    `address`: of its mailbox, "" without one."""

    id: int
    name: str
    slug: str
    color: str
    locale: str
    policy_url: str
    names: bool
    address: str

    @property
    def here(self) -> str:
        """Where the pages begin."""
        return f"/my/{self.slug}/"


@dataclass(frozen=True, slots=True)
class PortalSession:
    """A customer at their pages. `email` is the verified address they are known by, "" if they
    have none and came from the chat of a site that has signed who they are."""

    id: int
    csrf: str
    brand_id: int
    customer_id: int
    email: str
    created_at: int
    seen_at: int
    name: str = ""
    language: str = ""  # of the pages, where they have chosen one
    time_zone: str = "UTC"


def portal_brand(conn: Connection, slug: str) -> PortalBrand | None:
    """The active brand of an address, if its customers have pages."""
    row = conn.execute(
        select(brands).where(brands.c.slug == slug, brands.c.active, brands.c.portal)
    ).first()
    if row is None:
        return None
    mailbox = brand_mailbox(conn, row.id)
    return PortalBrand(
        row.id, row.name, row.slug, row.color, row.locale, row.policy_url, row.portal_names,
        mailbox.address if mailbox is not None else "",
    )  # fmt: skip


def pages_path(conn: Connection, brand_id: int) -> str:
    """Where a brand's customers have their pages; "" where they have none."""
    slug = conn.execute(
        select(brands.c.slug).where(brands.c.id == brand_id, brands.c.active, brands.c.portal)
    ).scalar()
    return f"/my/{slug}/" if slug else ""


def pages_of(conn: Connection, customer_id: int) -> list[PortalBrand]:
    """The brands at which a customer has pages."""
    slugs = conn.execute(
        select(brands.c.slug).where(brands.c.active, brands.c.portal).order_by(brands.c.name)
    ).scalars()
    known = [brand for slug in slugs if (brand := portal_brand(conn, slug)) is not None]
    return [
        brand
        for brand in known
        if conn.execute(
            select(customers.c.id).where(customers.c.id == customer_id, known_to(brand))
        ).first()
    ]


def portal_brands(conn: Connection) -> list[str]:
    """The short names of all brands with such pages."""
    query = select(brands.c.slug).where(brands.c.active, brands.c.portal).order_by(brands.c.slug)
    return list(conn.execute(query).scalars())


def owner_of(conn: Connection, brand: PortalBrand, email: str) -> int | None:
    """Whose pages this address opens; None for nobody's."""
    found = conn.execute(
        select(identities.c.customer_id)
        .join(customers, customers.c.id == identities.c.customer_id)
        .where(
            identities.c.kind == "email",
            identities.c.value == email,
            identities.c.verified,
            ~identities.c.shared,
            present_customers(),
            known_to(brand),
        )
    ).scalar()
    return int(found) if found is not None else None


def verified_emails(conn: Connection, customer_id: int) -> list[str]:
    """The addresses that open a customer's pages, the one we write to first."""
    rows = conn.execute(
        select(identities.c.value)
        .join(customers, customers.c.id == identities.c.customer_id)
        .where(
            identities.c.customer_id == customer_id,
            identities.c.kind == "email",
            identities.c.verified,
            ~identities.c.shared,
        )
        .order_by((identities.c.value == customers.c.email).desc(), identities.c.id)
    )
    return list(rows.scalars())


def known_to(brand: PortalBrand) -> ColumnElement[bool]:
    """The condition that a customer has had to do with this brand."""
    theirs = [
        exists().where(table.c.customer_id == customers.c.id, table.c.brand_id == brand.id)
        for table in (conversations, orders, activities, consents)
    ]
    one = identities.alias()
    account = exists().where(
        one.c.customer_id == customers.c.id,
        one.c.kind == "user",
        one.c.value.startswith(f"{brand.slug}:", autoescape=True),
    )
    return or_(*theirs, account)


def portal_session(conn: Connection, token: str, brand_id: int, now: int) -> PortalSession | None:
    """The session of a cookie, unless it is over, was idle too long, is of another brand, or its
    address is no longer theirs."""
    row = conn.execute(
        select(portal_sessions, customers.c.erased_at)
        .join(customers, customers.c.id == portal_sessions.c.customer_id)
        .where(
            portal_sessions.c.hash == hash_token(token),
            portal_sessions.c.kind == "session",
            portal_sessions.c.brand_id == brand_id,
            portal_sessions.c.expires_at > now,
            portal_sessions.c.seen_at > now - IDLE_MS,
        )
    ).first()
    if row is None or row.erased_at is not None:
        return None
    customer_id = master_of(conn, row.customer_id)
    if row.email and not still_theirs(conn, customer_id, row.email):
        return None
    them = conn.execute(
        select(customers.c.name, customers.c.time_zone, contact_preferences.c.language)
        .outerjoin(contact_preferences, contact_preferences.c.customer_id == customers.c.id)
        .where(customers.c.id == customer_id)
    ).one()
    return PortalSession(
        row.id, row.csrf, row.brand_id, customer_id, row.email, row.created_at, row.seen_at,
        them.name, them.language or "", them.time_zone or _zone_of(conn, brand_id),
    )  # fmt: skip


def _zone_of(conn: Connection, brand_id: int) -> str:
    """The time zone a brand works in, for those whose own is not known."""
    found = conn.execute(
        select(business_hours.c.time_zone)
        .join(inboxes, inboxes.c.hours_id == business_hours.c.id)
        .where(inboxes.c.brand_id == brand_id, inboxes.c.active)
        .order_by(inboxes.c.id)
        .limit(1)
    ).scalar()
    return found or "UTC"


def still_theirs(conn: Connection, customer_id: int, email: str) -> bool:
    """Whether this is a verified address of the customer now, and of nobody beside them."""
    return (
        conn.execute(
            select(identities.c.id).where(
                and_(
                    identities.c.customer_id == customer_id,
                    identities.c.kind == "email",
                    identities.c.value == email,
                    identities.c.verified,
                    ~identities.c.shared,
                )
            )
        ).first()
        is not None
    )


def pending_link(
    conn: Connection, token: str, brand_id: int, kinds: tuple[str, ...], now: int
) -> tuple[str, int, str] | None:
    """Of a link that was not used yet and is still good: (kind, customer, address)."""
    row = conn.execute(
        select(
            portal_sessions.c.kind, portal_sessions.c.customer_id, portal_sessions.c.email
        ).where(
            portal_sessions.c.hash == hash_token(token),
            portal_sessions.c.kind.in_(kinds),
            portal_sessions.c.brand_id == brand_id,
            portal_sessions.c.used_at.is_(None),
            portal_sessions.c.expires_at > now,
        )
    ).first()
    return (row.kind, master_of(conn, row.customer_id), row.email) if row is not None else None


def signed_in_visitor(conn: Connection, visitor: Visitor, brand_slug: str, now: int) -> int | None:
    """Whose chat this is by a proof that their site has signed lately; None for anybody else."""
    opened = select(visitor_sessions.c.created_at).where(visitor_sessions.c.id == visitor.id)
    lately = conn.execute(opened).scalar_one() > now - SIGNED_MS
    if visitor.customer_id is None or not lately or not has_proof(conn, visitor, brand_slug):
        return None
    return master_of(conn, visitor.customer_id)


def way_to(conn: Connection, who: PortalSession) -> Identity | None:
    """By what a message of theirs is known to be theirs; None if nothing of them is verified."""
    row = conn.execute(
        select(identities.c.kind, identities.c.value)
        .where(
            identities.c.customer_id == who.customer_id,
            identities.c.verified,
            ~identities.c.shared,
            identities.c.kind != "visitor",
        )
        .order_by((identities.c.value == who.email).desc(), identities.c.id)
        .limit(1)
    ).first()
    return Identity(row.kind, row.value, verified=True) if row is not None else None

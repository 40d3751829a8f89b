"""The customer beside the conversation: who they are and what went before."""

from dataclasses import dataclass

from sqlalchemy import Connection, and_, func, select

from app.db import NotFound
from app.models.conversation import conversations
from app.models.customer import customers, identities
from app.models.work import mail_addresses
from app.security.permissions import Actor, visible_conversations
from knowledge.sensitive import mask_numbers, masked

EARLIER = 8


@dataclass(frozen=True, slots=True)
class KnownAs:
    """One identity."""

    kind: str
    value: str
    verified: bool
    state: str = ""  # of an email address: "bounced" or "complained", where it should be left alone


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier conversation of the customer."""

    id: int
    channel: str
    subject: str
    preview: str
    status: str
    last_message_at: int


@dataclass(frozen=True, slots=True)
class CustomerCard:
    """Everything the context column shows of a customer."""

    id: int
    name: str
    email: str
    phone: str
    language: str
    time_zone: str
    company: str
    notes: str
    blocked: bool
    kind: str
    party: str
    birthday: str
    created_at: int
    seen_at: int
    identities: tuple[KnownAs, ...]
    earlier: tuple[Earlier, ...]
    conversation_count: int

    @property
    def bad_addresses(self) -> tuple[KnownAs, ...]:
        """Those that bounced or complained."""
        return tuple(known for known in self.identities if known.state)


def customer_card(
    conn: Connection, actor: Actor, customer_id: int, conversation_id: int | None = None
) -> CustomerCard:
    """The card; conversations the actor may not see are neither listed nor counted."""
    row = conn.execute(select(customers).where(customers.c.id == customer_id)).first()
    if row is None:
        raise NotFound
    known = conn.execute(
        select(
            identities.c.kind,
            identities.c.value,
            identities.c.verified,
            func.coalesce(mail_addresses.c.state, ""),
        )
        .outerjoin(
            mail_addresses,
            and_(identities.c.kind == "email", mail_addresses.c.email == identities.c.value),
        )
        .where(identities.c.customer_id == customer_id, identities.c.kind != "visitor")
        .order_by(identities.c.id)
    ).all()
    theirs = (conversations.c.customer_id == customer_id, visible_conversations(actor))
    earlier = conn.execute(
        select(
            *(
                conversations.c[name]
                for name in ("id", "channel", "subject", "preview", "status", "last_message_at")
            ),
            func.count().over().label("total"),
        )
        .where(*theirs)
        .order_by(conversations.c.last_message_at.desc())
        .limit(EARLIER + 1)
    ).all()
    if not earlier and actor.brands is not None:
        raise NotFound
    others = [item for item in earlier if item.id != conversation_id][:EARLIER]
    kept = (
        "id", "name", "email", "phone", "language", "time_zone", "company", "notes", "blocked",
        "kind", "party", "birthday", "created_at", "seen_at",
    )  # fmt: skip
    return CustomerCard(
        **masked({name: getattr(row, name) for name in kept}, "notes"),
        identities=tuple(KnownAs(*item) for item in known),
        earlier=tuple(
            Earlier(
                i.id, i.channel, mask_numbers(i.subject), i.preview, i.status, i.last_message_at
            )
            for i in others
        ),
        conversation_count=earlier[0].total if earlier else 0,
    )

"""A customer's word on a purpose: written beside the earlier ones, which stay.

Who refuses or withdraws gets nothing more for that purpose: what waits to be sent stops at once.
"""

from sqlalchemy import insert, select

from app.actions.person_log import log_access
from app.actions.purpose import stop_unwanted
from app.db import Invalid, NotFound, Tx
from app.events import CustomerChanged
from app.models.consent import consent_texts, consents
from app.models.customer import customers
from app.models.organisation import brands
from app.queries.aliases import master_of
from app.queries.consents import last_word
from app.queries.customers import require_customer
from app.security.permissions import Actor


def record_consent(
    tx: Tx,
    actor: Actor,
    customer_id: int,
    purpose: str,
    status: str,
    *,
    source: str,
    channel: str = "",
    brand_id: int | None = None,
    at: int | None = None,
    expires_at: int | None = None,
    text_id: int | None = None,
) -> int:
    """The customer has granted, denied or revoked a purpose; returns the row's id.

    Without a channel or brand it is for all of them. `at` is when they said so, at the latest now.
    """
    master = master_of(tx.conn, customer_id)
    require_customer(tx.conn, actor, master)
    said_at = tx.now if at is None else at
    if said_at > tx.now:
        raise Invalid(at="in_the_future")
    if expires_at is not None and expires_at <= said_at:
        raise Invalid(expires_at="before_it_began")
    if brand_id is not None:
        known = tx.execute(select(brands.c.id).where(brands.c.id == brand_id)).first()
        if known is None or not actor.sees_brand(brand_id):
            raise NotFound
    elif status == "granted" and actor.brands is not None:
        raise Invalid(brand_id="required")  # for every brand: of those one serves
    if text_id is not None:
        of = select(consent_texts.c.purpose, consent_texts.c.brand_id)
        text = tx.execute(of.where(consent_texts.c.id == text_id)).first()
        if text is None or text.purpose != purpose or text.brand_id not in (None, brand_id):
            raise Invalid(text_id="unknown")
    row_id: int = tx.execute(
        insert(consents)
        .values(
            customer_id=master, brand_id=brand_id, purpose=purpose, channel=channel,
            status=status, text_id=text_id, source=source, agent_id=actor.agent_id, at=said_at,
            expires_at=expires_at,
        )
        .returning(consents.c.id)
    ).scalar_one()  # fmt: skip
    log_access(tx, actor, master, "changed", what=f"consent {row_id}", status=status)
    tx.emit(CustomerChanged(master))
    if status != "granted":
        stop_unwanted(tx, master)
    return row_id


def unsubscribe(tx: Tx, customer_id: int, purpose: str, channel: str, brand_id: int) -> bool:
    """The customer withdraws by a signed link; whether that was new. Who was erased is nobody to
    write to anyway."""
    master = master_of(tx.conn, customer_id)
    known = tx.execute(
        select(customers.c.erased_at).where(customers.c.id == master).with_for_update()
    ).first()
    if known is None or known.erased_at is not None:
        return False
    word = last_word(tx.conn, master, purpose, channel, brand_id, tx.now)
    if word is not None and word.status != "granted":
        return False
    row_id: int = tx.execute(
        insert(consents)
        .values(
            customer_id=master, brand_id=brand_id, purpose=purpose, channel=channel,
            status="revoked", source="unsubscribe", at=tx.now,
        )
        .returning(consents.c.id)
    ).scalar_one()  # fmt: skip
    log_access(tx, None, master, "changed", what=f"consent {row_id}", by="customer")
    tx.emit(CustomerChanged(master))
    stop_unwanted(tx, master)
    return True

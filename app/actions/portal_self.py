"""What customers change themselves on their pages: details, preferences, interests, consents.

What they say of themselves counts as an agent's word does; where it is from is kept beside it.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import available_timezones

from sqlalchemy import delete, insert, select, update

from app.actions.customer import edit_customer, owners_of, refresh_searchable
from app.actions.identity import give_identities
from app.actions.person_log import log_access
from app.actions.portal_link import forget_address, use_link
from app.actions.purpose import stop_unwanted
from app.db import Conflict, Invalid, NotFound, Tx
from app.events import CustomerChanged
from app.models.consent import consent_texts, consents, contact_preferences
from app.models.customer import customers, identities
from app.models.party import customer_tags
from app.pages import LOCALE_NAMES
from app.queries.portal_door import PortalBrand, PortalSession
from app.queries.portal_self import CHANNELS, Preferences
from channels.identity import normalise
from channels.values import Identity

MOST_TAGS, LONGEST_TAG = 30, 60
MOST_TOPICS = 12
PREFERRED = ("", "email", "chat", "phone")
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_BIRTHDAY = re.compile(r"(\d{4}|-)-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})?")


def correct_details(tx: Tx, who: PortalSession, said: Mapping[str, str]) -> None:
    """Put right what is known of them: name, phone, company, birthday, language, time zone."""
    changes = {name: _one_line(value) for name, value in said.items()}
    errors: dict[str, str] = {}
    if changes["phone"]:
        number = normalise("phone", changes["phone"])
        changes["phone"] = number or changes["phone"]
        if number is None:
            errors["phone"] = "not_a_phone"
    if changes["birthday"] and not _BIRTHDAY.fullmatch(changes["birthday"]):
        errors["birthday"] = "not_a_day"
    if changes["language"] and not _LANGUAGE.fullmatch(changes["language"]):
        errors["language"] = "unknown"
    if changes["time_zone"] and changes["time_zone"] not in available_timezones():
        errors["time_zone"] = "unknown"
    if errors:
        raise Invalid(**errors)
    row = tx.execute(select(customers).where(customers.c.id == who.customer_id)).one()
    changed = {name: value for name, value in changes.items() if value != getattr(row, name)}
    if changed:
        edit_customer(tx, who.customer_id, changed, source="customer")
        _log(tx, who, what="details", fields=sorted(changed))


def _one_line(text: str) -> str:
    return " ".join("".join(c for c in text if c.isprintable() or c.isspace()).split())[:200]


def confirm_address(tx: Tx, brand: PortalBrand, token: str) -> None:
    """The link that went to a new address was followed: it is verified, and the one to write to.

    Where another customer is known by it, the two become a pair that people decide on, and nothing
    else changes: whoever asked learns nothing of the other.
    """
    _, customer_id, email = use_link(tx, brand, token, ("email",))
    known_as = [Identity("email", email, verified=True)]
    owners = owners_of(tx, known_as)
    give_identities(tx, customer_id, known_as, owners, "customer")
    owned = owners.get(("email", email))
    if owned is not None and owned.customer_id != customer_id:
        return
    edit_customer(tx, customer_id, {"email": email}, source="customer")
    log_access(tx, None, customer_id, "changed", what="address", by="customer")


def drop_address(tx: Tx, who: PortalSession, email: str) -> None:
    """An address is no longer theirs: it opens nothing any more. Not the one they came in by."""
    if email == who.email:
        raise Conflict("signed_in_by_it")
    gone = tx.execute(
        delete(identities).where(
            identities.c.customer_id == who.customer_id,
            identities.c.kind == "email",
            identities.c.value == email,
        )
    ).rowcount
    if not gone:
        raise NotFound
    tx.execute(
        update(customers)
        .where(customers.c.id == who.customer_id, customers.c.email == email)
        .values(email=who.email)
    )
    forget_address(tx, who.customer_id, email)
    refresh_searchable(tx, who.customer_id)
    _log(tx, who, what="address")


def set_preferences(tx: Tx, who: PortalSession, wanted: Preferences) -> None:
    """How they want to be reached, and what they want to hear of."""
    errors = {}
    if wanted.channel not in PREFERRED:
        errors["channel"] = "unknown"
    for name, value in (("start", wanted.start), ("end", wanted.end)):
        if value and not _CLOCK.fullmatch(value):
            errors[name] = "not_a_time"
    if bool(wanted.start) != bool(wanted.end) or (wanted.start and wanted.start == wanted.end):
        errors.setdefault("end", "both_times")
    if wanted.language not in ("", *LOCALE_NAMES):
        errors["language"] = "unknown"
    if errors:
        raise Invalid(**errors)
    hours = {}
    if wanted.start:
        days = sorted({day for day in wanted.days if 0 <= day <= 6})
        hours = {"from": wanted.start, "to": wanted.end, "days": days}
    values = {
        "channel": wanted.channel, "hours": hours, "language": wanted.language,
        "topics": _words(wanted.topics)[:MOST_TOPICS], "personalised": wanted.personalised,
        "set_by": "customer", "changed_at": tx.now,
    }  # fmt: skip
    theirs = contact_preferences.c.customer_id == who.customer_id
    if not tx.execute(update(contact_preferences).where(theirs).values(values)).rowcount:
        tx.execute(insert(contact_preferences).values(customer_id=who.customer_id, **values))
    _log(tx, who, what="preferences")


def set_tags(tx: Tx, who: PortalSession, names: Sequence[str]) -> None:
    """What they are interested in, in their own words; what is not named goes."""
    wanted = _words(names)[:MOST_TAGS]
    theirs = (
        customer_tags.c.customer_id == who.customer_id,
        customer_tags.c.set_by == "customer",
    )
    known = set(tx.execute(select(customer_tags.c.name).where(*theirs)).scalars())
    if set(wanted) == known:
        return
    tx.execute(delete(customer_tags).where(*theirs, customer_tags.c.name.not_in(wanted)))
    for name in wanted:
        if name not in known:
            tx.execute(
                insert(customer_tags).values(
                    customer_id=who.customer_id, name=name, set_by="customer", at=tx.now
                )
            )
    _log(tx, who, what="interests")


def _words(given: Sequence[str]) -> list[str]:
    """Cleaned, each once, as they were first written."""
    found: dict[str, str] = {}
    for each in given:
        word = _one_line(each)[:LONGEST_TAG].strip()
        if word:
            found.setdefault(word.casefold(), word)
    return list(found.values())


def say_consent(
    tx: Tx, who: PortalSession, purpose: str, channel: str, status: str, text_id: int | None = None
) -> None:
    """They agree to a purpose of this brand, or withdraw: on one channel, or on all ("").

    Agreeing needs the words they have read; Conflict "new_words" where there are newer ones.
    """
    if channel not in ("", *CHANNELS) or status not in ("granted", "revoked"):
        raise NotFound
    if status == "granted":
        _require_current(tx, who, purpose, channel, text_id)
    elif not _is_known(tx, who, purpose):
        raise NotFound
    row_id = tx.execute(
        insert(consents)
        .values(
            customer_id=who.customer_id, brand_id=who.brand_id, purpose=purpose, channel=channel,
            status=status, text_id=text_id if status == "granted" else None, source="portal",
            at=tx.now,
        )
        .returning(consents.c.id)
    ).scalar_one()  # fmt: skip
    _log(tx, who, what=f"consent {row_id}", status=status)
    if status != "granted":
        stop_unwanted(tx, who.customer_id)


def withdraw_everything(tx: Tx, who: PortalSession) -> None:
    """Every purpose they have ever spoken on or been asked is withdrawn, on every channel."""
    spoken = select(consents.c.purpose).where(consents.c.customer_id == who.customer_id)
    asked = select(consent_texts.c.purpose)
    for purpose in sorted(set(tx.execute(spoken.union(asked)).scalars())):
        if _is_known(tx, who, purpose):
            say_consent(tx, who, purpose, "", "revoked")


def _require_current(
    tx: Tx, who: PortalSession, purpose: str, channel: str, text_id: int | None
) -> None:
    text = tx.execute(select(consent_texts).where(consent_texts.c.id == (text_id or 0))).first()
    if text is None or text.purpose != purpose or text.brand_id not in (None, who.brand_id):
        raise NotFound
    if text.channel not in ("", channel):
        raise NotFound
    newer = select(consent_texts.c.id).where(
        consent_texts.c.purpose == purpose,
        consent_texts.c.channel == text.channel,
        consent_texts.c.locale == text.locale,
        consent_texts.c.brand_id.is_not_distinct_from(text.brand_id),
        consent_texts.c.version > text.version,
    )
    if tx.execute(newer.limit(1)).first() is not None:
        raise Conflict("new_words")


def _is_known(tx: Tx, who: PortalSession, purpose: str) -> bool:
    """Whether the brand asks for this purpose, or they have spoken on it."""
    asked = select(consent_texts.c.id).where(
        consent_texts.c.purpose == purpose,
        consent_texts.c.brand_id.is_(None) | (consent_texts.c.brand_id == who.brand_id),
    )
    spoken = select(consents.c.id).where(
        consents.c.purpose == purpose,
        consents.c.customer_id == who.customer_id,
        consents.c.brand_id.is_(None) | (consents.c.brand_id == who.brand_id),
    )
    return tx.execute(asked.union_all(spoken).limit(1)).first() is not None


def _log(tx: Tx, who: PortalSession, *, what: str, **detail: Any) -> None:
    """Written down, and open cards of agents show it."""
    log_access(tx, None, who.customer_id, "changed", what=what, by="customer", **detail)
    tx.emit(CustomerChanged(who.customer_id))

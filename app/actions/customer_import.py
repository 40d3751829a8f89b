"""People from a file: each row makes a customer, joins one who is known, or is put aside with the
reasons. What becomes of a row and how far it has come are stored together, so that an import which
was interrupted goes on where it was."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, insert, select, update

from app.actions.attach import remember_file
from app.actions.customer import (
    PARTIES,
    find_or_create_customer,
    owners_of,
    refresh_searchable,
)
from app.actions.customer_field import COLUMNS, learn_field
from app.actions.identity import give_identities, lead_to
from app.actions.person_log import log_access
from app.actions.suppression import erased_at
from app.db import Conflict, Invalid, NotFound, Tx
from app.events import CustomerChanged, SetupChanged
from app.files import StoredFile
from app.models.customer import customers, identities
from app.models.party import customer_imports, rejected_rows
from app.queries.customer_imports import require_importer
from app.queries.duplicates import name_key
from app.security.audit import audit
from app.security.permissions import Actor
from channels.identity import normalise
from channels.values import Identity, IdentityKind

FIELDS = (
    "name", "first_name", "last_name", "email", "phone", "company", "role", "birthday",
    "language", "time_zone", "notes", "external_id", "card", "wechat", "user_id", "party",
)  # fmt: skip
_KINDS: dict[str, IdentityKind] = {
    "external_id": "external", "user_id": "user", "card": "card", "wechat": "wechat",
    "email": "email", "phone": "phone",
}  # fmt: skip
_SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_DAY = re.compile(r"(\d{4}|-)-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
_BARE_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,6})?")
_OWN = ("agent", "customer", "mail", "widget", "api", "form", "merge")  # no import may speak as


@dataclass(frozen=True, slots=True)
class Person:
    """A row as it was understood, or why it was not."""

    known_as: tuple[Identity, ...] = ()
    name: str = ""
    values: Mapping[str, str] | None = None
    reasons: tuple[str, ...] = ()


def keep_import(
    tx: Tx,
    actor: Actor,
    stored: StoredFile,
    kind: str,
    total: int,
    source: str,
    mapping: Mapping[str, str],
) -> int:
    """An uploaded file waits to be looked over; returns the import's id."""
    require_importer(actor)
    _check_source(source)
    import_id: int = tx.execute(
        insert(customer_imports)
        .values(
            kind=kind, file_id=remember_file(tx, stored), name=stored.name[:255], source=source,
            mapping=dict(mapping), total=total, agent_id=actor.agent_id, created_at=tx.now,
        )
        .returning(customer_imports.c.id)
    ).scalar_one()  # fmt: skip
    return import_id


def start_import(
    tx: Tx,
    actor: Actor,
    import_id: int,
    mapping: Mapping[str, str],
    *,
    source: str,
    region: str = "",
    verified: bool = False,
) -> None:
    """Go: a worker takes the rows in. Conflict "started" where somebody has said so already."""
    require_importer(actor)
    row = locked_import(tx, import_id)
    if row.state != "preview":
        raise Conflict("started")
    _check_source(source)
    named = [field for field in mapping.values() if field]
    if any(field not in FIELDS and not field.startswith("own:") for field in named):
        raise Invalid(mapping="unknown_field")
    if not set(named) & set(_KINDS):
        raise Invalid(mapping="no_identity")
    if len(named) != len(set(named)):
        raise Invalid(mapping="twice")
    kept = {column: field for column, field in mapping.items() if field}
    tx.execute(
        update(customer_imports)
        .where(customer_imports.c.id == import_id)
        .values(
            state="running", mapping={**kept, "": region}, source=source, verified=verified,
            started_at=tx.now,
        )
    )  # fmt: skip
    tx.emit(SetupChanged("import", import_id))
    audit(tx, actor, "customers.imported", f"import {import_id}", rows=row.total, source=source)


def _check_source(source: str) -> None:
    if not _SOURCE.fullmatch(source) or source in _OWN:
        raise Invalid(source="not_a_name")


def locked_import(tx: Tx, import_id: int) -> Row[Any]:
    """The import, under lock."""
    row = tx.execute(
        select(customer_imports).where(customer_imports.c.id == import_id).with_for_update()
    ).first()
    if row is None:
        raise NotFound
    return row


def fail_import(tx: Tx, import_id: int, error: str) -> None:
    """Its file cannot be read any more."""
    tx.execute(
        update(customer_imports)
        .where(customer_imports.c.id == import_id)
        .values(state="failed", error=error[:500], ended_at=tx.now)
    )


def import_rows(tx: Tx, import_id: int, position: int, rows: Sequence[Mapping[str, str]]) -> bool:
    """Take in the next rows, those after `position`; false where somebody else has done them, or
    the import does not run any more."""
    job = locked_import(tx, import_id)
    if job.state != "running" or job.position != position:
        return False
    counts = {"created": 0, "merged": 0, "rejected": 0}
    for number, raw in enumerate(rows, position + 1):
        person = understand(raw, job.mapping, job.source, verified=job.verified)
        reasons = list(person.reasons)
        if not reasons:
            outcome = _take_in(tx, job, person)
            if outcome in counts:
                counts[outcome] += 1
                continue
            reasons = [outcome]
        counts["rejected"] += 1
        tx.execute(
            insert(rejected_rows).values(
                import_id=import_id, number=number, raw=dict(raw), reasons=reasons
            )
        )
    done = position + len(rows)
    over = done >= job.total
    tx.execute(
        update(customer_imports)
        .where(customer_imports.c.id == import_id)
        .values(
            position=done,
            state="done" if over else "running",
            ended_at=tx.now if over else None,
            **{name: getattr(job, name) + many for name, many in counts.items()},
        )
    )
    return not over


def understand(
    raw: Mapping[str, str], mapping: Mapping[str, str], source: str, *, verified: bool = False
) -> Person:
    """What a row says. `mapping` is column -> field; under "" it has the region of numbers."""
    region = mapping.get("", "") or None
    said = {field: raw[column].strip() for column, field in mapping.items() if raw.get(column)}
    said = {field: text for field, text in said.items() if text}
    reasons: list[str] = []
    known_as: list[Identity] = []
    for field, kind in _KINDS.items():
        text = said.pop(field, "")
        if not text:
            continue
        own = f"{source}:{text}" if field == "external_id" and ":" not in text else text
        value = normalise(kind, own, region)
        if value is None:
            reasons.append(f"{field}_invalid")
        else:
            known_as.append(Identity(kind, value, verified))
    if not known_as and not reasons:
        reasons.append("nothing_to_know_them_by")
    name = said.pop("name", "") or " ".join(
        part for part in (said.get("first_name"), said.get("last_name")) if part
    )
    values = {field: text for field, text in said.items() if "_name" not in field}
    reasons += _odd(values)
    if len(name) > 200:
        reasons.append("name_too_long")
    return Person(tuple(known_as), " ".join(name.split()), values, tuple(reasons))


def _odd(values: dict[str, str]) -> list[str]:
    """What cannot be used of the further values; a day is put into its common form."""
    odd = []
    if birthday := values.get("birthday"):
        bare = _BARE_DAY.fullmatch(birthday)
        values["birthday"] = "-".join(bare.groups()) if bare else birthday.replace("/", "-")
        if not _DAY.fullmatch(values["birthday"]):
            odd.append("birthday_invalid")
    if (language := values.get("language")) and not _LANGUAGE.fullmatch(language):
        odd.append("language_invalid")
    if "party" in values and values["party"] not in PARTIES:
        odd.append("party_unknown")
    limits = {"company": 200, "time_zone": 60}
    odd += [f"{name}_too_long" for name, most in limits.items() if len(values.get(name, "")) > most]
    return odd


def _take_in(tx: Tx, job: Row[Any], person: Person) -> str:
    values = dict(person.values or {})
    phone = _number_of_a_namesake(tx, person)
    if phone is not None and len(person.known_as) == 1:
        return "phone_of_somebody_else"
    known_as = [one for one in person.known_as if one is not phone]
    if erased_at(tx, known_as) is not None and not owners_of(tx, known_as):
        return "was_erased"  # at their own wish: a list does not bring them back
    owners = owners_of(tx, known_as)
    created = lead_to(tx, known_as, owners) is None
    language = values.get("language", "")
    customer_id = find_or_create_customer(tx, known_as, person.name, language, source=job.source)
    if phone is not None:  # theirs to be called, somebody else's to be known by
        give_identities(tx, customer_id, [phone], owners_of(tx, [phone]), job.source)
        values["phone"] = phone.value
    if created:
        _fill(tx, customer_id, values)
        return "created"
    if person.name:
        values["name"] = person.name
    for name, text in values.items():
        if name not in ("notes", "party"):
            own = name.removeprefix("own:")
            learn_field(tx, customer_id, own, text, job.source, verified=job.verified)
    refresh_searchable(tx, customer_id)
    log_access(tx, None, customer_id, "changed", what=f"import {job.id}")
    tx.emit(CustomerChanged(customer_id))
    return "merged"


def _fill(tx: Tx, customer_id: int, values: Mapping[str, str]) -> None:
    """Everything a row says of somebody new; where it is from stands in their `source`."""
    columns: dict[str, Any] = {
        name: text for name, text in values.items() if name in COLUMNS or name in ("notes", "party")
    }
    own = {name.removeprefix("own:"): text for name, text in values.items() if name not in columns}
    if own:
        columns["fields"] = own
    if columns:
        tx.execute(update(customers).where(customers.c.id == customer_id).values(**columns))
    if "company" in columns:
        refresh_searchable(tx, customer_id)


def _number_of_a_namesake(tx: Tx, person: Person) -> Identity | None:
    """A number alone does not make two people with different names one: a family's, an office's."""
    phone = next((one for one in person.known_as if one.kind == "phone"), None)
    if phone is None or not person.name:
        return None
    name = tx.execute(
        select(customers.c.name)
        .join(identities, identities.c.customer_id == customers.c.id)
        .where(identities.c.kind == "phone", identities.c.value == phone.value)
    ).scalar()
    return phone if name and name_key(name) != name_key(person.name) else None

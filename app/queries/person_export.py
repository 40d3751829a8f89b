"""Everything that is kept of a person, by the foreign keys of the schema: a table that is new
tomorrow is in it, unless it is named here with a reason."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, or_, select

from app.models import metadata
from app.models.contact import contacts
from app.models.conversation import attachments, conversations, files, messages
from app.models.customer import customers, identities
from app.models.organisation import brands, inboxes
from app.models.party import access_log
from app.queries.aliases import aliases_of, master_of

# What is left out, and why.
INTERNAL = {
    "reads": "how far agents have read",
    "drafts": "what agents have not said yet",
    "offers": "whom work was offered to: data of agents",
    "watches": "data of agents",
    "consults": "data of agents",
    "presence": "data of agents",
    "sla_clocks": "times of the house",
    "contact_moves": "ways between the queues of the house",
    "outbox": "messages once more, on their way",
    "raw_mails": "messages once more, as they came",
    "inbound_keys": "how repetitions are known",
    "identity_holders": "names others",
    "duplicate_pairs": "names others",
    "training_examples": "texts of messages once more",
    "unanswered_questions": "without personal data",
    "article_uses": "how articles are used",
    "mail_addresses": "whether an address works",
    "legal_holds": "why the house must keep it",
}
SECRET = frozenset({"hash", "csrf", "searchable", "file_id"})


@dataclass(frozen=True, slots=True)
class PersonFile:
    """A file to go along: where its bytes lie and its name in the export."""

    hash: str
    name: str


@dataclass(frozen=True, slots=True)
class PersonData:
    """Rows by table, and the files that came with messages."""

    customer_id: int
    tables: dict[str, list[dict[str, Any]]]
    files: tuple[PersonFile, ...]


def person_data(conn: Connection, customer_id: int, brand_id: int | None = None) -> PersonData:
    """Everything that is kept of a customer, under all ids they have had; with `brand_id` nothing
    that is of another brand."""
    master = master_of(conn, customer_id)
    ids = aliases_of(conn, master)
    tables = {}
    for table in metadata.sorted_tables:
        condition = theirs(table, ids)
        if condition is None or table.name in INTERNAL:
            continue
        if brand_id is not None:
            condition = and_(condition, *of_brand(table, brand_id))
        shown = [column for column in table.columns if column.name not in SECRET]
        rows = conn.execute(select(*shown).where(condition).order_by(*table.primary_key.columns))
        tables[table.name] = [dict(row._mapping) for row in rows]
    looked = select(access_log).where(access_log.c.customer_id.in_(ids)).order_by(access_log.c.id)
    tables["access_log"] = [
        {name: row[name] for name in ("at", "actor", "agent_id", "action")}
        for row in conn.execute(looked).mappings()
    ]
    return PersonData(master, tables, _files(conn, ids, brand_id))


def of_brand(table: Table, brand_id: int) -> list[ColumnElement[bool]]:
    """The conditions on rows of a table that are of no other brand: they say so themselves, or by
    the conversation, the inbox or the site's account they belong to."""
    if table is identities:
        own = select(brands.c.slug + ":").where(brands.c.id == brand_id).scalar_subquery()
        of_site = identities.c.value.contains(":") & (identities.c.kind == "user")
        return [or_(~of_site, identities.c.value.startswith(own))]
    talks = select(conversations.c.id).where(conversations.c.brand_id == brand_id)
    scopes: dict[Table, Any] = {
        brands: [brand_id],
        conversations: talks,
        inboxes: select(inboxes.c.id).where(inboxes.c.brand_id == brand_id),
        contacts: select(contacts.c.id).where(contacts.c.conversation_id.in_(talks)),
        messages: select(messages.c.id).where(messages.c.conversation_id.in_(talks)),
    }
    return [
        or_(column.is_(None), column.in_(scopes[key.column.table]))
        for column in table.columns
        for key in column.foreign_keys
        if key.column.table in scopes
    ]


def theirs(table: Table, ids: list[int]) -> ColumnElement[bool] | None:
    """The condition on rows of a table that belong to these customers by a foreign key; None for a
    table that is of nobody."""
    if table is customers:
        return customers.c.id.in_(ids)
    talks = select(conversations.c.id).where(conversations.c.customer_id.in_(ids))
    words = select(messages.c.id).where(
        or_(messages.c.conversation_id.in_(talks), messages.c.customer_id.in_(ids))
    )
    owners: dict[Table, Any] = {
        customers: ids,
        conversations: talks,
        contacts: select(contacts.c.id).where(contacts.c.conversation_id.in_(talks)),
        messages: words,
    }
    found = [
        column.in_(owners[key.column.table])
        for column in table.columns
        for key in column.foreign_keys
        if key.column.table in owners
    ]
    return or_(*found) if found else None


def _files(conn: Connection, ids: list[int], brand_id: int | None) -> tuple[PersonFile, ...]:
    of_messages = theirs(attachments, ids)
    assert of_messages is not None
    if brand_id is not None:
        of_messages = and_(of_messages, *of_brand(attachments, brand_id))
    rows = conn.execute(
        select(attachments.c.id, attachments.c.name, files.c.hash)
        .join(files, files.c.id == attachments.c.file_id)
        .where(of_messages)
        .order_by(attachments.c.id)
    )
    return tuple(PersonFile(row.hash, f"{row.id}-{row.name}") for row in rows)

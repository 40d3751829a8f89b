"""What becomes of each table's rows when a customer is erased: removed, or kept without a word in
them, so that counts stay as they were. Every table is named here; a test compares with the
schema."""

from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, Table, delete, literal, null, or_, select, update
from sqlalchemy import String as Text
from sqlalchemy import cast as sql_cast

from app.db import Tx
from app.models.activity import activities, order_returns, orders
from app.models.consent import (
    contact_preferences,
    legal_holds,
    portal_sessions,
    rights_requests,
)
from app.models.contact import contacts, offers
from app.models.conversation import (
    attachments,
    conversations,
    drafts,
    inbound_keys,
    messages,
    participants,
    recipients,
)
from app.models.customer import customers, identities, visitor_sessions
from app.models.party import (
    customer_merges,
    customer_tags,
    duplicate_pairs,
    field_values,
    identity_holders,
    memberships,
)
from app.models.promise import customer_facts, promises, tasks
from app.models.question import (
    contact_classes,
    deflections,
    training_examples,
    unanswered_questions,
)
from app.models.work import outbox, raw_mails

Whose = Literal["customer", "conversation", "message", "contact"]


@dataclass(frozen=True, slots=True)
class Fate:
    """Rows of a table that belong to a person by `column`; `blank` is what their columns become,
    none: the rows go. `numbered` columns must stay unique: they become "erased-" and the id."""

    table: Table
    whose: Whose
    column: str
    blank: dict[str, Any] | None = None
    numbered: tuple[str, ...] = field(default=())


_NOTHING: dict[str, Any] = {}
# In this order: what others name comes after them.
FATES = (
    Fate(identity_holders, "customer", "customer_id"),
    Fate(field_values, "customer", "customer_id"),
    Fate(memberships, "customer", "customer_id"),
    Fate(memberships, "customer", "organisation_id"),
    Fate(customer_tags, "customer", "customer_id"),
    Fate(duplicate_pairs, "customer", "a_id"),
    Fate(duplicate_pairs, "customer", "b_id"),
    Fate(contact_preferences, "customer", "customer_id"),
    Fate(portal_sessions, "customer", "customer_id"),
    Fate(visitor_sessions, "customer", "customer_id"),
    Fate(customer_facts, "customer", "customer_id"),
    Fate(identities, "customer", "customer_id"),
    Fate(customer_merges, "customer", "winner_id", {"moved": _NOTHING, "reason": ""}),
    Fate(customer_merges, "customer", "loser_id", {"moved": _NOTHING, "reason": ""}),
    Fate(legal_holds, "customer", "customer_id", {"reason": ""}),
    Fate(rights_requests, "customer", "customer_id", {"details": _NOTHING, "file_id": None}),
    Fate(promises, "customer", "customer_id", {"text": ""}),
    Fate(tasks, "customer", "customer_id", {"text": ""}),
    Fate(
        activities, "customer", "customer_id",
        {"title": "", "url": "", "payload": _NOTHING, "visitor": ""}, ("key",),
    ),
    Fate(
        orders, "customer", "customer_id",
        {"number": "", "lines": [], "details": _NOTHING, "url": ""}, ("external_id",),
    ),
    Fate(order_returns, "customer", "customer_id", {"reason": "", "lines": []}, ("external_id",)),
    Fate(inbound_keys, "conversation", "conversation_id"),
    Fate(participants, "conversation", "conversation_id"),
    Fate(drafts, "conversation", "conversation_id"),
    Fate(unanswered_questions, "conversation", "conversation_id"),
    Fate(training_examples, "conversation", "conversation_id"),
    Fate(deflections, "conversation", "conversation_id", {"query": "", "visitor": ""}),
    Fate(contact_classes, "conversation", "conversation_id", {"evidence": _NOTHING}),
    Fate(contacts, "conversation", "conversation_id", {"wrap_up_note": "", "callback": null()}),
    Fate(offers, "contact", "contact_id", {"reason": ""}),
    Fate(outbox, "message", "message_id"),
    Fate(attachments, "message", "message_id"),
    Fate(recipients, "message", "message_id", {"reason": ""}, ("email",)),
    Fate(
        raw_mails, "message", "message_id",
        {"mail_from": "", "rcpt_to": [], "error": "", "state": "erased", "message_id": None},
    ),
    Fate(
        messages, "message", "id",
        {
            "text": "", "full_text": None, "html": None, "subject": "", "state_reason": "",
            "email_id": None, "details": _NOTHING, "searchable": "",
        },
    ),
    Fate(conversations, "conversation", "id", {"subject": "", "preview": ""}),
    Fate(
        customers, "customer", "id",
        {
            "name": "", "email": "", "phone": "", "time_zone": "", "company": "", "notes": "",
            "fields": _NOTHING, "searchable": "", "birthday": "",
        },
    ),
)  # fmt: skip
# By address, of whomever: see `erase_customer`.
BY_ADDRESS = frozenset({"mail_addresses", "automatic_mails", "blocked_senders"})
# By what stands in them, because nothing else says whose they are.
BY_WORDS = frozenset({"idempotency_keys", "rejected_rows", "model_calls", "scenarios"})
# Ids, codes and numbers, or the house's own words.
UNTOUCHED = frozenset({
    "access_log", "agent_brands", "agent_intervals", "agent_queues", "agent_skills", "agents",
    "alert_calls", "alert_rules", "alerts", "api_keys", "article_drafts",
    "article_feedback", "article_files", "article_imports", "article_redirects", "article_reviews",
    "article_texts", "article_uses", "article_versions", "articles",
    "audit", "brands", "broadcasts", "business_hours", "calendar_feeds", "categories",
    "consent_texts", "consents", "consults", "contact_moves", "conversation_tags",
    "customer_imports", "dispositions", "files",
    "inboxes", "installation", "invitations", "journal", "leases", "macros", "mail_logins",
    "password_resets", "pause_reasons",
    "presence", "presence_spans", "queue_intervals", "queue_rules", "queue_skills", "queues",
    "reads", "retention_rules", "retention_runs", "routing_log", "screens", "sends", "sessions",
    "skills", "sla_clocks", "suppressed_identities", "synonyms", "tags", "team_members",
    "teams", "topics", "watches",
})  # fmt: skip
# Of a line of history stays who did what; never what somebody typed.
LINE_KEEPS = frozenset({
    "agent", "agent_id", "queue", "queue_id", "conversation", "count", "tries", "of", "why",
    "outcome", "priority", "until", "inbox", "message_id",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Owners:
    """Whose rows are meant: customers by id, and conversations with what hangs on them."""

    customers: list[int]
    conversations: Select[Any] | list[int]
    messages: Select[Any]

    def of(self, whose: Whose) -> Select[Any] | list[int]:
        """The ids a column of this kind names."""
        if whose == "contact":
            there = contacts.c.conversation_id.in_(self.conversations)
            return select(contacts.c.id).where(there)
        return {
            "customer": self.customers,
            "conversation": self.conversations,
            "message": self.messages,
        }[whose]


def owned_by(ids: list[int]) -> Owners:
    """Everything of these customers."""
    return Owners(ids, conversations_of(ids), messages_of(ids))


def blank_rows(tx: Tx, fate: Fate, owners: Owners, keep: tuple[str, ...] = ()) -> None:
    """Let a table's rows of these owners meet their fate; columns in `keep` stay as they are."""
    column = fate.table.c[fate.column]
    theirs: ColumnElement[bool] = column.in_(owners.of(fate.whose))
    if fate.blank is None:
        tx.execute(delete(fate.table).where(theirs))
        return
    values = {name: value for name, value in fate.blank.items() if name not in keep}
    for name in fate.numbered:
        values[name] = literal("erased-") + sql_cast(fate.table.c.id, Text)
    if fate.table is messages:  # a line of history is a code
        theirs = theirs & (messages.c.kind != "system")
    tx.execute(update(fate.table).where(theirs).values(values))


def conversations_of(ids: list[int]) -> Select[Any]:
    """The conversations of these customers."""
    return select(conversations.c.id).where(conversations.c.customer_id.in_(ids))


def messages_of(ids: list[int]) -> Select[Any]:
    """What was said in their conversations, and by them in others'."""
    return select(messages.c.id).where(
        or_(messages.c.conversation_id.in_(conversations_of(ids)), messages.c.customer_id.in_(ids))
    )


def blank_lines(tx: Tx, owners: Owners) -> None:
    """Take what people typed out of the lines of history."""
    lines = select(messages.c.id, messages.c.details).where(
        messages.c.kind == "system", messages.c.conversation_id.in_(owners.conversations)
    )
    for row in tx.execute(lines).all():
        kept = {
            name: value
            for name, value in row.details.items()
            if name in LINE_KEEPS and isinstance(value, (int, str))
        }
        if kept != row.details:
            tx.execute(update(messages).where(messages.c.id == row.id).values(details=kept))

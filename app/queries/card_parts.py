"""The small parts of a customer's card in one statement: each is a bounded branch of a union."""

from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    String,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)

from app.models.activity import activities, order_returns, orders, sends
from app.models.consent import consents
from app.models.conversation import attachments, conversations, files, messages
from app.models.customer import customers, identities, visitor_sessions
from app.models.knowledge import article_texts
from app.models.organisation import inboxes, macros
from app.models.party import customer_tags, duplicate_pairs, field_values
from app.models.promise import customer_facts, promises
from app.queries.activity import of_brands
from app.queries.customers import known_customers
from app.queries.sends import FIRST, NOT_SENT
from app.security.permissions import Actor, visible_conversations

DAY_MS = 24 * 3_600_000
PAGE_MS = 30 * 60_000  # a page that was looked at earlier is not being looked at
EACH = 20  # of promises, notes, doubts and sends
CONSENTS = 60

Part = Select[Any]
WHO = bindparam("customer_id", type_=BigInteger)
NOW = bindparam("now", type_=BigInteger)


@lru_cache(maxsize=256)
def parts_of(actor: Actor) -> Any:
    """Rows (part, id, text, extra, state, number, at, as_of, conversation_id), asked with
    `customer_id` and `now`; put together once for each actor. `number` is whether an identity is
    proved, whether a note is stale, the brand of a consent, or a sum of money."""
    return union_all(
        *(
            select(branch.subquery())
            for branch in (
                _identities(),
                _pairs(actor),
                _doubts(),
                _promises(actor),
                _notes(actor),
                _interests(),
                _consents(actor),
                _sends(actor),
                _page(actor),
                _device(actor),
                _order(actor),
                _return(actor),
            )
        )
    )


def of_theirs(actor: Actor, table: Any) -> list[ColumnElement[bool]]:
    """The condition on what hangs on a brand or a conversation, or on neither: the actor may see
    that brand and that conversation."""
    conditions: list[ColumnElement[bool]] = [table.c.customer_id == WHO]
    if actor.brands is not None:
        of_none = table.c.brand_id.is_(None)
        conditions.append(or_(of_none, table.c.brand_id.in_(sorted(actor.brands))))
    if "conversation_id" in table.c and (actor.brands is not None or actor.hidden_queues):
        seen = select(conversations.c.id).where(
            conversations.c.customer_id == WHO, visible_conversations(actor)
        )
        conditions.append(or_(table.c.conversation_id.is_(None), table.c.conversation_id.in_(seen)))
    return conditions


def _part(part: Any, id: Any, text: Any, at: Any, as_of: Any, **more: Any) -> Part:
    number = more.get("number")
    return select(
        (literal(part) if isinstance(part, str) else part).label("part"),
        id.label("id"),
        text.label("text"),
        more.get("extra", literal("")).label("extra"),
        more.get("state", literal("")).label("state"),
        cast(0 if number is None else number, BigInteger).label("number"),
        at.label("at"),
        as_of.label("as_of"),
        cast(more.get("talk", null()), BigInteger).label("conversation_id"),
    )


def _identities() -> Part:
    of = identities.c
    proved = case((of.verified, 1), else_=0)
    return (
        _part("identity", of.id, of.kind, of.created_at, of.created_at, number=proved)
        .where(of.customer_id == WHO, of.kind != "visitor", ~of.shared)
        .order_by(of.id)
        .limit(EACH)
    )


def _pairs(actor: Actor) -> Part:
    of = duplicate_pairs.c
    other = customers.c.id == case((of.a_id == WHO, of.b_id), else_=of.a_id)
    name = case((customers.c.name != "", customers.c.name), else_=customers.c.email)
    return (
        _part("pair", customers.c.id, name, of.found_at, of.found_at)
        .join(duplicate_pairs, other)
        .where(
            or_(of.a_id == WHO, of.b_id == WHO),
            of.state == "open",
            known_customers(actor),
        )
        .order_by(of.score.desc(), of.id)
        .limit(3)
    )


def _doubts() -> Part:
    of = field_values.c
    return (
        _part("doubt", of.id, of.field, of.at, of.at, extra=cast(of.source, String))
        .where(of.customer_id == WHO, of.state == "conflict")
        .order_by(of.id.desc())
        .limit(3)
    )


def _promises(actor: Actor) -> Part:
    of = promises.c
    part = case((of.due_at < NOW, "promise_overdue"), else_="promise_open")
    return (
        _part(part, of.id, of.text, of.due_at, of.created_at, talk=of.conversation_id)
        .where(*of_theirs(actor, promises), of.state == "open")
        .order_by(of.due_at, of.id)
        .limit(EACH)
    )


def _notes(actor: Actor) -> Part:
    of = customer_facts.c
    stale = case((of.stale_at <= NOW, 1), else_=0)
    note = _part(
        "note", of.id, of.text, of.at, of.at, extra=of.kind, number=stale, talk=of.conversation_id
    )
    return (
        note.where(*of_theirs(actor, customer_facts), of.ended_at.is_(None))
        .order_by(of.at.desc(), of.id.desc())
        .limit(EACH)
    )


def _interests() -> Part:
    """What customers have named on their own pages."""
    of = customer_tags.c
    return (
        _part("interest", of.id, of.name, of.at, of.at)
        .where(of.customer_id == WHO, of.set_by == "customer")
        .order_by(of.id)
        .limit(EACH)
    )


def _consents(actor: Actor) -> Part:
    of = consents.c
    state = case((of.expires_at <= NOW, "expired"), else_=of.status)
    part = _part(
        "consent", of.id, of.purpose, of.at, of.at,
        extra=of.channel, state=state, number=func.coalesce(of.brand_id, 0),
    )  # fmt: skip
    theirs = of_theirs(actor, consents)
    return part.where(*theirs).order_by(of.at.desc(), of.id.desc()).limit(CONSENTS)


def _sends(actor: Actor) -> Part:
    of = sends.c
    lost = exists().where(messages.c.id == of.message_id, messages.c.state.in_(NOT_SENT))
    return (
        _part("sent", of.id, _material(), of.at, of.at, talk=of.conversation_id)
        .where(*of_theirs(actor, sends), of.at > NOW - 30 * DAY_MS, of.at <= NOW)
        .where(of.material != FIRST, ~lost)
        .order_by(of.at.desc(), of.id.desc())
        .limit(EACH)
    )


def _material() -> ColumnElement[str]:
    """The name of what was sent."""
    of = sends.c.material
    title = (
        select(article_texts.c.title)
        .where(article_texts.c.article_id == cast(func.substr(of, 9), BigInteger))
        .order_by(article_texts.c.id)
        .limit(1)
    )
    macro = select(macros.c.name).where(macros.c.id == cast(func.substr(of, 7), BigInteger))
    file = (
        select(attachments.c.name)
        .join(files, files.c.id == attachments.c.file_id)
        .where(attachments.c.message_id == sends.c.message_id, files.c.hash == func.substr(of, 6))
        .limit(1)
    )
    name = case(
        (of.like("article:%"), title.correlate(sends).scalar_subquery()),
        (of.like("macro:%"), macro.correlate(sends).scalar_subquery()),
        (of.like("file:%"), file.correlate(sends).scalar_subquery()),
    )
    return func.coalesce(name, of)


def _page(actor: Actor) -> Part:
    of = visitor_sessions.c
    title = case((of.page_title != "", of.page_title), else_=of.page_url)
    return (
        _part("page", of.id, title, of.seen_at, of.seen_at, extra=of.page_url)
        .join(inboxes, inboxes.c.id == of.inbox_id)
        .where(
            of.customer_id == WHO,
            of.page_url != "",
            of.seen_at > NOW - PAGE_MS,
            *of_brands(actor, inboxes),
        )
        .order_by(of.seen_at.desc(), of.id.desc())
        .limit(1)
    )


def _device(actor: Actor) -> Part:
    of = activities.c
    return (
        _part("device_alert", of.id, of.title, of.at, of.received_at)
        .where(
            of.customer_id == WHO,
            of.at > NOW - 7 * DAY_MS,
            of.kind == "device_signal",
            *of_brands(actor, activities),
        )
        .order_by(of.at.desc(), of.id.desc())
        .limit(1)
    )


def _order(actor: Actor) -> Part:
    of = orders.c
    name = case((of.number != "", of.number), else_=of.external_id)
    order = _part(
        "order", of.id, name, of.placed_at, of.as_of,
        extra=of.currency, state=of.status, number=of.total,
    )  # fmt: skip
    theirs = (of.customer_id == WHO, *of_brands(actor, orders))
    return order.where(*theirs).order_by(of.placed_at.desc(), of.id.desc()).limit(1)


def _return(actor: Actor) -> Part:
    of = order_returns.c
    back = _part(
        "return", of.id, of.external_id, of.at, of.as_of,
        extra=of.currency, state=of.status, number=of.amount,
    )  # fmt: skip
    return (
        back.where(
            of.customer_id == WHO,
            of.at > NOW - 60 * DAY_MS,
            *of_brands(actor, order_returns),
        )
        .order_by(of.at.desc(), of.id.desc())
        .limit(1)
    )

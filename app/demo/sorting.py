"""What the demo's contacts are about: its topics, and the past sorted by their words."""

from sqlalchemy import func, insert, select

from app.actions.classify_contact import classify_contact
from app.db import Tx
from app.demo.company import content
from app.models.answering import topics
from app.models.conversation import conversations, messages


def make_topics(tx: Tx) -> None:
    """The topics of the shop, with the words that they are known by at first."""
    rows = [{**topic, "created_at": tx.now} for topic in content("topics")["topic"]]
    tx.execute(insert(topics), rows)


def sort_past(tx: Tx) -> None:
    """Sort what was written in bulk as it would have been sorted when it came."""
    first = (
        select(messages.c.conversation_id, func.min(messages.c.seq).label("seq"))
        .where(messages.c.kind == "inbound")
        .group_by(messages.c.conversation_id)
        .subquery()
    )
    rows = tx.execute(
        select(conversations, messages.c.text.label("came_with"))
        .join(first, first.c.conversation_id == conversations.c.id)
        .join(
            messages,
            (messages.c.conversation_id == conversations.c.id) & (messages.c.seq == first.c.seq),
        )
    ).all()
    for row in rows:
        classify_contact(Tx(tx.conn, row.created_at), row, row.came_with)

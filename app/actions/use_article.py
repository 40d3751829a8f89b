"""An agent answers with an article: counted, so that its author sees that it is of use."""

from sqlalchemy import select

from app.actions.conversation import lock_conversation
from app.actions.rows import add_row
from app.db import Invalid, NotFound, Tx
from app.models.knowledge import articles
from app.models.question import article_uses
from app.security.permissions import Actor

WAYS = ("inserted", "linked")


def use_article(tx: Tx, actor: Actor, conversation_id: int, article_id: int, how: str) -> None:
    """Count that the text or the link of an article was put into a reply: once a conversation,
    agent, article and way."""
    if how not in WAYS:
        raise Invalid(how="unknown")
    conversation = lock_conversation(tx, conversation_id, actor)
    brand_id = tx.execute(select(articles.c.brand_id).where(articles.c.id == article_id)).scalar()
    if brand_id != conversation.brand_id:
        raise NotFound
    used = {
        "conversation_id": conversation_id,
        "article_id": article_id,
        "agent_id": actor.agent_id,
        "how": how,
    }
    known = select(article_uses.c.id).where(
        *(article_uses.c[name] == value for name, value in used.items())
    )
    if tx.execute(known).first() is None:
        add_row(tx, article_uses, created_at=tx.now, **used)

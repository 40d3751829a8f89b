"""A conversation that was answered becomes the draft of an article, for agents only at first."""

from sqlalchemy import select, update

from app.actions.article import ArticleDetails, ArticleDraft, ArticleText, save_article
from app.db import Conflict, Tx
from app.models.knowledge import articles
from app.queries.article_source import article_from_conversation
from app.security.permissions import Actor


def write_from_conversation(tx: Tx, actor: Actor, conversation_id: int) -> int:
    """Write the draft; returns the article's id, the same one when it was asked for before.

    NotFound for a conversation the actor does not see, Conflict("no_answer") where nobody answered.
    """
    told = article_from_conversation(tx.conn, actor, conversation_id)
    if told is None:
        raise Conflict("no_answer")
    known = tx.execute(
        select(articles.c.id).where(
            articles.c.conversation_id == conversation_id, articles.c.status == "draft"
        )
    ).scalar()
    if known is not None:
        return int(known)
    draft = ArticleDraft(
        {told.locale: ArticleText(told.title, told.body, told.alternatives)},
        visibility="internal",
        details=ArticleDetails(owner_id=actor.agent_id),
    )
    article_id = save_article(tx, actor, told.brand_id, draft)
    tx.execute(
        update(articles).where(articles.c.id == article_id).values(conversation_id=conversation_id)
    )
    return article_id

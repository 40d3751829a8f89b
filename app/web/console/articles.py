"""Articles beside a conversation: found by the agent's words, put into the reply."""

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Query
from fastapi.responses import Response
from sqlalchemy import Connection, select

from app.models.knowledge import articles
from app.models.organisation import brands
from app.queries.articles import authored_article
from app.queries.thread import Head, thread_head
from app.queries.tried_articles import Tried, tried_articles
from app.security.permissions import Actor
from app.settings import Settings
from app.web.console.refusals import ConsoleRoute
from app.web.request import Run, SignedIn, html
from knowledge.as_message import as_message
from knowledge.values import Hit

router = APIRouter(route_class=ConsoleRoute)
FOUND = 5
READABLE = ("public", "customer", "internal")  # what agents may read
FOR_CUSTOMERS = ("public", "customer")  # what may go into a reply


@dataclass(frozen=True, slots=True)
class Found:
    """An article that fits. `text` is what may be sent, empty for internal ones; `url` is its
    public address, empty where it has none; `tried` says what the customer made of it before."""

    id: int
    title: str
    snippet: tuple[tuple[str, bool], ...]
    text: str
    url: str
    tried: Tried | None = None


@router.get("/inbox/{conversation_id}/articles")
async def find(
    runtime: Run, session: SignedIn, conversation_id: int, q: str = Query("", max_length=300)
) -> Response:
    """The articles of the conversation's brand that answer, in the customer's language first."""
    head = await runtime.db.query(thread_head, session.actor, conversation_id)
    hits: list[Hit] = []
    if q.strip():
        hits = await runtime.knowledge.search(
            q,
            brand=head.brand_id,
            locale=head.language or session.actor.locale,
            visibilities=READABLE,
            limit=FOUND,
        )
    found = await runtime.db.query(found_articles, session.actor, head, hits, runtime.settings)
    page: dict[str, Any] = {"head": head, "hits": found, "q": q.strip()}
    return html(runtime.pages.render("console/_articles.html", session.actor.locale, **page))


def found_articles(
    conn: Connection, actor: Actor, head: Head, hits: list[Hit], settings: Settings
) -> list[Found]:
    """The articles of these hits that the actor may read, as they are now, to be put into a reply;
    those that did not help the customer last."""
    tried = tried_articles(conn, head.id)
    signs, base_url = head.channel != "chat", settings.base_url
    brand_slugs = conn.execute(
        select(articles.c.id, brands.c.slug)
        .join(brands, brands.c.id == articles.c.brand_id)
        .where(articles.c.id.in_([hit.article_id for hit in hits]))
    ).all()
    slugs = {row.id: row.slug for row in brand_slugs}
    found = []
    for hit in hits:
        page = authored_article(conn, actor, hit.article_id, hit.locale)
        if page is None:
            continue
        public = page.visibility == "public"
        url = f"{base_url}/help/{slugs[page.id]}/{page.locale}/{page.slug}" if public else ""
        may_be_sent = page.visibility in FOR_CUSTOMERS
        text = as_message(page.body, signs=signs, base_url=base_url) if may_be_sent else ""
        found.append(Found(page.id, hit.title, hit.snippet, text, url, tried.get(page.id)))
    return sorted(found, key=lambda it: it.tried == "declined")

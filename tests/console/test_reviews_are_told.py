"""Whoever may publish is told that an article waits: in the navigation, above the page, by mail."""

import pytest
from sqlalchemy import select, update

from app.actions.account import set_preferences
from app.actions.article import ArticleDraft, ArticleText, save_article
from app.actions.article_publish import publish_article
from app.models.agent import agents
from app.models.knowledge import article_reviews
from app.models.work import outbox
from tests.desk import Desk

pytestmark = pytest.mark.engine


async def test_a_review_is_told_to_those_who_may_decide_it_until_it_is_decided(
    desk: Desk, browser_of, machine
) -> None:  # type: ignore[no-untyped-def]
    db = desk.runtime.db
    await db.write(
        lambda tx: tx.execute(
            update(agents).where(agents.c.id == desk.agents["ana"]).values(publishes=False)
        )
    )
    ana, sam = await desk.actor("ana"), await desk.actor("sam")
    await db.write(set_preferences, sam, {"mail_reviews": "always"})
    draft = ArticleDraft({"en": ArticleText("Where is customs?", "At the port.")})
    article_id = await db.write(save_article, ana, desk.brand, draft)
    asked = await (await machine("ana")).post(f"/articles/{article_id}/review", json={})
    assert asked.status_code == 200, asked.text

    told = (await (await browser_of("sam")).get("/notices")).text
    assert "Ana asks you to read an article" in told
    assert "1 article waits for review" in told
    ben = (await (await browser_of("ben")).get("/notices")).text  # may publish, is no supervisor
    assert ("1 article waits" in ben, "asks you to read" in ben) == (True, False)
    assert "waits for review" not in (await (await browser_of("ana")).get("/notices")).text
    async with db.read() as conn:
        mails = (await conn.execute(select(outbox.c.payload))).scalars().all()
        queued = (await conn.execute(select(outbox.c.created_at))).scalars().all()
        reviews = (await conn.execute(select(article_reviews.c.asked_at))).scalars().all()
    assert queued == reviews  # in the same write
    assert [mail["to"] for mail in mails] == [(await _email(desk, "sam"))]
    assert "Where is customs?" in mails[0]["subject"]
    assert f"/knowledge/{article_id}" in mails[0]["text"]

    await db.write(publish_article, sam, article_id)
    assert "waits for review" not in (await (await browser_of("sam")).get("/notices")).text


async def _email(desk: Desk, name: str) -> str:
    async with desk.runtime.db.read() as conn:
        wanted = select(agents.c.email).where(agents.c.id == desk.agents[name])
        return str((await conn.execute(wanted)).scalar_one())

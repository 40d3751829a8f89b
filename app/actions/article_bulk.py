"""One thing done to several articles."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import select, update

from app.actions.article import VISIBILITIES, changed, own_article
from app.actions.article_publish import archive_article, publish_article, withdraw_article
from app.db import Invalid, Tx
from app.models.agent import agents
from app.models.knowledge import articles
from app.security.permissions import Actor


def change_articles(
    tx: Tx,
    actor: Actor,
    ids: Sequence[int],
    what: str,
    *,
    owner: str = "",
    check_by: str = "",
) -> None:
    """Publish, withdraw or archive articles, say who may read them ("visibility:internal"), give
    them to an owner (an agent's id, "" for nobody) or a day to be read again by ("" for none).

    Raises what the single actions raise; Invalid(what|owner|check_by="unknown").
    """
    kind, _, value = what.partition(":")
    steps = {"publish": publish_article, "withdraw": withdraw_article, "archive": archive_article}
    for article_id in ids:
        if kind in steps:
            steps[kind](tx, actor, article_id)
            continue
        own_article(tx, actor, article_id)
        if kind == "visibility" and value in VISIBILITIES:
            values: dict[str, object] = {"visibility": value}
        elif kind == "owner":
            values = {"owner_id": _owner(tx, owner)}
        elif kind == "check_by":
            values = {"check_by": day_at(check_by)}
        else:
            raise Invalid(what="unknown")
        tx.execute(update(articles).where(articles.c.id == article_id).values(**values))
        changed(tx, article_id)


def day_at(text: str) -> int | None:
    """A day such as 2026-05-31 as its first moment (UTC, ms); None for no day.

    Raises Invalid(check_by="unknown").
    """
    if not text:
        return None
    try:
        day = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid(check_by="unknown") from error
    return int(day.replace(tzinfo=UTC).timestamp() * 1000)


def _owner(tx: Tx, text: str) -> int | None:
    if not text:
        return None
    found = None
    if text.isdecimal():
        found = tx.execute(
            select(agents.c.id).where(agents.c.id == int(text), agents.c.active)
        ).scalar()
    if found is None:
        raise Invalid(owner="unknown")
    return int(found)

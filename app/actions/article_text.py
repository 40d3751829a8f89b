"""A language of an article is written: the text, its version, what it does to translations."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, insert, select, update

from app.actions.upsert import upsert
from app.db import Invalid, Tx
from app.models.knowledge import article_files, article_texts, article_versions, articles
from app.pages.locales import LOCALE_NAMES

MAX_TITLE = 300
MAX_BODY = 200_000
MAX_NOTE = 300
FILE_ADDRESS = "/help-files/"
_FILE = re.compile(re.escape(FILE_ADDRESS) + r"([A-Za-z0-9-]{8,64})")


@dataclass(frozen=True, slots=True)
class ArticleText:
    """One language of an article. `alternatives` are the same question in other words."""

    title: str
    body: str
    alternatives: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """Who changed a text, and what they say of it. A `minor` change leaves translations as they
    are marked."""

    author_id: int | None
    note: str = ""
    minor: bool = False


def check_texts(texts: Mapping[str, ArticleText]) -> None:
    """Raise Invalid for what cannot be an article's text."""
    if not texts:
        raise Invalid(title="empty")
    for locale, text in texts.items():
        if locale not in LOCALE_NAMES:
            raise Invalid(locale="unknown")
        if not text.title.strip():
            raise Invalid(title="empty")
        if len(text.title) > MAX_TITLE:
            raise Invalid(title="too_long")
        if len(text.body) > MAX_BODY:
            raise Invalid(body="too_long")
        if "\0" in text.title + text.body + "".join(text.alternatives):
            raise Invalid(body="not_text")


def put_text(tx: Tx, article_id: int, locale: str, text: ArticleText, change: Change) -> bool:
    """Write one language of an article that the caller holds; whether anything changed.

    Each change is a version. A translation that is written is up to date with the article's own
    language; when that one changes, the others are not, unless the change is minor.
    """
    held = {row.locale: row for row in _texts(tx, article_id)}
    main = _main_locale(tx, article_id)
    before = held.get(locale)
    new = _cleaned(text)
    if before is not None and new == _values(before):
        return False
    if before is not None:
        _keep_version(tx, before)
    revision = 1 if before is None else before.revision + 1
    values = {**new, "revision": revision, "updated_at": tx.now}
    if locale == main:
        values["translated_from_revision"] = None
    elif before is None or not change.minor:
        values["translated_from_revision"] = held[main].revision if main in held else None
    upsert(tx, article_texts, {"article_id": article_id, "locale": locale}, values)
    tx.execute(
        insert(article_versions).values(
            article_id=article_id,
            locale=locale,
            version=revision,
            author_id=change.author_id,
            note=change.note.strip()[:MAX_NOTE],
            created_at=tx.now,
            **new,
        )
    )
    if locale == main and change.minor and before is not None:
        _keep_up(tx, article_id, before.revision, revision)
    bind_files(tx, article_id, text.body)
    return True


def bind_files(tx: Tx, article_id: int, body: str) -> None:
    """Pictures that were uploaded for this text belong to the article from now on."""
    keys = sorted(set(_FILE.findall(body)))
    if not keys:
        return
    brand = select(articles.c.brand_id).where(articles.c.id == article_id).scalar_subquery()
    tx.execute(
        update(article_files)
        .where(
            article_files.c.key.in_(keys),
            article_files.c.article_id.is_(None),
            article_files.c.brand_id == brand,
        )
        .values(article_id=article_id)
    )


def _texts(tx: Tx, article_id: int) -> Sequence[Row[Any]]:
    return tx.execute(select(article_texts).where(article_texts.c.article_id == article_id)).all()


def _main_locale(tx: Tx, article_id: int) -> str:
    return str(
        tx.execute(select(articles.c.locale).where(articles.c.id == article_id)).scalar_one()
    )


def _cleaned(text: ArticleText) -> dict[str, Any]:
    return {
        "title": text.title.strip(),
        "body": text.body.replace("\r\n", "\n"),
        "alternatives": [line.strip() for line in text.alternatives if line.strip()],
    }


def _values(row: Row[Any]) -> dict[str, Any]:
    return {"title": row.title, "body": row.body, "alternatives": list(row.alternatives)}


def _keep_version(tx: Tx, row: Row[Any]) -> None:
    """A text that was written in bulk has no version yet; it becomes one before it is replaced."""
    known = tx.execute(
        select(article_versions.c.id).where(
            article_versions.c.article_id == row.article_id,
            article_versions.c.locale == row.locale,
            article_versions.c.version == row.revision,
        )
    ).first()
    if known is None:
        tx.execute(
            insert(article_versions).values(
                article_id=row.article_id,
                locale=row.locale,
                version=row.revision,
                created_at=row.updated_at,
                **_values(row),
            )
        )


def _keep_up(tx: Tx, article_id: int, before: int, now: int) -> None:
    tx.execute(
        update(article_texts)
        .where(
            article_texts.c.article_id == article_id,
            article_texts.c.translated_from_revision == before,
        )
        .values(translated_from_revision=now)
    )

"""A brand's articles that are kept elsewhere: put here as a whole set, or some of them, by ids of
the keeper's own.

Thousands of them take as many statements as one: what is there is read at once, compared here, and
what differs is written in bulk.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update

from app.actions.category import category_named, slug_of
from app.db import NotFound, Tx
from app.events import ArticleChanged, KnowledgeChanged
from app.models.knowledge import article_redirects, article_texts, article_versions, articles
from app.models.organisation import brands
from app.security.permissions import Actor

FEW = 200  # changed articles that the index reads one by one; more: the whole brand
Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class KeptText:
    """One language version of an article; `id` is the keeper's own.

    `category`, `visibility` and `slug` are of the article: its first text that has one says which.
    None leaves what is there.
    """

    id: str
    locale: str
    title: str
    body: str
    alternatives: tuple[str, ...] = ()
    category: str | None = None
    visibility: str | None = None
    slug: str | None = None


@dataclass(slots=True)
class Counts:
    """Of articles: what became of them."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    archived: int = 0


def put_articles(
    tx: Tx, actor: Actor, brand_id: int, texts: Sequence[KeptText], *, whole: bool
) -> Counts:
    """Publish these articles; with `whole` every other article of the brand is archived, and
    languages that are not among the texts go.

    For supervisors of the brand: it publishes without a review.
    """
    actor.require("supervise")
    locked = select(brands.c.id).where(brands.c.id == brand_id).with_for_update()
    if not actor.sees_brand(brand_id) or tx.execute(locked).first() is None:
        raise NotFound
    given: dict[str, list[KeptText]] = {}
    for text in texts:
        given.setdefault(text.id, []).append(text)
    return _Set(tx, actor, brand_id, whole).put(given)


@dataclass(slots=True)
class _Set:
    """One such write: what is there, and what is going to be written."""

    tx: Tx
    actor: Actor
    brand_id: int
    whole: bool
    counts: Counts = field(default_factory=Counts)
    added: list[Values] = field(default_factory=list)  # texts
    edited: list[Values] = field(default_factory=list)
    dropped: list[Values] = field(default_factory=list)
    versions: list[Values] = field(default_factory=list)
    heads: list[Values] = field(default_factory=list)  # articles that changed
    touched: list[int] = field(default_factory=list)

    def put(self, given: dict[str, list[KeptText]]) -> Counts:
        named: dict[str, int | None] = {}
        for text in (text for theirs in given.values() for text in theirs):
            if text.category and text.category not in named:
                named[text.category] = category_named(
                    self.tx, self.brand_id, text.category, text.locale
                )
        fresh = self._create(given)
        held = self._articles()
        texts = self._texts()
        for id, theirs in given.items():
            category = next((named[text.category] for text in theirs if text.category), None)
            self._compare(held[id], theirs, texts.get(held[id].id, {}), category, id in fresh)
        if self.whole:
            self._archive({held[id].id for id in given})
        self._write()
        return self.counts

    def _create(self, given: dict[str, list[KeptText]]) -> set[str]:
        """Rows for the articles that are not there yet; returns whose they are."""
        known = set(self._articles())
        fresh = [id for id in given if id not in known]
        slugs = _Slugs(self.tx, self.brand_id)
        rows = []
        for id in fresh:
            first = given[id][0]
            asked = next((text.slug for text in given[id] if text.slug), "")
            rows.append(
                {
                    "brand_id": self.brand_id,
                    "external_id": id,
                    "slug": slugs.free(slug_of(asked or first.title or id) or "article"),
                    "locale": first.locale,
                    "visibility": _visibility(given[id]) or "public",
                    "status": "published",
                    "created_at": self.tx.now,
                    "updated_at": self.tx.now,
                    "published_at": self.tx.now,
                }
            )
        if rows:
            self.tx.execute(insert(articles), rows)
        return set(fresh)

    def _articles(self) -> dict[str, Any]:
        rows = self.tx.execute(
            select(articles).where(
                articles.c.brand_id == self.brand_id, articles.c.external_id.is_not(None)
            )
        )
        return {row.external_id: row for row in rows}

    def _texts(self) -> dict[int, dict[str, Any]]:
        rows = self.tx.execute(
            select(article_texts)
            .join(articles, articles.c.id == article_texts.c.article_id)
            .where(articles.c.brand_id == self.brand_id, articles.c.external_id.is_not(None))
        )
        found: dict[int, dict[str, Any]] = {}
        for row in rows:
            found.setdefault(row.article_id, {})[row.locale] = row
        return found

    def _compare(
        self,
        head: Any,
        theirs: list[KeptText],
        texts: dict[str, Any],
        category: int | None,
        is_new: bool,
    ) -> None:
        """Note what must be written of one article."""
        locales = {text.locale for text in theirs}
        gone = set(texts) - locales if self.whole else set()
        original = head.locale
        if original in gone:
            original = theirs[0].locale
        ordered = sorted(theirs, key=lambda text: text.locale != original)
        revision = texts[original].revision if original in texts else 1
        differs = bool(gone)
        for text in ordered:
            before = texts.get(text.locale)
            written = self._note_text(head.id, text, before, text.locale == original, revision)
            differs |= written is not None
            if text.locale == original and written is not None:
                revision = written
        self.dropped += [{"gone_article": head.id, "gone_locale": locale} for locale in gone]
        self._note_head(head, theirs, original, category, differs, is_new)

    def _note_text(
        self, article_id: int, text: KeptText, before: Any, original: bool, revision: int
    ) -> int | None:
        """The text's revision if it is written, None if it is there already."""
        content = {
            "title": text.title, "body": text.body, "alternatives": list(text.alternatives),
        }  # fmt: skip
        if before is not None and content == {name: before._mapping[name] for name in content}:
            return None
        number = 1 if before is None else before.revision + 1
        row = {
            **content,
            "revision": number,
            "translated_from_revision": None if original else revision,
            "updated_at": self.tx.now,
        }
        if before is None:
            self.added.append({"article_id": article_id, "locale": text.locale, **row})
        else:
            self.edited.append({"text_id": before.id, **row})
        self.versions.append(
            {
                **content,
                "article_id": article_id,
                "locale": text.locale,
                "version": number,
                "author_id": self.actor.agent_id,
                "created_at": self.tx.now,
            }
        )
        return number

    def _note_head(
        self,
        head: Any,
        theirs: list[KeptText],
        original: str,
        category: int | None,
        differs: bool,
        is_new: bool,
    ) -> None:
        visibility = _visibility(theirs) or ("public" if self.whole else head.visibility)
        if category is None and not self.whole:
            category = head.category_id
        values = {
            "locale": original,
            "visibility": visibility,
            "category_id": category,
            "status": "published",
        }
        if is_new:
            self.counts.created += 1
        elif differs or any(head._mapping[name] != value for name, value in values.items()):
            self.counts.changed += 1
        else:
            self.counts.unchanged += 1
            return
        self.touched.append(head.id)
        if is_new and category is None:
            return
        self.heads.append(
            {
                "head_id": head.id,
                **values,
                "version": head.version if is_new else head.version + 1,
                "updated_at": self.tx.now,
                "published_at": head.published_at or self.tx.now,
            }
        )

    def _archive(self, kept: set[int]) -> None:
        live = self.tx.execute(
            select(articles.c.id, articles.c.version).where(
                articles.c.brand_id == self.brand_id, articles.c.status != "archived"
            )
        )
        gone = [row for row in live if row.id not in kept]
        self.counts.archived = len(gone)
        if gone:
            self.tx.execute(
                update(articles)
                .where(articles.c.id == bindparam("head_id"))
                .values(status="archived", version=articles.c.version + 1, updated_at=self.tx.now),
                [{"head_id": row.id} for row in gone],
            )
            self.touched += [row.id for row in gone]

    def _write(self) -> None:
        run = self.tx.execute
        if self.dropped:
            run(
                delete(article_texts).where(
                    article_texts.c.article_id == bindparam("gone_article"),
                    article_texts.c.locale == bindparam("gone_locale"),
                ),
                self.dropped,
            )
        if self.added:
            run(insert(article_texts), self.added)
        if self.edited:
            run(
                update(article_texts).where(article_texts.c.id == bindparam("text_id")), self.edited
            )
        if self.versions:
            run(insert(article_versions), self.versions)
        if self.heads:
            run(update(articles).where(articles.c.id == bindparam("head_id")), self.heads)
        if len(self.touched) > FEW:
            self.tx.emit(KnowledgeChanged("articles", self.brand_id))
        else:
            for article_id in self.touched:
                self.tx.emit(ArticleChanged(article_id))


class _Slugs:
    """Addresses of a brand's articles, those that lead on to one too."""

    def __init__(self, tx: Tx, brand_id: int) -> None:
        self._taken: set[str] = set()
        for table in (articles, article_redirects):
            self._taken.update(
                tx.execute(select(table.c.slug).where(table.c.brand_id == brand_id)).scalars()
            )
        self._numbers: dict[str, int] = {}

    def free(self, wanted: str) -> str:
        """The address itself, or the first one with a number after it that is nobody's."""
        slug = wanted
        while slug in self._taken:
            self._numbers[wanted] = self._numbers.get(wanted, 1) + 1
            slug = f"{wanted}-{self._numbers[wanted]}"
        self._taken.add(slug)
        return slug


def _visibility(texts: Sequence[KeptText]) -> str | None:
    return next((text.visibility for text in texts if text.visibility), None)

"""Rows of single languages become articles: those with the same id are one article."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from knowledge.exchange.values import LocaleOf, Parcel, Refused, SentArticle, SentText

VISIBILITIES = ("public", "customer", "internal")
STATUSES = ("draft", "published", "archived")
MAX_TITLE, MAX_BODY, MAX_ID = 300, 200_000, 250


@dataclass(frozen=True, slots=True)
class Row:
    """One language of an article as it was found; `where` names the place for its reader."""

    where: str
    article: SentArticle  # without texts
    tag: str  # of the language
    text: SentText
    main: bool = False  # the language that the others were translated from


def gather(rows: Sequence[Row], locale_of: LocaleOf, parcel: Parcel) -> None:
    """Put the rows into the parcel as articles, and what cannot be used among the refused."""
    found: dict[str, SentArticle] = {}
    mains: dict[str, str] = {}
    for number, row in enumerate(rows):
        locale = locale_of(row.tag)
        why = _refusal(row, locale)
        key = row.article.id or (
            f"slug {row.article.slug}" if row.article.slug else f"row {number}"
        )
        if not why and locale in found.get(key, SentArticle("", {})).texts:
            why = "twice"
        if why or locale is None:
            parcel.refused.append(Refused(row.where, why or "language"))
            continue
        held = found.setdefault(key, replace(row.article, texts={}))
        found[key] = replace(held, texts={**held.texts, locale: row.text})
        if row.main:
            mains[key] = locale
    for key, article in found.items():
        main = mains.get(key)
        first = {main: article.texts[main]} if main else {}
        parcel.articles.append(replace(article, texts={**first, **article.texts}))


def _refusal(row: Row, locale: str | None) -> str:
    """Why a row cannot be taken; empty where it can."""
    if locale is None:
        return "language"
    if not row.text.title.strip():
        return "no_title"
    if len(row.text.title) > MAX_TITLE:
        return "title_too_long"
    if len(row.text.body) > MAX_BODY:
        return "body_too_long"
    if "\0" in row.text.title + row.text.body:
        return "not_text"
    if len(row.article.id) > MAX_ID:
        return "id_too_long"
    if row.article.visibility not in VISIBILITIES:
        return "visibility"
    if row.article.status not in STATUSES:
        return "status"
    return "" if _is_day(row.article.check_by) else "check_by"


def _is_day(text: str) -> bool:
    try:
        return not text or bool(date.fromisoformat(text))
    except ValueError:
        return False

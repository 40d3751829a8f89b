"""The export of a Zammad knowledge base: the assets of `/api/v1/knowledge_bases/init`, with the
contents of its answers, as one JSON file or several in a zip."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from knowledge.exchange.gather import Row, gather
from knowledge.exchange.page import to_markdown
from knowledge.exchange.values import LocaleOf, Parcel, Refused, SentArticle, SentText, Unreadable

Record = Mapping[str, Any]
Assets = dict[str, dict[str, Record]]
ANSWER = "KnowledgeBaseAnswer"
TEXT = "KnowledgeBaseAnswerTranslation"
CONTENT = "KnowledgeBaseAnswerTranslationContent"
CATEGORY = "KnowledgeBaseCategory"
CATEGORY_NAME = "KnowledgeBaseCategoryTranslation"
LOCALE = "KnowledgeBaseLocale"


def read_zammad(files: Mapping[str, bytes], locale_of: LocaleOf, default: str) -> Parcel:
    """The answers of a knowledge base in all their languages, HTML as Markdown."""
    assets = _collect(files)
    if not assets.get(ANSWER):
        raise Unreadable("no_articles")
    texts: dict[str, list[Record]] = {}
    for one in assets.get(TEXT, {}).values():
        texts.setdefault(str(one.get("answer_id")), []).append(one)
    parcel = Parcel()
    rows: list[Row] = []
    for number, answer in sorted(assets[ANSWER].items(), key=lambda item: item[0].zfill(20)):
        if not texts.get(number):
            parcel.refused.append(Refused(number, "no_title"))
        rows += _rows(number, answer, texts.get(number, []), assets, default)
    gather(rows, locale_of, parcel)
    return parcel


def _rows(
    number: str, answer: Record, texts: list[Record], assets: Assets, default: str
) -> Iterable[Row]:
    """Published is public, internal is for agents, else it is a draft or in the archive."""
    status, visibility = "draft", "public"
    if answer.get("archived_at"):
        status = "archived"
    elif answer.get("published_at"):
        status = "published"
    elif answer.get("internal_at"):
        status, visibility = "published", "internal"
    sent = SentArticle(
        id=f"zammad:{number}",
        texts={},
        category=_category(answer, assets),
        visibility=visibility,
        status=status,
    )
    primary = _primary(assets)
    for text in texts:
        locale_id = str(text.get("kb_locale_id"))
        tag = _tag(assets, locale_id) or default
        content = assets.get(CONTENT, {}).get(str(text.get("content_id") or text.get("id")), {})
        body = content.get("body") or text.get("content_body") or text.get("body") or ""
        if isinstance(body, dict):
            body = body.get("body") or ""
        sent_text = SentText(str(text.get("title") or ""), to_markdown(str(body)))
        yield Row(f"{number} ({tag})", sent, tag, sent_text, main=locale_id == primary)


def _category(answer: Record, assets: Assets) -> tuple[str, ...]:
    names: dict[str, str] = {}
    primary = _primary(assets)
    for one in assets.get(CATEGORY_NAME, {}).values():
        category = str(one.get("category_id"))
        if category not in names or str(one.get("kb_locale_id")) == primary:
            names[category] = str(one.get("title") or "")
    path: list[str] = []
    at = str(answer.get("category_id") or "")
    while at and at in assets.get(CATEGORY, {}) and len(path) < 10:
        path.insert(0, names.get(at, ""))
        at = str(assets[CATEGORY][at].get("parent_id") or "")
    return tuple(name for name in path if name)


def _primary(assets: Assets) -> str:
    for number, one in assets.get(LOCALE, {}).items():
        if one.get("primary"):
            return number
    return ""


def _tag(assets: Assets, locale_id: str) -> str:
    """The language of a locale of the knowledge base, such as zh-tw."""
    held = assets.get(LOCALE, {}).get(locale_id, {})
    system = assets.get("Locale", {}).get(str(held.get("system_locale_id")), {})
    return str(held.get("locale") or system.get("locale") or "")


def _collect(files: Mapping[str, bytes]) -> Assets:
    assets: Assets = {}
    for path, data in sorted(files.items()):
        if not path.lower().endswith(".json"):
            continue
        try:
            document = json.loads(data.decode("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            raise Unreadable("not_json") from error
        if not isinstance(document, dict):
            continue
        inner = document.get("assets", document)
        for kind, records in inner.items() if isinstance(inner, dict) else ():
            if isinstance(records, dict):
                good = {str(key): one for key, one in records.items() if isinstance(one, dict)}
                assets.setdefault(kind, {}).update(good)
    return assets

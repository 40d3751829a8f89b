"""The export of a Zendesk help centre: JSON of articles, sections, categories, translations.

One file with all of them, or several in a zip, as the API gives them page by page
(developer.zendesk.com, Help Center API: Articles, Sections, Categories, Translations).
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from knowledge.exchange.gather import Row, gather
from knowledge.exchange.page import to_markdown
from knowledge.exchange.values import LocaleOf, Parcel, Refused, SentArticle, SentText, Unreadable

KINDS = ("articles", "sections", "categories", "translations", "user_segments")
Record = Mapping[str, Any]


def read_zendesk(files: Mapping[str, bytes], locale_of: LocaleOf, default: str) -> Parcel:
    """The articles of an export, in all their languages, HTML as Markdown."""
    held = _collect(files)
    if not held["articles"]:
        raise Unreadable("no_articles")
    names = {
        kind: {str(one.get("id")): one for one in held[kind]}
        for kind in ("sections", "categories", "user_segments")
    }
    translations: dict[str, list[Record]] = {}
    for one in held["translations"]:
        if one.get("source_type", "Article") == "Article":
            translations.setdefault(str(one.get("source_id")), []).append(one)
    parcel = Parcel()
    rows: list[Row] = []
    for article in held["articles"]:
        if not article.get("id"):
            parcel.refused.append(Refused(str(article.get("title", "")), "no_id"))
            continue
        rows += _rows(article, names, translations, default)
    gather(rows, locale_of, parcel)
    return parcel


def _rows(
    article: Record,
    names: Mapping[str, Mapping[str, Record]],
    translations: Mapping[str, list[Record]],
    default: str,
) -> Iterable[Row]:
    number = str(article["id"])
    sent = SentArticle(
        id=f"zendesk:{number}",
        texts={},
        category=_category(article, names),
        visibility=_visibility(article, names),
        status="draft" if article.get("draft") else "published",
    )
    labels = tuple(str(label) for label in article.get("label_names") or ())
    main = str(article.get("source_locale") or article.get("locale") or default)
    texts = {str(article.get("locale") or main): article}
    own = article.get("translations")
    for one in [*(own if isinstance(own, list) else ()), *translations.get(number, ())]:
        if not one.get("draft") or sent.status == "draft":
            texts[str(one.get("locale") or "")] = one
    for tag, text in texts.items():
        body = to_markdown(str(text.get("body") or ""))
        title = str(text.get("title") or text.get("name") or "")
        where = f"{number} ({tag})"
        yield Row(
            where, sent, tag, SentText(title, body, labels if tag == main else ()), tag == main
        )


def _visibility(article: Record, names: Mapping[str, Mapping[str, Record]]) -> str:
    """Everybody, unless a user segment restricts it; one that the export does not explain may be
    of agents only."""
    number = article.get("user_segment_id")
    if not number:
        return "public"
    segment = names["user_segments"].get(str(number), {})
    return "customer" if segment.get("user_type") == "signed_in_users" else "internal"


def _category(article: Record, names: Mapping[str, Mapping[str, Record]]) -> tuple[str, ...]:
    """The names from category down to section; sections may lie in sections."""
    path: list[str] = []
    section = names["sections"].get(str(article.get("section_id")))
    seen = 0
    while section is not None and seen < 10:
        path.insert(0, str(section.get("name") or ""))
        parent = section.get("parent_section_id")
        if not parent:
            category = names["categories"].get(str(section.get("category_id")))
            if category is not None:
                path.insert(0, str(category.get("name") or ""))
        section = names["sections"].get(str(parent)) if parent else None
        seen += 1
    return tuple(name for name in path if name)


def _collect(files: Mapping[str, bytes]) -> dict[str, list[Record]]:
    held: dict[str, list[Record]] = {kind: [] for kind in KINDS}
    for path, data in sorted(files.items()):
        if not path.lower().endswith((".json", ".jsonl", ".ndjson")):
            continue
        for kind, records in _documents(path, data):
            held[kind] += [one for one in records if isinstance(one, dict)]
    return held


def _documents(path: str, data: bytes) -> Iterable[tuple[str, list[Any]]]:
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Unreadable("not_json") from error
    if isinstance(document, list):  # named by its file
        kind = next((kind for kind in KINDS if kind in path.lower()), "articles")
        yield kind, document
    elif isinstance(document, dict):
        for kind in KINDS:
            if isinstance(document.get(kind), list):
                yield kind, document[kind]

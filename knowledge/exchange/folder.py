"""Folders of Markdown with front matter, zipped: read, and written so that reading gives the same.

    delivery/when-does-my-parcel-arrive.en.md
    ---
    id: kb-17
    title: When does my parcel arrive?
    locale: en
    category: [Delivery, Abroad]
    visibility: public
    status: published
    alternatives: [Where is my parcel?]
    ---
    Within **three** working days.

Only `title` is needed; without it the first heading is taken, without `locale` the one in the
file's name, the one the uppermost folder is called after, or the one that was chosen. A folder is
the category of its files.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from knowledge.exchange.gather import Row, gather
from knowledge.exchange.places import Place, apart, place_of
from knowledge.exchange.targets import PICTURE, name_targets
from knowledge.exchange.values import (
    LocaleOf,
    Parcel,
    Refused,
    SentArticle,
    SentText,
    Unreadable,
)

LARGEST_ZIP = 500_000_000  # bytes of all files together, unpacked
MOST_FILES = 50_000
PICTURES = {".png", ".jpg", ".jpeg", ".gif", ".webp"}
PAGES = {".md", ".markdown"}
_FRONT = re.compile(r"\A\ufeff?---[ \t]*\r?\n(.*?)^---[ \t]*\r?$\n?", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"\A\s*#[ \t]+(.+?)[ \t#]*(?:\n+|\Z)")
_NOT_IN_NAME = re.compile(r"[^\w.-]+")


def unzip(data: bytes) -> dict[str, bytes]:
    """The files of an archive by path; Unreadable for what is none, or unpacks to too much."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        infos = [info for info in archive.infolist() if not info.is_dir()]
        if len(infos) > MOST_FILES or sum(info.file_size for info in infos) > LARGEST_ZIP:
            raise Unreadable("too_large")
        return {info.filename: archive.read(info) for info in infos}
    except (zipfile.BadZipFile, zlib.error, RuntimeError, OSError, EOFError) as error:
        # RuntimeError: locked by a password, or packed in a way that Python cannot unpack
        raise Unreadable("not_a_zip") from error


def read_folder(files: Mapping[str, bytes], locale_of: LocaleOf, default: str) -> Parcel:
    """The articles in Markdown files; `default` is the locale of those that name none."""
    parcel = Parcel()
    rows: list[Row] = []
    places: list[Place] = []
    top = _top({path for path in files if PurePosixPath(path).suffix.lower() in PAGES})
    for path in sorted(files, key=lambda one: PurePosixPath(one).suffix.lower() in PAGES):
        kind = PurePosixPath(path).suffix.lower()
        shown = path.removeprefix(top)
        if kind in PICTURES:
            parcel.pictures[shown] = files[path]
        elif kind in PAGES and not PurePosixPath(path).name.startswith("."):
            place = place_of(shown, locale_of)
            try:
                rows.append(_row(shown, files[path], place, default))
                places.append(place)
            except Unreadable as error:
                parcel.refused.append(Refused(shown, error.why))
    rows = apart(rows, places)
    pages = {row.where: row.article.slug for row in rows}
    rows = [
        replace(
            row, text=replace(row.text, body=name_targets(row.where, row.text.body, pages, parcel))
        )
        for row in rows
    ]
    gather(rows, locale_of, parcel)
    if not rows and not parcel.refused:
        raise Unreadable("no_articles")
    return parcel


def write_folder(articles: Iterable[SentArticle], pictures: Mapping[str, bytes]) -> bytes:
    """A zip of the articles, one file a language, and their pictures by the paths given; texts
    name them as `picture:path`."""
    import yaml

    packed = io.BytesIO()
    names: set[str] = set()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for article in articles:
            for index, (locale, text) in enumerate(article.texts.items()):
                front = _front(article, locale, text, main=index == 0)
                body = text.body.replace(f"]({PICTURE}", "](../" if article.category else "](")
                head = yaml.safe_dump(front, allow_unicode=True, sort_keys=False, width=10_000)
                name = _free(names, _path(article, locale))
                archive.writestr(_dated(name), f"---\n{head}---\n{body}")
        for path, data in pictures.items():
            archive.writestr(_dated(path), data)
    return packed.getvalue()


def _row(path: str, data: bytes, place: Place, default: str) -> Row:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable("not_utf8") from error
    front, body = _split(text)
    title = _word(front, "title")
    if not title and (heading := _HEADING.match(body)):
        title, body = heading.group(1), body[heading.end() :]
    article = SentArticle(
        id=_word(front, "id"),
        texts={},
        category=_category(front, place),
        visibility=_word(front, "visibility") or "public",
        status=_word(front, "status") or "draft",
        slug=_word(front, "slug") or place.name,
        owner=_word(front, "owner"),
        check_by=_word(front, "check_by"),
    )
    sent = SentText(title, body, _words(front.get("alternatives")))
    locale = _word(front, "locale") or _word(front, "lang") or place.tag or default
    return Row(path, article, locale, sent, main=front.get("translated") is False)


def _split(text: str) -> tuple[dict[str, Any], str]:
    """Front matter and what follows it."""
    import yaml

    found = _FRONT.match(text)
    if found is None:
        return {}, text.removeprefix("\ufeff")
    try:
        front = yaml.safe_load(found.group(1))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Unreadable("front_matter") from error
    if front is not None and not isinstance(front, dict):
        raise Unreadable("front_matter")
    return front or {}, text[found.end() :]


def _front(article: SentArticle, locale: str, text: SentText, *, main: bool) -> dict[str, Any]:
    """What stands above a text; of several languages the first says that it is no translation."""
    given: dict[str, Any] = {
        "id": article.id,
        "title": text.title,
        "locale": locale,
        "slug": article.slug,
        "category": list(article.category),
        "visibility": article.visibility,
        "status": article.status,
        "alternatives": list(text.alternatives),
        "owner": article.owner,
        "check_by": article.check_by,
    }
    front = {name: value for name, value in given.items() if value}
    if main and len(article.texts) > 1:
        front["translated"] = False
    return front


def _category(front: Mapping[str, Any], place: Place) -> tuple[str, ...]:
    if "category" in front:
        names = _words(front["category"])
        section = _word(front, "section")
        return (*names, section) if section else names
    if "id" in front or "slug" in front:  # our own files say so where there is one
        return ()
    return tuple(part.replace("-", " ").strip() for part in place.folders)


def _word(front: Mapping[str, Any], name: str) -> str:
    value = front.get(name)
    return "" if value is None or isinstance(value, (dict, list)) else str(value).strip()


def _words(value: Any) -> tuple[str, ...]:
    if value is None or value == "":
        return ()
    many = value if isinstance(value, list) else [value]
    return tuple(str(one).strip() for one in many if str(one).strip())


def _path(article: SentArticle, locale: str) -> str:
    folder = [_NOT_IN_NAME.sub("-", name).strip("-.") or "-" for name in article.category[:1]]
    stem = _NOT_IN_NAME.sub("-", article.slug).strip("-.") or "article"
    return "/".join([*folder, f"{stem}.{locale}.md"])


def _free(names: set[str], wanted: str) -> str:
    name, number = wanted, 1
    while name.casefold() in names:
        number += 1
        name = f"{number}-{wanted}" if "/" not in wanted else wanted.replace("/", f"/{number}-", 1)
    names.add(name.casefold())
    return name


def _dated(name: str) -> zipfile.ZipInfo:
    """A fixed date: the same articles give the same bytes."""
    info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _top(paths: set[str]) -> str:
    """The one folder that everything lies in, which zips made of a folder have."""
    tops = {path.split("/", 1)[0] for path in paths if "/" in path}
    loose = any("/" not in path for path in paths)
    deep = any(path.count("/") >= 2 for path in paths)
    return f"{tops.pop()}/" if len(tops) == 1 and not loose and deep else ""

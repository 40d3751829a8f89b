"""What the place of a file in a folder says of its article: language, category, address."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from knowledge.exchange.gather import Row
from knowledge.exchange.values import LocaleOf

_TAG = r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*"
_TAGGED = re.compile(rf"(.+)\.({_TAG})\Z")
_LANGUAGE = re.compile(rf"{_TAG}\Z")
_FIRST_PAGES = {"readme", "index", "_index"}  # of a folder, in other programs


@dataclass(frozen=True, slots=True)
class Place:
    """`tag` is a language or empty; `name` is the folder's where the file is its first page."""

    tag: str
    folders: tuple[str, ...]
    name: str


def place_of(path: str, locale_of: LocaleOf) -> Place:
    """What `guide/when.en.md`, or `en/guide/when.md`, says."""
    pure = PurePosixPath(path)
    folders, name, tag = pure.parent.parts, pure.stem, ""
    if tagged := _TAGGED.match(name):
        name, tag = tagged.group(1), tagged.group(2)
    if folders and _LANGUAGE.match(folders[0]) and locale_of(folders[0]):
        tag, folders = tag or folders[0], folders[1:]
    if name.lower() in _FIRST_PAGES and folders:
        name = folders[-1]
    return Place(tag, folders, name)


def apart(rows: Sequence[Row], places: Sequence[Place]) -> list[Row]:
    """Files of one name in several folders are articles of their own, unless they have an id or
    an address: these are called after their folders, too."""
    folders: dict[str, set[tuple[str, ...]]] = {}
    for row, place in zip(rows, places, strict=True):
        folders.setdefault(row.article.slug, set()).add(place.folders)
    found = []
    for row, place in zip(rows, places, strict=True):
        slug = row.article.slug
        if not row.article.id and slug == place.name and len(folders[slug]) > 1 and place.folders:
            named = "-".join(dict.fromkeys((*place.folders, slug)))
            row = replace(row, article=replace(row.article, slug=named))
        found.append(row)
    return found

"""Articles in and out, for pages and commands alike: a file is read, looked at, taken; an export is
packed. Nothing is written before `take_parcel`."""

import asyncio
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from sqlalchemy import Connection, select

from app.actions.article_import import LIMIT, keep_pictures, take_articles
from app.actions.category import slug_of
from app.db import Invalid, NotFound
from app.files import StoredFile
from app.models.knowledge import article_files
from app.models.organisation import brands
from app.pages.locales import locale_of_tag
from app.queries.article_exchange import (
    FILE_ADDRESS,
    Step,
    held_files,
    packed,
    sent_articles,
    steps,
)
from app.runtime import Runtime
from app.security.permissions import Actor
from app.security.uploads import CheckedFile, check_upload
from knowledge.exchange.folder import read_folder, unzip, write_folder
from knowledge.exchange.table import read_table
from knowledge.exchange.targets import PAGE, PICTURE
from knowledge.exchange.values import Parcel, Refused, SentArticle, Unreadable
from knowledge.exchange.zammad import read_zammad
from knowledge.exchange.zendesk import read_zendesk

KINDS = ("markdown", "csv", "zendesk", "zammad")
_LINK = re.compile(rf"\({PAGE}([^)\s]+)")
_SLUG = re.compile(r"[\w-]+")
_KEY = re.compile(r"[A-Za-z0-9-]{8,64}")


@dataclass(frozen=True, slots=True)
class Look:
    """What taking a parcel would do: the articles, what cannot be taken, and what is taken
    although something is missing."""

    steps: tuple[Step, ...]
    refused: tuple[Refused, ...]
    doubts: tuple[Refused, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many are new, changed, unchanged and refused."""
        found = {"new": 0, "changed": 0, "unchanged": 0, "refused": len(self.refused)}
        for step in self.steps:
            found[step.verdict] += 1
        return found


def read_parcel(kind: str, name: str, data: bytes, locale: str) -> Parcel:
    """The articles in a file; `locale` is of those that say nothing of it. Call it in a thread.

    Raises Unreadable for a file that is not of this kind.
    """
    if kind == "csv":
        return read_table(data, locale_of_tag, locale)
    zipped = data.startswith(b"PK")
    files = unzip(data) if zipped else {name: data}
    if kind == "markdown":
        return read_folder(files, locale_of_tag, locale)
    if kind == "zendesk":
        return read_zendesk(files, locale_of_tag, locale)
    if kind == "zammad":
        return read_zammad(files, locale_of_tag, locale)
    raise Unreadable("kind")


async def look_at(
    runtime: Runtime, actor: Actor, brand_id: int, parcel: Parcel, *, as_drafts: bool = False
) -> Look:
    """What would become of each article; NotFound for a brand the actor does not serve."""
    if not actor.sees_brand(brand_id):
        raise NotFound
    keys = await runtime.db.query(_keys, brand_id, parcel.pictures)
    sent = _addressed(parcel.articles, keys, await runtime.db.query(_help_of, brand_id))
    found = await runtime.db.query(steps, brand_id, sent, as_drafts=as_drafts)
    largest = runtime.settings.max_upload_mb * 1_000_000
    unfit = await asyncio.to_thread(_unfit, parcel.pictures, largest)
    return Look(tuple(found), (*parcel.refused, *unfit), tuple(parcel.doubts))


async def take_parcel(
    runtime: Runtime, actor: Actor, brand_id: int, parcel: Parcel, *, as_drafts: bool = False
) -> dict[str, int]:
    """Write the articles, a hundred at a time; returns how many were new, changed, unchanged and
    refused. Taking the same again changes nothing, so what was broken off can be taken again."""
    if not actor.sees_brand(brand_id):
        raise NotFound
    keys = await runtime.db.query(_keys, brand_id, parcel.pictures)
    refused = list(parcel.refused)
    stored = {}
    for path, data in parcel.pictures.items():
        try:
            stored[path] = await asyncio.to_thread(_keep, runtime, path, data, keys[path])
        except Invalid as error:
            refused.append(Refused(path, next(iter(error.errors.values()))))
    await runtime.db.write(keep_pictures, actor, brand_id, stored)
    sent = _addressed(parcel.articles, keys, await runtime.db.query(_help_of, brand_id))
    counts = {"new": 0, "changed": 0, "unchanged": 0}
    for at in range(0, len(sent), LIMIT):
        done = await runtime.db.write(
            take_articles, actor, brand_id, sent[at : at + LIMIT], as_drafts=as_drafts
        )
        counts = {name: counts[name] + done[name] for name in counts}
    return {**counts, "refused": len(refused)}


async def export_articles(runtime: Runtime, actor: Actor, brand_id: int) -> bytes:
    """A zip of all articles of a brand as Markdown, with their pictures."""
    if not actor.sees_brand(brand_id):
        raise NotFound
    sent = await runtime.db.query(sent_articles, brand_id)
    held = await runtime.db.query(held_files, brand_id)

    def pack() -> bytes:
        named = packed(list(sent.values()), held)
        bodies = "\n".join(text.body for one in named for text in one.texts.values())
        used = [file for file in held if f"{PICTURE}{file.path}" in bodies]
        return write_folder(named, {file.path: runtime.files.read(file.hash) for file in used})

    return await asyncio.to_thread(pack)


def _keys(conn: Connection, brand_id: int, pictures: Mapping[str, bytes]) -> dict[str, str]:
    """What each picture is called here. One of our own export keeps its name; others get one by
    their content, so that the same picture is the same file the next time."""
    wanted = {path: PurePosixPath(path).stem for path in pictures}
    ours = set(
        conn.execute(
            select(article_files.c.key).where(
                article_files.c.brand_id == brand_id,
                article_files.c.key.in_([stem for stem in wanted.values() if _KEY.fullmatch(stem)]),
            )
        ).scalars()
    )
    return {
        path: stem
        if stem in ours
        else hashlib.sha256(f"{brand_id}/".encode() + pictures[path]).hexdigest()[:40]
        for path, stem in wanted.items()
    }


def _slug(slug: str) -> str:
    """As it will stand in the address, so that a file is known again: one of ours stays as it is,
    the name of a file is folded."""
    is_ours = slug == slug.casefold() and _SLUG.fullmatch(slug)
    return slug if is_ours else slug_of(slug)


def _help_of(conn: Connection, brand_id: int) -> str:
    """The address of the brand's help centre."""
    slug = conn.execute(select(brands.c.slug).where(brands.c.id == brand_id)).scalar_one()
    return f"/help/{slug}"


def _addressed(
    articles: Sequence[SentArticle], keys: Mapping[str, str], centre: str
) -> list[SentArticle]:
    """The articles with their pictures, and the articles they lead to, by their addresses here."""

    def renamed(body: str, locale: str) -> str:
        for path, key in keys.items():
            body = body.replace(f"({PICTURE}{path}", f"({FILE_ADDRESS}{key}")
        return _LINK.sub(lambda link: f"({centre}/{locale}/{_slug(link[1])}", body)

    return [
        replace(
            article,
            slug=_slug(article.slug),
            texts={
                locale: replace(text, body=renamed(text.body, locale))
                if f"({PICTURE}" in text.body or f"({PAGE}" in text.body
                else text
                for locale, text in article.texts.items()
            },
        )
        for article in articles
    ]


def _keep(runtime: Runtime, path: str, data: bytes, key: str) -> StoredFile:
    checked = _picture(path, data, runtime.settings.max_upload_mb * 1_000_000)
    return StoredFile(
        hash=runtime.files.put(checked.data),
        size=len(checked.data),
        name=checked.name,
        content_type=checked.content_type,
        key=key,
        width=checked.width,
        height=checked.height,
    )


def _picture(path: str, data: bytes, largest: int) -> CheckedFile:
    checked = check_upload(PurePosixPath(path).name, data, largest)
    if checked.width is None:
        raise Invalid(file="not_a_picture")
    return checked


def _unfit(pictures: Mapping[str, bytes], largest: int) -> list[Refused]:
    """The pictures that cannot be kept."""
    found = []
    for path, data in pictures.items():
        try:
            _picture(path, data, largest)
        except Invalid as error:
            found.append(Refused(path, next(iter(error.errors.values()))))
    return found

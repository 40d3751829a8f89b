"""What of a message is material: what somebody could be sent twice without anybody noticing.

Files count by their content, articles by their link or their text, macros by their text. What was
put in and taken out again does not count. `article:7 macro:3 file:SHA-256 campaign:spring`.
"""

import re
from collections.abc import Iterable, Sequence

from sqlalchemy import select

from app.db import Invalid, Tx
from app.models.conversation import attachments, files
from app.models.knowledge import article_texts, articles
from app.models.organisation import brands, macros
from channels.email.markup import pictures_in
from knowledge.markdown import plain

MOST = 50  # materials of one message
HELD = 0.5  # so much of a text must stand there for it to count as sent
SHORTEST = 6  # characters of a part that says anything

_MATERIAL = re.compile(r"[a-z]{2,20}:[\w.-]{1,59}", re.ASCII)
_LINK = re.compile(r"/help/([\w-]{1,60})/[\w-]{2,10}/([\w-]{1,120})", re.ASCII)
# Where a text may be cut: lines, sentences, and what a macro fills in.
_CUT = re.compile(r"\{\{[^}]*\}\}|[\n.!?;:。！？；：]+")


def materials_of(
    tx: Tx, brand_id: int, text: str, claimed: Sequence[str], uploads: Sequence[str]
) -> list[str]:
    """The materials that a text and its uploads hold, each once. `claimed` is what was put into it;
    of articles and macros only those count that still stand there."""
    if len(claimed) > MOST or not all(_MATERIAL.fullmatch(each) for each in claimed):
        raise Invalid(materials="unknown")
    by_kind: dict[str, list[int]] = {"article": [], "macro": []}
    others = []
    for each in dict.fromkeys(claimed):
        kind, _, name = each.partition(":")
        if kind in by_kind:
            by_kind[kind] += [int(name)] if name.isdecimal() and len(name) < 16 else []
        elif kind != "file":
            others.append(each)
    found = [
        *(f"article:{each}" for each in _articles(tx, brand_id, text, by_kind["article"])),
        *(f"macro:{each}" for each in _macros(tx, text, by_kind["macro"])),
        *(f"file:{each}" for each in _files(tx, text, uploads)),
        *others,
    ]
    return list(dict.fromkeys(found))


def stands_in(text: str, material: str) -> bool:
    """Whether at least half of a material's sentences stand in a text."""
    return _stands(_flat(text), material)


def _stands(flat: str, material: str) -> bool:
    parts = [part for part in map(_flat, _CUT.split(material)) if part]
    parts = [part for part in parts if len(part) >= SHORTEST] or parts
    whole = sum(map(len, parts))
    held = sum(len(part) for part in parts if part in flat)
    return whole > 0 and held >= HELD * whole


def _flat(text: str) -> str:
    return " ".join(text.casefold().split())


def _articles(tx: Tx, brand_id: int, text: str, put_in: Sequence[int]) -> Iterable[int]:
    links = set(_LINK.findall(text)) if "/help/" in text else set()
    found = []
    if links:
        rows = tx.execute(
            select(articles.c.id, articles.c.slug, brands.c.slug.label("brand"))
            .join(brands, brands.c.id == articles.c.brand_id)
            .where(brands.c.id == brand_id, articles.c.slug.in_({slug for _, slug in links}))
        )
        found += [row.id for row in rows if (row.brand, row.slug) in links]
    if put_in:
        rows = tx.execute(
            select(article_texts.c.article_id, article_texts.c.body)
            .join(articles, articles.c.id == article_texts.c.article_id)
            .where(articles.c.id.in_(put_in), articles.c.brand_id == brand_id)
        )
        flat = _flat(plain(text))
        found += [row.article_id for row in rows if _stands(flat, plain(row.body))]
    return found


def _macros(tx: Tx, text: str, put_in: Sequence[int]) -> Iterable[int]:
    if not put_in:
        return ()
    rows = tx.execute(select(macros.c.id, macros.c.text).where(macros.c.id.in_(put_in)))
    flat = _flat(text)
    return [row.id for row in rows if _stands(flat, row.text)]


def _files(tx: Tx, text: str, uploads: Sequence[str]) -> Iterable[str]:
    """Their hashes; pictures that stand in the text are part of it."""
    keys = set(uploads) - set(pictures_in(text)) if uploads else set()
    if not keys:
        return ()
    return tx.execute(
        select(files.c.hash)
        .join(attachments, attachments.c.file_id == files.c.id)
        .where(attachments.c.key.in_(keys))
        .order_by(attachments.c.id)
    ).scalars()

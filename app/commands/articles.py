"""`switchroom import-articles` and `export-articles`: articles in and out on the machine itself."""

import asyncio
import io
import sys
import zipfile
from pathlib import Path

from sqlalchemy import Connection, or_, select

from app.commands.migrate import bring_up_to_date
from app.exchange import Look, export_articles, look_at, read_parcel, take_parcel
from app.models.agent import agents
from app.models.organisation import brands
from app.pages.locales import locale_of_tag
from app.runtime import build_runtime
from app.security.permissions import Actor, load_actor
from app.settings import Settings
from knowledge.exchange.values import Parcel, Unreadable

SHOWN = 50
FOUND = "A running server finds what of them is published in a few seconds."


class Refused(Exception):
    """It cannot be done; the words say why."""


def import_articles(
    path: Path, brand: str, kind: str, locale: str, *, as_drafts: bool = False, yes: bool = False
) -> int:
    """Say what a file or folder would change; with `yes`, change it. Returns the exit code."""
    language = locale_of_tag(locale)
    if language is None:
        print(f"{locale!r} is no language of this product.", file=sys.stderr)
        return 1
    try:
        parcel = read_parcel(kind, path.name, _bytes(path), language)
    except Unreadable as error:
        print(f"{path} cannot be read as {kind}: {error.why}", file=sys.stderr)
        return 1
    except OSError as error:
        print(error, file=sys.stderr)
        return 1
    try:
        asyncio.run(_import(_settings(), parcel, brand, as_drafts=as_drafts, yes=yes))
    except Refused as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def export(path: Path, brand: str) -> int:
    """Write a ZIP of a brand's articles as Markdown; returns the exit code."""
    try:
        data = asyncio.run(_export(_settings(), brand))
        path.write_bytes(data)
    except (Refused, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{path}: {len(data) / 1e6:.1f} MB")
    return 0


async def _import(
    settings: Settings, parcel: Parcel, brand: str, *, as_drafts: bool, yes: bool
) -> None:
    runtime = build_runtime(settings)
    try:
        actor, brand_id = await runtime.db.query(_who, brand)
        look = await look_at(runtime, actor, brand_id, parcel, as_drafts=as_drafts)
        _print(look)
        if not yes:
            print("Nothing is written yet; say --yes to take them.")
            return
        counts = await take_parcel(runtime, actor, brand_id, parcel, as_drafts=as_drafts)
        print(f"Taken: {counts['new']} new, {counts['changed']} changed.")
        if counts["new"] + counts["changed"]:
            print(FOUND)
    finally:
        await runtime.db.close()


async def _export(settings: Settings, brand: str) -> bytes:
    runtime = build_runtime(settings)
    try:
        actor, brand_id = await runtime.db.query(_who, brand)
        return await export_articles(runtime, actor, brand_id)
    finally:
        await runtime.db.close()


def _print(look: Look) -> None:
    counts = look.counts
    print(
        f"{counts['new']} new, {counts['changed']} changed, {counts['unchanged']} as they are, "
        f"{counts['refused']} refused"
    )
    for refused in look.refused[:SHOWN]:
        print(f"  refused: {refused.where}: {refused.why}")
    if len(look.refused) > SHOWN:
        print(f"  and {len(look.refused) - SHOWN} more")
    for doubt in look.doubts[:SHOWN]:
        print(f"  look at: {doubt.where}: {doubt.why}")


def _who(conn: Connection, brand: str) -> tuple[Actor, int]:
    """The first administrator, in whose name it is written, and the brand by slug or id."""
    admin = conn.execute(
        select(agents.c.id).where(agents.c.role == "admin", agents.c.active).order_by(agents.c.id)
    ).scalar()
    actor = load_actor(conn, admin) if admin is not None else None
    if actor is None:
        raise Refused("There is no administrator yet; see create-admin.")
    number = int(brand) if brand.isdecimal() else 0
    found = conn.execute(
        select(brands.c.id).where(or_(brands.c.slug == brand, brands.c.id == number))
    ).scalar()
    if found is None:
        known = ", ".join(conn.execute(select(brands.c.slug).order_by(brands.c.slug)).scalars())
        raise Refused(f"There is no brand {brand!r}. There are: {known}")
    return actor, int(found)


def _settings() -> Settings:
    settings = Settings()
    bring_up_to_date(settings)
    return settings


def _bytes(path: Path) -> bytes:
    """A file as it is; a folder as the archive of its files."""
    if not path.is_dir():
        return path.read_bytes()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for file in sorted(path.rglob("*")):
            if file.is_file() and not any(part.startswith(".") for part in file.parts):
                archive.write(file, file.relative_to(path).as_posix())
    return packed.getvalue()

"""What `doctor` looks at, but for the mail servers: each check says what to do."""

import asyncio
import shutil
import ssl
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import urlsplit

from sqlalchemy import Connection, func, select, text

from app import clock
from app.commands.migrate import revisions, sqlite_revision
from app.models.agent import agents
from app.models.work import outbox, raw_mails
from app.queries.worker_errors import worker_errors
from app.runtime import Runtime, build_runtime
from app.settings import Settings

GB = 1_000_000_000
SAFE_SQLITE = (3, 51, 3)  # earlier ones can damage a database in WAL mode


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    verdict: Literal["ok", "warn", "fail"]
    words: str


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Runtime]:
    """The installation, for a look."""
    runtime = build_runtime(settings)
    try:
        yield runtime
    finally:
        await runtime.db.close()


async def data_folder(settings: Settings) -> list[Finding]:
    """Is there room, and is the secret nobody else's to read?"""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.data_dir).free
    room = f"{free / GB:.1f} GB free in {settings.data_dir}"
    if free < GB // 5:
        found = [Finding("fail", f"only {room}; make room, or mail cannot be kept.")]
    elif free < 2 * GB:
        found = [Finding("warn", f"only {room}; make room soon.")]
    else:
        found = [Finding("ok", room)]
    secret = settings.data_dir / "secret"
    if secret.exists() and stat.S_IMODE(secret.stat().st_mode) & 0o077:
        found.append(Finding("fail", f"others can read {secret}; run: chmod 600 {secret}"))
    return found


async def sqlite(settings: Settings) -> list[Finding]:
    """Is the SQLite that is used one without the known way to damage a database?"""
    if settings.uses_postgres:
        return [Finding("ok", "not used; the database is PostgreSQL")]
    version: tuple[int, ...] = sys.modules["sqlite3"].sqlite_version_info
    words = ".".join(map(str, version))
    if version < SAFE_SQLITE:
        return [Finding("fail", f"{words} can damage the database; pip install pysqlite3")]
    return [Finding("ok", words)]


async def database(settings: Settings) -> list[Finding]:
    """Does it answer, and is it at this version?"""
    if not settings.uses_postgres:
        current = sqlite_revision(settings)
        if current is None:
            return [Finding("warn", "not there yet; switchroom serve makes it")]
        if current not in revisions():
            return [Finding("fail", f"at {current}, newer than this program; update the program")]
        if current != revisions()[-1]:
            return [Finding("fail", f"at {current}; run: switchroom migrate")]
    async with opened(settings) as runtime, runtime.db.read() as conn:
        if settings.uses_postgres:
            current = (await conn.execute(text("SELECT version_num FROM alembic_version"))).scalar()
            if current != revisions()[-1]:
                return [Finding("fail", f"at {current}; run: switchroom migrate")]
        people = (await conn.execute(select(func.count()).select_from(agents))).scalar()
    found = [Finding("ok", f"answers, at version {current}")]
    if not people:
        found.append(
            Finding("warn", "nobody can sign in yet; open the link that switchroom serve prints")
        )
    return found


async def bus(settings: Settings) -> list[Finding]:
    """Does Redis answer, where it is set?"""
    if not settings.redis_url:
        if settings.uses_postgres:
            return [Finding("warn", "REDIS_URL is not set: run one process only")]
        return [Finding("ok", "in process")]
    from redis.asyncio import Redis

    redis: Any = Redis.from_url(settings.redis_url, socket_timeout=5)
    try:
        await redis.ping()
    except Exception as error:
        return [Finding("fail", f"Redis does not answer ({error}); check REDIS_URL")]
    finally:
        await redis.aclose()
    return [Finding("ok", "Redis answers")]


async def system_clock(settings: Settings) -> list[Finding]:
    """Does this machine agree with the database's machine about the time?"""
    now = datetime.now(UTC)
    if now.year < 2026:
        return [Finding("fail", f"it says {now:%Y-%m-%d}; set the clock, or leases go wrong")]
    if not settings.uses_postgres:
        return [Finding("ok", f"{now:%Y-%m-%d %H:%M} UTC")]
    async with opened(settings) as runtime, runtime.db.read() as conn:
        theirs = (await conn.execute(text("SELECT extract(epoch FROM clock_timestamp())"))).scalar()
    apart_s = abs(float(theirs or 0) - clock.now() / 1000)
    if apart_s > 2:
        return [Finding("fail", f"{apart_s:.0f} s from the database's; use NTP on both")]
    return [Finding("ok", f"{apart_s * 1000:.0f} ms from the database's")]


async def public_address(settings: Settings) -> list[Finding]:
    """Is PUBLIC_URL set, does it lead here, and how long is its certificate good?"""
    if not settings.public_url:
        return [Finding("warn", "PUBLIC_URL is not set: links lead to this machine only")]
    url = urlsplit(settings.public_url)
    if url.scheme not in ("http", "https") or not url.hostname:
        return [Finding("fail", f"PUBLIC_URL is {settings.public_url!r}; it begins with https://")]
    if url.scheme == "http":
        local = url.hostname in ("localhost", "127.0.0.1")
        return [Finding("ok" if local else "fail", "no TLS: passwords travel in the open")]
    try:
        days = await _certificate_days(url.hostname, url.port or 443)
    except (OSError, ssl.SSLError, TimeoutError) as error:
        return [Finding("fail", f"{settings.public_url} cannot be reached with TLS: {error}")]
    if days < 14:
        return [Finding("warn", f"the certificate ends in {days} days; renew it")]
    return [Finding("ok", f"{settings.public_url}, the certificate is good for {days} days")]


async def _certificate_days(host: str, port: int) -> int:
    async with asyncio.timeout(10):
        _, writer = await asyncio.open_connection(host, port, ssl=ssl.create_default_context())
    certificate = writer.get_extra_info("ssl_object").getpeercert()
    writer.close()
    ends = ssl.cert_time_to_seconds(certificate["notAfter"])
    return int(ends - clock.now() / 1000) // 86_400


async def workers(settings: Settings) -> list[Finding]:
    """What the workers struggle with, and what waits for a person."""
    if not settings.uses_postgres and sqlite_revision(settings) is None:
        return []
    async with opened(settings) as runtime:
        errors = await runtime.db.query(worker_errors)
        unread, unsent = await runtime.db.query(_stuck)
    found = [Finding("fail", f"{e.worker} failed {e.times} times: {e.error}") for e in errors]
    if unread:
        found.append(Finding("warn", f"{unread} mails could not be read; see the inboxes' page"))
    if unsent:
        found.append(Finding("warn", f"{unsent} mails were not sent; see their conversations"))
    return found or [Finding("ok", "no errors")]


def _stuck(conn: Connection) -> tuple[int, int]:
    unread = select(func.count()).select_from(raw_mails).where(raw_mails.c.state == "failed")
    unsent = select(func.count()).select_from(outbox)
    unsent = unsent.where(outbox.c.state.in_(("failed", "uncertain")))
    return conn.execute(unread).scalar_one(), conn.execute(unsent).scalar_one()

"""What a running installation consists of: made once by `main`, used by web and workers alike."""

import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from app.db import Database
from app.events import Event
from app.files import FileStore
from app.knowledge_index import KnowledgeIndex
from app.live.live import Live
from app.looks import Looks
from app.metrics import Metrics
from app.models.journal import record
from app.pages import Pages
from app.queries.wallboard import BoardCache
from app.security.rate_limit import RateLimits
from app.settings import ROOT, Settings

_log = structlog.get_logger(__name__)
Listener = Callable[[Sequence[Event]], None]


@dataclass(slots=True)
class Runtime:
    """One installation at run time.

    `listeners` hear every committed batch of events, in order, those of other processes too; `gaps`
    are called when events of other processes may have been lost.
    """

    settings: Settings
    db: Database
    files: FileStore
    pages: Pages
    secret: bytes
    limits: RateLimits
    live: Live
    knowledge: KnowledgeIndex
    looks: Looks
    metrics: Metrics = field(default_factory=Metrics)
    board: BoardCache = field(default_factory=BoardCache)
    listeners: list[Listener] = field(default_factory=list)
    gaps: list[Callable[[], None]] = field(default_factory=list)

    def publish(self, events: Sequence[Event]) -> None:
        """Tell everybody who listens; called on the event loop after each commit."""
        self.hear(events)
        self.live.bus.send(events)

    def hear(self, events: Sequence[Event]) -> None:
        """Events of this or another process; one listener's failure is not the others'."""
        for listener in self.listeners:
            try:
                listener(events)
            except Exception:
                _log.exception("listener_failed", listener=repr(listener))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep the live side, the index and the bus to other processes going for as long as the
        block."""

        def missed() -> None:
            for gap in self.gaps:
                gap()

        await self.live.bus.start(self.hear, self.live.viewers.hear, missed)
        await self.live.start()
        await self.knowledge.start()
        try:
            yield
        finally:
            await self.looks.kept()
            await self.knowledge.stop()
            await self.live.stop()
            await self.live.bus.stop()


def build_runtime(settings: Settings) -> Runtime:
    """Open the installation that the settings describe; nothing is migrated here."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    db = Database(database_url(settings), record=record)
    live = Live(db, redis_url=settings.redis_url, session_idle_h=settings.session_idle_h)
    knowledge = KnowledgeIndex(db, settings.data_dir / "knowledge")
    runtime = Runtime(
        settings=settings,
        db=db,
        files=FileStore(settings.data_dir / "files"),
        pages=Pages(ROOT / "templates", ROOT / "locale"),
        secret=read_secret(settings),
        limits=RateLimits(settings.redis_url),
        live=live,
        knowledge=knowledge,
        looks=Looks(db),
        listeners=[live.hear, knowledge.changed],
        gaps=[live.missed, knowledge.missed],
    )
    runtime.db.publish = runtime.publish
    runtime.db.topics = knowledge.classes.topics_of
    runtime.db.secret = runtime.secret
    runtime.db.observer = runtime.metrics
    _watch(runtime.metrics, live)
    return runtime


def _watch(metrics: Metrics, live: Live) -> None:
    """What the live side counts by itself, asked for at each scrape."""
    hub = live.hub
    metrics.watch("live_sockets", "Browsers that are connected.", lambda: len(live.clients))
    metrics.watch("live_frames", "Frames published to sockets.", lambda: hub.frames, counter=True)
    metrics.watch(
        "live_sockets_too_slow",
        "Sockets closed because they could not keep up.",
        lambda: hub.too_slow,
        counter=True,
    )


def database_url(settings: Settings) -> str:
    """The URL of the database: PostgreSQL's own, or the SQLite file in DATA_DIR."""
    return settings.database_url or f"sqlite:///{settings.sqlite_path}"


def read_secret(settings: Settings) -> bytes:
    """The key that signs tokens: SECRET_KEY, or a file in DATA_DIR that is made once."""
    if settings.secret_key:
        return settings.secret_key.encode()
    path: Path = settings.data_dir / "secret"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32))
    return path.read_text().strip().encode()

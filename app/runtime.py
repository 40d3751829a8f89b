"""What a running installation consists of: made once by `main`, used by web and workers alike."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from app.db import Database
from app.events import Event
from app.files import FileStore
from app.models.journal import record
from app.pages import Pages
from app.security.rate_limit import RateLimits
from app.settings import ROOT, Settings

Listener = Callable[[Sequence[Event]], None]


@dataclass(slots=True)
class Runtime:
    """One installation at run time. `listeners` hear every committed batch of events, in order."""

    settings: Settings
    db: Database
    files: FileStore
    pages: Pages
    secret: bytes
    limits: RateLimits
    listeners: list[Listener] = field(default_factory=list)

    def publish(self, events: Sequence[Event]) -> None:
        """Tell everybody who listens; called on the event loop after each commit."""
        for listener in self.listeners:
            listener(events)


def build_runtime(settings: Settings) -> Runtime:
    """Open the installation that the settings describe; nothing is migrated here."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    runtime = Runtime(
        settings=settings,
        db=Database(database_url(settings), record=record),
        files=FileStore(settings.data_dir / "files"),
        pages=Pages(ROOT / "templates", ROOT / "locale"),
        secret=read_secret(settings),
        limits=RateLimits(settings.redis_url),
    )
    runtime.db.publish = runtime.publish
    return runtime


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

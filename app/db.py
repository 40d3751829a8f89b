"""Engines, read sessions and the one way to change anything: `await db.write(action, ...)`.

An action is a plain synchronous function of a `Tx`. On SQLite one writer thread with one connection
runs the actions that have queued up, a SAVEPOINT each, and commits once for all of them (group
commit, synchronous=FULL): an answer is given only after the commit. On PostgreSQL each action is a
transaction of its own. Events are written in the same transaction and published after the commit.
"""

import asyncio
import queue
import sqlite3
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from app import clock
from app.events import Event


def _use_newer_sqlite() -> None:
    """Put wheel pysqlite3 in place of a stdlib SQLite with the WAL-reset bug (before 3.51.3)."""
    if sqlite3.sqlite_version_info >= (3, 51, 3):
        return
    try:
        import pysqlite3
        import pysqlite3.dbapi2
    except ImportError:  # other platforms run on what they have, and doctor says so
        return
    sys.modules["sqlite3"] = pysqlite3
    sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2


_use_newer_sqlite()

from sqlalchemy import Connection, Executable, create_engine, event  # noqa: E402
from sqlalchemy.engine import CursorResult, Engine  # noqa: E402
from sqlalchemy.exc import DBAPIError, IntegrityError  # noqa: E402
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine  # noqa: E402

P = ParamSpec("P")
T = TypeVar("T")
Publish = Callable[[Sequence[Event]], None]
Topics = Callable[[str, int], Sequence[tuple[str, float]]]  # text, brand → (topic, confidence)

TRIES = 4  # of a write on PostgreSQL that lost a race against another one
STATEMENTS = 500  # kept prepared by each connection to PostgreSQL; more are in use than 100
BATCH = 128  # actions to one commit at most: bounds how long the first of them waits


class Conflict(Exception):
    """The write was refused because the world has moved on; `code` says how."""

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


class NotFound(Exception):
    """No such thing, or the actor may not see it: to them that is the same."""


class Invalid(Exception):
    """The input cannot be used; `errors` says per field why, in a code the screens translate."""

    def __init__(self, **errors: str) -> None:
        super().__init__(", ".join(f"{name}: {why}" for name, why in errors.items()))
        self.errors = errors


def no_topics(text: str, brand_id: int) -> Sequence[tuple[str, float]]:
    """Nothing was learned of topics."""
    return ()


@dataclass(slots=True)
class Tx:
    """What an action works with: the connection, the moment, the events it has caused, and what
    this process has learned of topics."""

    conn: Connection
    now: int
    events: list[Event] = field(default_factory=list)
    topics: Topics = no_topics
    secret: bytes = b""  # of the installation: what is hashed with it tells outsiders nothing

    def execute(self, statement: Executable, *args: Any) -> CursorResult[Any]:
        """Run a statement inside the write."""
        return self.conn.execute(statement, *args)

    def emit(self, fact: Event) -> None:
        """Note a fact: it is stored with this write and published after its commit."""
        self.events.append(fact)


Record = Callable[[Tx], None]


class Observer(Protocol):
    """Who wants to know how writing goes; called from any thread, must not wait."""

    def wrote(self, action: str, seconds: float, outcome: str) -> None:
        """An action ended so long after it was asked for: "done", "refused" or "failed"."""

    def committed(self, actions: int) -> None:
        """So many actions shared a commit."""


@dataclass(slots=True)
class _Job:
    run: Callable[[Tx], Any]
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[Any]
    now: int
    alone: bool = False  # outside of every transaction


class Database:
    """One installation's database: `read()` for queries, `write()` for actions.

    `record` stores a write's events (see `models.journal`); `publish` hands them to the live side
    after the commit, on the event loop, in the order of the commits.
    """

    def __init__(self, url: str, *, record: Record, publish: Publish | None = None) -> None:
        self.url = url
        self.is_postgres = url.startswith("postgres")
        self.publish: Publish = publish or (lambda events: None)
        self.observer: Observer | None = None
        self.topics: Topics = no_topics
        self.secret = b""
        self._record = record
        self._reads = self._make_async_engine()
        self._writer = None
        if not self.is_postgres:
            self._writer = _Writer(
                url,
                record,
                self._publish_batch,
                self._committed,
                lambda text, brand_id: self.topics(text, brand_id),
                lambda: self.secret,
            )

    def _publish_batch(self, events: Sequence[Event]) -> None:
        self.publish(events)

    def _committed(self, actions: int) -> None:
        if self.observer is not None:
            self.observer.committed(actions)

    def _make_async_engine(self) -> AsyncEngine:
        if self.is_postgres:
            url = self.url.replace("postgresql://", "postgresql+asyncpg://")
            # No ping before each use: it would be a tenth of what a chat costs. Who finds a
            # connection cut (a restarted server) tries again on a new one: see `_was_cut`.
            # The connection used last comes first: it has the statements of now prepared.
            return create_async_engine(
                url,
                pool_size=10,
                max_overflow=10,
                pool_use_lifo=True,
                hide_parameters=True,
                connect_args={"prepared_statement_cache_size": STATEMENTS},
            )
        engine = create_async_engine(
            self.url.replace("sqlite://", "sqlite+aiosqlite://"),
            pool_size=8,
            max_overflow=8,
            hide_parameters=True,
        )
        event.listen(engine.sync_engine, "connect", _prepare_reader)
        return engine

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection for reading; close it before rendering or awaiting anything slow."""
        if self.is_postgres:  # it cannot be tried again in the middle: what was cut goes first
            await self.query(lambda conn: conn.exec_driver_sql("SELECT 1"))
        async with self._reads.connect() as conn:
            yield conn

    async def query(
        self, run: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a whole synchronous query in one thread hop: several statements, one trip."""
        for attempt in range(TRIES):
            try:
                async with self._reads.connect() as conn:
                    return await conn.run_sync(lambda sync: run(sync, *args, **kwargs))
            except DBAPIError as error:
                if attempt + 1 == TRIES or not _was_cut(error):
                    raise
        raise AssertionError("the last try returns or raises")

    async def write(
        self, action: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run an action, commit, then publish its events; returns what the action returned.

        Whatever the action raises is raised here, and nothing of it is stored.
        """

        def run(tx: Tx) -> T:
            return action(tx, *args, **kwargs)

        if self.observer is None:
            return await self._submit(run)
        began, outcome = time.perf_counter(), "failed"
        try:
            result = await self._submit(run)
            outcome = "done"
            return result
        except (Conflict, Invalid, NotFound):
            outcome = "refused"
            raise
        finally:
            name = getattr(action, "__name__", "action")
            self.observer.wrote(name, time.perf_counter() - began, outcome)

    async def _submit(self, run: Callable[[Tx], T]) -> T:
        if self._writer is not None:
            return await self._writer.submit(run)  # type: ignore[no-any-return]
        # A caller that goes away must not leave a commit unpublished: the write runs on its own.
        return await asyncio.shield(asyncio.ensure_future(self._write_postgres(run)))

    async def _write_postgres(self, run: Callable[[Tx], T]) -> T:
        def in_sync(conn: Connection) -> tuple[T, list[Event]]:
            tx = Tx(conn, clock.now(), topics=self.topics, secret=self.secret)
            result = run(tx)
            self._record(tx)
            return result, tx.events

        for attempt in range(TRIES):
            committing = False
            try:
                async with self._reads.begin() as conn:
                    result, events = await conn.run_sync(in_sync)
                    committing = True  # if it is cut from here on, nobody knows what was stored
                break
            except DBAPIError as error:
                again = _lost_a_race(error) or (_was_cut(error) and not committing)
                if attempt + 1 == TRIES or not again:
                    raise
        self._committed(1)
        if events:
            self.publish(events)
        return result

    async def compact(self) -> None:
        """Rewrite a SQLite file without what was deleted from it, its log as well; writes wait."""
        if self._writer is not None:
            await self._writer.submit(_compact, alone=True)

    async def close(self) -> None:
        """Finish the writes that were taken, then close every connection."""
        if self._writer is not None:
            await asyncio.to_thread(self._writer.stop)
        await self._reads.dispose()


def _compact(tx: Tx) -> None:
    driver: Any = tx.conn.connection.driver_connection
    for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)", "PRAGMA secure_delete=OFF"):
        driver.execute(statement).fetchall()


_Outcome = tuple[_Job, Any, BaseException | None]  # the job, (result, events), the error


def _lost_a_race(error: DBAPIError) -> bool:
    """Two writes met on PostgreSQL: the same row was made twice, or they waited for each other.

    Actions look before they insert, so the second try finds what the other one has made.
    """
    state = getattr(error.orig, "sqlstate", "")
    return isinstance(error, IntegrityError) or state in ("40001", "40P01")


def _was_cut(error: DBAPIError) -> bool:
    """The connection was closed from the other side; the pool has dropped its others as well."""
    return error.connection_invalidated


def _prepare_reader(dbapi: Any, _: Any) -> None:
    cursor = dbapi.cursor()
    cursor.execute("PRAGMA query_only=ON")
    cursor.execute("PRAGMA busy_timeout=5000")
    cursor.execute("PRAGMA cache_size=-16000")
    cursor.close()


def sqlite_writer_engine(url: str) -> Engine:
    """The one engine that may write to a SQLite file; BEGIN IMMEDIATE so that writers queue up."""
    engine = create_engine(url, pool_size=1, max_overflow=0, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def prepare(dbapi: Any, _: Any) -> None:
        dbapi.isolation_level = None
        cursor = dbapi.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "busy_timeout=10000",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(conn: Connection) -> None:
        conn.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


class _Writer:
    """The writer thread: takes what has queued up, one SAVEPOINT an action, one COMMIT for all."""

    def __init__(
        self,
        url: str,
        record: Record,
        publish: Publish,
        committed: Callable[[int], None],
        topics: Topics,
        secret: Callable[[], bytes],
    ) -> None:
        self._engine = sqlite_writer_engine(url)
        self._topics = topics
        self._secret = secret
        self._record = record
        self._publish = publish
        self._committed = committed
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
        self._started = threading.Lock()
        self._stopped = False

    async def submit(self, run: Callable[[Tx], Any], *, alone: bool = False) -> Any:
        if self._stopped:
            raise RuntimeError("the database is closed")
        with self._started:
            if not self._thread.is_alive():
                self._thread.start()
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Any] = loop.create_future()
        self._jobs.put(_Job(run, loop, done, clock.now(), alone))
        # A caller that is cancelled must not undo a write that others share: let it finish.
        return await asyncio.shield(done)

    def stop(self) -> None:
        self._stopped = True
        if self._thread.is_alive():
            self._jobs.put(None)
            self._thread.join()
        self._engine.dispose()

    def _work(self) -> None:
        while True:
            first = self._jobs.get()
            if first is None:
                return
            batch, last = [first], False
            while len(batch) < BATCH and not self._jobs.empty():
                job = self._jobs.get()
                if job is None:
                    last = True
                    break
                batch.append(job)
            self._commit(batch)
            if last:
                return

    def _commit(self, batch: list[_Job]) -> None:
        outcomes: list[_Outcome] = [self._run_alone(job) for job in batch if job.alone]
        batch = [job for job in batch if not job.alone]
        try:
            with self._engine.begin() as conn:
                for job in batch:
                    outcomes.append(self._run(conn, job))
        except Exception as error:  # the commit itself failed: nobody's write is stored
            outcomes = [one for one in outcomes if one[0].alone]
            outcomes += [(job, None, error) for job in batch]
        else:
            self._committed(len(batch))
        by_loop: dict[asyncio.AbstractEventLoop, list[_Outcome]] = {}
        for outcome in outcomes:
            by_loop.setdefault(outcome[0].loop, []).append(outcome)
        for loop, part in by_loop.items():
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._settle, part)

    def _run_alone(self, job: _Job) -> _Outcome:
        try:
            with self._engine.connect() as conn:
                job.run(Tx(conn, job.now))
        except Exception as error:  # raised again where it was asked for
            return job, None, error
        return job, (None, []), None

    def _run(self, conn: Connection, job: _Job) -> _Outcome:
        tx = Tx(conn, job.now, topics=self._topics, secret=self._secret())
        driver: Any = conn.connection.driver_connection  # SQLAlchemy's way costs 30 us a statement
        driver.execute("SAVEPOINT action")
        try:
            result = job.run(tx)
            self._record(tx)
        except Exception as error:  # raised again where the action was asked for
            driver.execute("ROLLBACK TO action")
            driver.execute("RELEASE action")
            return job, None, error
        driver.execute("RELEASE action")
        return job, (result, tx.events), None

    def _settle(self, outcomes: list[_Outcome]) -> None:
        """On the event loop: publish the batch in commit order, then answer those who wait."""
        events = [fact for _, answer, error in outcomes if error is None for fact in answer[1]]
        for job, answer, error in outcomes:
            if job.done.cancelled():
                continue
            if error is not None:
                job.done.set_exception(error)
            else:
                job.done.set_result(answer[0])
        if events:
            self._publish(events)

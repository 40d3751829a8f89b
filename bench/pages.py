"""The agent's list and thread: statements, and CPU beside the least that such a page can cost.

The least is: the same statements, and the page around rows or messages whose HTML is ready. Search
and pages far down are compared at 10,000 and at 100,000 conversations, asked for in turns.
"""

import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

from sqlalchemy import event, insert

from app.db import Tx
from app.logs import configure_logging
from app.main import create_app
from app.migrate import migrate
from app.models.agent import agents, presence
from app.models.conversation import conversations, messages
from app.models.customer import customers
from app.models.organisation import brands, inboxes, queues
from app.queries.inbox import View, inbox_page
from app.queries.thread import thread
from app.runtime import Runtime
from app.security.permissions import Actor
from app.security.sessions import Session, find_session, open_session
from app.settings import Settings
from app.web.console.draw import draw, draw_message, row_drawer
from app.web.console.inbox import _list_and_desk, _thread_and_card
from bench.harness import Report, alternate_async, cpu_us_async, percentile
from knowledge.text import searchable

OPEN, MANY = 10_000, 100_000
REQUESTS = 40
GROWTH_REQUESTS = 60
WORDS = ("tea", "pot", "kettle", "order", "refund", "parcel", "late", "gift", "broken", "lid")


@dataclass(frozen=True, slots=True)
class Place:
    """An installation with conversations in it, and who looks at them."""

    app: Any
    runtime: Runtime
    session: Session
    token: str

    @property
    def actor(self) -> Actor:
        """Who looks."""
        return self.session.actor


async def run(report: Report) -> None:
    """Measure and report; takes about a minute."""
    configure_logging("error", "text")
    async with AsyncExitStack() as stack:
        small = await _place(stack, OPEN)
        await _list(report, small)
        await _thread(report, small)
        large = await _place(stack, MANY)
        await _growth(report, small, large)


async def _list(report: Report, place: Place) -> None:
    view = View("all")

    async def least() -> object:
        page, desk = await place.runtime.db.query(_list_and_desk, place.actor, view)
        bare = replace(page, rows=())
        html = _render(place, "console/inbox.html", view, page=bare, desk=desk, **_NOTHING)
        return html.replace('<ul class="rows"', rows)

    page, _ = await place.runtime.db.query(_list_and_desk, place.actor, view)
    draw_row = row_drawer(place.runtime.pages, view, place.session, None)
    drawn = [draw_row(row) for row in page.rows]
    rows = '<ul class="rows">' + "".join(drawn)
    await _compare(
        report,
        place,
        "list of 50 of 10,000",
        "/inbox?view=all",
        least,
        (inbox_page, place.actor, view),
    )


async def _thread(report: Report, place: Place) -> None:
    path = "/inbox/1?view=all"
    headers = {b"hx-request": b"true", b"hx-target": b"div#panes"}

    async def least() -> object:
        read = await place.runtime.db.query(_thread_and_card, place.actor, 1)
        read["thread"] = replace(read["thread"], messages=())
        html = _render(place, "console/_panes.html", View("all"), **read, open_id=1, shows="")
        return html.replace("</ol>", items)

    found = await place.runtime.db.query(thread, place.actor, 1)
    drawn = [draw_message(place.runtime.pages, item, "en", "UTC") for item in found.messages]
    items = "".join(drawn)
    await _compare(
        report, place, "thread of 50 messages", path, least, (thread, place.actor, 1), headers
    )


_NOTHING: dict[str, Any] = {"thread": None, "card": None, "shows": "list", "open_id": None}


async def _compare(
    report: Report,
    place: Place,
    name: str,
    path: str,
    least: Callable[[], Awaitable[object]],
    read: tuple[Any, ...],
    headers: dict[bytes, bytes] | None = None,
) -> None:
    async def whole() -> object:
        return await _get(place, path, headers)

    with _statements(place.runtime) as seen:
        await place.runtime.db.query(*read)
    report(f"{name}: statements", len(seen), "statements", goal="<= 4")
    await whole()
    found = await alternate_async(
        lambda: cpu_us_async(whole, REQUESTS), lambda: cpu_us_async(least, REQUESTS)
    )
    report(name, found.a, "us CPU", beside=found.b, ratio=found.ratio, goal="<= 1.5")


async def _growth(report: Report, small: Place, large: Place) -> None:
    paths = {
        "list": "/inbox?view=all",
        "list, second page": f"/inbox/list?view=all&before={OPEN * 500}.{OPEN // 2}",
        "thread": "/inbox/1?view=all",
        "search": "/inbox/list?view=all&q=kettle+invoice",
        "search for a common word": "/inbox/list?view=all&q=kettle",
        "search without a hit": "/inbox/list?view=all&q=zeppelin",
    }
    for name, path in paths.items():
        few, many = await _p95(small, large, path)
        report(f"{name}: p95 at {MANY:,}", many, "ms", few, many / few, "<= 2")


async def _p95(small: Place, large: Place, path: str) -> tuple[float, float]:
    """Of the same page at both, asked for in turns: what else the machine does hits them alike."""
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(GROWTH_REQUESTS + 1):
        for place, times in zip((small, large), taken, strict=True):
            began = perf_counter()
            await _get(place, path)
            times.append((perf_counter() - began) * 1000)
    return percentile(taken[0][1:], 0.95), percentile(taken[1][1:], 0.95)


async def _get(place: Place, path: str, headers: dict[bytes, bytes] | None = None) -> bytes:
    """One request straight into the application."""
    plain, _, query = path.partition("?")
    sent = {
        b"host": b"127.0.0.1:8000",
        b"accept": b"text/html",
        b"cookie": f"session={place.token}".encode(),
        **(headers or {}),
    }
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
        "scheme": "http", "path": plain, "raw_path": plain.encode(),
        "query_string": query.encode(), "root_path": "", "headers": list(sent.items()),
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8000), "state": {},
    }  # fmt: skip
    status, body = 0, b""

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        nonlocal status, body
        status = message.get("status", status)
        body += message.get("body", b"")

    await place.app(scope, receive, send)
    if status != 200:
        raise RuntimeError(f"{path} answered {status}")
    return body


def _render(place: Place, template: str, view: View, **context: Any) -> str:
    return draw(place.runtime, place.session, template, view=view, section="inbox", **context)


@contextmanager
def _statements(runtime: Runtime) -> Iterator[list[str]]:
    seen: list[str] = []
    engine = runtime.db._reads.sync_engine

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


async def _place(stack: AsyncExitStack, count: int) -> Place:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    settings = Settings(data_dir=folder, workers=False, secret_key="bench", log_level="error")
    migrate(f"sqlite:///{settings.sqlite_path}")
    app = create_app(settings)
    await stack.enter_async_context(app.router.lifespan_context(app))
    runtime: Runtime = app.state.runtime
    await runtime.db.write(_fill, count)
    token = await runtime.db.write(open_session, 1, 14)
    session = await runtime.db.query(find_session, token, 0, 12)
    if session is None:
        raise RuntimeError("there is nobody to look")
    return Place(app, runtime, session, token)


def _fill(tx: Tx, count: int) -> None:
    """An agent and `count` open conversations of two messages; the first has fifty."""
    tx.execute(insert(brands).values(name="Tea", slug="tea", created_at=0))
    tx.execute(insert(queues).values(name="General", brand_id=1, created_at=0))
    tx.execute(
        insert(inboxes).values(
            brand_id=1, queue_id=1, channel="email", name="Mail", key="k", settings={}, created_at=0
        )
    )
    tx.execute(
        insert(agents).values(
            name="Ana", email="a@b.example", max_by_channel={}, preferences={}, created_at=0
        )
    )
    tx.execute(insert(presence).values(agent_id=1, since_at=0, seen_at=0, last_assigned_at=0))
    for start in range(0, count, 5_000):
        numbers = range(start + 1, min(start + 5_000, count) + 1)
        tx.execute(insert(customers), [_customer(n) for n in numbers])
        tx.execute(insert(conversations), [_conversation(n) for n in numbers])
        tx.execute(insert(messages), [_message(n, seq) for n in numbers for seq in (1, 2)])
    tx.execute(insert(messages), [_message(1, seq) for seq in range(3, 51)])


def _customer(n: int) -> dict[str, Any]:
    return {
        "name": f"Customer {n}", "email": f"c{n}@example.com", "fields": {}, "created_at": 0,
        "seen_at": n, "searchable": searchable(f"Customer {n} c{n}@example.com"),
    }  # fmt: skip


def _said(n: int) -> str:
    return " ".join(WORDS[(n * step + step) % len(WORDS)] for step in range(1, 9))


def _conversation(n: int) -> dict[str, Any]:
    return {
        "brand_id": 1, "inbox_id": 1, "customer_id": n, "queue_id": 1, "channel": "email",
        "assignee_id": 1 if n % 40 == 0 else None, "subject": f"About {_said(n)[:30]}",
        "last_seq": 50 if n == 1 else 2, "last_inbound_seq": 1, "preview": _said(n),
        "created_at": 0, "last_message_at": n * 1000,
    }  # fmt: skip


def _message(n: int, seq: int) -> dict[str, Any]:
    theirs = seq % 2 == 1
    return {
        "conversation_id": n, "seq": seq, "key": f"m-{n}-{seq}", "channel": "email",
        "kind": "inbound" if theirs else "outbound", "agent_id": None if theirs else 1,
        "customer_id": n if theirs else None, "text": _said(n + seq), "details": {},
        "state": "received" if theirs else "sent", "searchable": searchable(_said(n + seq)),
        "sent_at": seq * 600_000, "created_at": seq * 600_000,
    }  # fmt: skip

"""Lists are read in pages and in few statements; the documentation is a page of its own."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2 as httpx
import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from app import clock
from app.actions.article import ArticleDraft, ArticleText, save_article
from app.runtime import Runtime
from tests.desk import Desk
from tests.fixtures.machines import Machine

pytestmark = pytest.mark.engine


async def _follow(client: httpx.AsyncClient, path: str) -> list[list[int]]:
    pages, there = [], path
    while there:
        answer = await client.get(f"http://127.0.0.1:8000/api/v1{there}")
        pages.append([row.get("seq", row["id"]) for row in answer.json()])
        link = re.fullmatch(r'</api/v1(.+)>; rel="next"', answer.headers.get("link", ""))
        there = link[1] if link else ""
    return pages


async def test_a_list_is_followed_by_its_link_to_the_end(api, desk: Desk) -> None:
    made = [
        (await desk.mail("parcel", email=f"k{n}@example.com")).conversation_id for n in range(5)
    ]
    newest_first = sorted(made, reverse=True)
    pages = await _follow(api, "/conversations?q=parcel&limit=2")
    assert pages == [newest_first[:2], newest_first[2:4], newest_first[4:]]
    assert [len(page) for page in await _follow(api, "/customers?limit=5")] == [5]


async def test_what_is_due_first_is_followed_by_its_link_to_the_end(api, desk: Desk) -> None:
    made = [(await desk.mail(email=f"k{n}@example.com")).conversation_id for n in range(5)]
    for n, hours in ((3, 2), (1, 1)):  # sooner than the clocks of all
        body = {"text": "Call back", "due_at": clock.now() + hours * 3_600_000}
        assert (await api.post(f"/conversations/{made[n]}/promises", json=body)).is_success
    pages = await _follow(api, "/conversations?sort=due&limit=2")
    assert pages[0] == [made[1], made[3]]
    assert [len(page) for page in pages] == [2, 2, 1]
    assert sorted(id for page in pages for id in page) == made
    for other in ("sort=due&before=3", "due_after=9.9", "sort=due&due_after=x"):
        assert (await api.get(f"/conversations?{other}")).status_code == 422


async def test_messages_are_followed_in_order(api, desk: Desk) -> None:
    received = await desk.mail()
    path = f"/conversations/{received.conversation_id}/messages"
    for number in range(4):
        await api.post(path, json={"text": f"note {number}", "kind": "note"})
    pages = await _follow(api, f"{path}?limit=2")
    assert [len(page) for page in pages] == [2, 2, 1]
    read = [seq for page in pages for seq in page]
    assert read == sorted(read)


@contextmanager
def _counted(runtime: Runtime) -> Iterator[list[str]]:
    """The statements that reads run meanwhile."""
    engine: Engine = runtime.db._reads.sync_engine
    seen: list[str] = []

    def note(conn, cursor, statement, parameters, context, executemany) -> None:  # type: ignore[no-untyped-def]
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


KEY = 2  # whose key it is, and what they may see; an administrator's brands are not asked for
MOST = {
    "/conversations": 2, "/conversations?q=parcel&tag=x": 2, "/conversations?sort=due": 2,
    "/customers": 2, "/agents": 1,
    "/offers": 1, "/queues": 1, "/inboxes": 1, "/articles": 2, "/tags": 1, "/macros": 1,
    "/conversations/1/messages": 4, "/conversations/1/events": 3, "/conversations/1/drafts": 3,
    "/customers/1/conversations": 5, "/contacts/1": 9, "/wallboard": 8, "/wallboard/contacts": 1,
    "/knowledge/search?q=parcels": 1,
}  # fmt: skip


async def test_no_list_asks_once_for_each_of_its_rows(machine: Machine, desk: Desk) -> None:
    ada, db = await machine("ada"), desk.runtime.db
    actor = await desk.actor("ada")
    await ada.get("/agents/me")  # notes the key's use
    for number in range(6):
        await desk.mail("parcel", email=f"k{number}@example.com")
        text = ArticleText(f"Parcels {number}", "By post.")
        await db.write(save_article, actor, desk.brand, ArticleDraft({"en": text}))
        await ada.patch(f"/conversations/{number + 1}", json={"tags": ["x", "y"]})
        note = {"text": "note", "kind": "note"}
        await ada.post("/conversations/1/messages", json=note)
    for path, most in MOST.items():
        await ada.get(path)  # who looked is written once, after the first answer
        await desk.runtime.looks.kept()
        with _counted(desk.runtime) as seen:
            assert (await ada.get(path)).status_code == 200, path
        asked = [statement for statement in seen if statement.lstrip().startswith("SELECT")]
        assert len(asked) - KEY <= most, (path, asked)


async def test_the_documentation_is_one_page_with_everything_in_it(client, app, desk) -> None:
    answer = await client.get("/api/v1/docs", headers={"Accept": "text/html"})
    assert answer.status_code == 200
    for word in ("/api/v1/conversations/{conversation_id}/messages", "Idempotency-Key", "Problem",
                 'id="send_a_message"', 'href="#shape-MessageShape"'):  # fmt: skip
        assert word in answer.text, word
    assert "<script>" not in answer.text
    assert "style=" not in answer.text
    assert "http://" not in re.sub(r"<code>.*?</code>", "", answer.text)
    for anchor in set(re.findall(r'href="#([^"]+)"', answer.text)):
        assert f'id="{anchor}"' in answer.text, anchor
    ids = re.findall(r' id="([^"]+)"', answer.text)
    assert len(ids) == len(set(ids))


async def test_an_installation_without_docs_serves_none(client, runtime: Runtime) -> None:
    runtime.settings.docs = False
    assert (await client.get("/api/v1/docs")).status_code == 404


async def test_an_unknown_address_below_the_api_is_a_problem_not_a_page(client, desk) -> None:
    answer = await client.get("/api/v1/nothing", headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"

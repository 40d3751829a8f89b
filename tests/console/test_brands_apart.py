"""Whatever page an agent of another brand asks for, what it names is not there."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from fastapi import FastAPI

from app import clock
from app.actions.article import ArticleDraft, ArticleText, save_article
from app.actions.attach import attach_files
from app.actions.promise import make_promise
from app.actions.receive_message import receive_message
from app.actions.task import add_task
from app.files import StoredFile
from channels.values import Identity, Inbound
from tests.desk import Desk
from tests.fixtures.people import SignIn

pytestmark = pytest.mark.engine
AREAS = (
    "/inbox/", "/messages/", "/customers/", "/promises/", "/tasks/", "/contacts/", "/files/",
    "/knowledge/", "/offers/", "/supervise/watch/", "/supervise/queues/",
)  # fmt: skip
# What stands on the first brand's pages and on no page of those who serve another.
THEIRS = (
    "Where is my parcel", "Call about the pots", "Kim Doe", "kim@example.com", "hello.txt",
    "Cleaning a teapot", "Billing",
)  # fmt: skip
OWN = "/knowledge/{article_id:int}/draft/drop"  # whoever asks throws away a draft of their own
LISTS = ("inbox", "inbox/list", "customers", "knowledge", "search")


def pages(routes: Any) -> Iterator[tuple[str, str]]:
    """Every method and address of the application, those of included routers too."""
    for route in routes:
        if hasattr(route, "effective_candidates"):
            yield from pages(route.effective_candidates())
        elif getattr(route, "path", None) and getattr(route, "methods", None):
            for method in sorted(set(route.methods) - {"HEAD", "OPTIONS"}):
                yield method, route.path


@pytest.fixture
async def theirs(desk: Desk, other_brand: int) -> Mapping[str, object]:
    """One of each thing, all of the first brand."""
    db, ana = desk.runtime.db, await desk.actor("ana")
    mail = await desk.mail()
    digest = desk.runtime.files.put(b"hello")
    stored = StoredFile(digest, 5, "hello.txt", "text/plain", "key-of-their-file")
    await db.write(attach_files, [stored], message_id=mail.message_id)
    soon = clock.now() + 3_600_000
    promise = await db.write(make_promise, ana, mail.conversation_id, "Call about the pots", soon)
    task = await db.write(add_task, ana, "Card", conversation_id=mail.conversation_id)
    article = await desk.runtime.db.write(
        save_article, await desk.actor("ada"), desk.brand,
        ArticleDraft({"en": ArticleText("Cleaning a teapot", "With water.")}),
    )  # fmt: skip
    await desk.available("ana")
    await desk.route()
    return {
        "article_id": article, "queue_id": desk.queues["billing"],
        "offer_id": await desk.pending_offer("ana"),
        "conversation_id": mail.conversation_id, "message_id": mail.message_id,
        "customer_id": mail.customer_id, "contact_id": 1, "promise_id": promise, "task_id": task,
        "key": stored.key, "outcome": "kept",
    }  # fmt: skip


async def test_no_page_opens_what_belongs_to_another_brand(
    app: FastAPI, browser_of: SignIn, theirs: Mapping[str, object]
) -> None:
    cora, ana = await browser_of("cora"), await browser_of("ana")
    asked = 0
    for method, path in pages(app.routes):
        names = set(re.findall(r"{(\w+)", path))
        if not path.startswith(AREAS) or path == OWN or not names or not names <= set(theirs):
            continue
        where = re.sub(r"{(\w+)(:\w+)?}", lambda name: str(theirs[name[1]]), path)
        answer = await cora.request(method, where, follow_redirects=False)
        # What lacks a field is refused before anything is looked up; nothing else may answer.
        assert answer.status_code in ({404} if method == "GET" else {404, 422}), (method, path)
        assert "Where is my parcel" not in answer.text
        asked += 1
    assert asked > 30
    assert (await ana.get(f"/inbox/{theirs['conversation_id']}")).status_code == 200


async def test_who_talks_to_two_brands_shows_each_agent_only_the_own_one(
    app: FastAPI, browser_of: SignIn, desk: Desk, theirs: Mapping[str, object]
) -> None:
    inbound = Inbound(
        channel="email",
        external_id="coffee-1",
        identities=(Identity("email", "kim@example.com"),),
        text="Any beans?",
        full_text="Any beans?",
        language="en",
    )
    got = await desk.runtime.db.write(receive_message, desk.inboxes["coffee"], inbound)
    assert got.customer_id == theirs["customer_id"]
    cora = await browser_of("cora")
    own = {"conversation_id": got.conversation_id, "customer_id": got.customer_id}
    opened = 0
    for method, path in pages(app.routes):
        names = set(re.findall(r"{(\w+)", path))
        if method != "GET" or not path.startswith(AREAS) or not names or not names <= set(own):
            continue
        answer = await cora.get(path.format(**own), follow_redirects=False)
        opened += answer.status_code == 200
        for words in ("Where is my parcel", "Call about the pots"):
            assert words not in answer.text, path
    assert opened > 5


@pytest.mark.parametrize("name", ["cora", "sue"])
async def test_no_list_search_report_or_file_tells_of_another_brand(
    app: FastAPI, browser_of: SignIn, theirs: Mapping[str, object], name: str
) -> None:
    outside, sam = await browser_of(name), await browser_of("sam")
    asked = [
        path
        for method, path in pages(app.routes)
        if method == "GET" and "{" not in path and not path.startswith(("/api/", "/tv", "/help"))
    ]
    more = "view=all&status=open&length=week&days=28&what=offered"
    found = [f"{path}?{more}" for path in asked]
    found += [
        f"/{path}?view=all&q={word}" for path in LISTS for word in ("parcel", "teapot", "Kim")
    ]
    read = 0
    for where in found:
        answer = await outside.get(where)
        read += answer.status_code == 200
        assert [words for words in THEIRS if words in answer.text] == [], where
    assert read > (25 if name == "sue" else 15)
    if name == "cora":
        return
    seen = "".join([(await sam.get(where)).text for where in found])  # it is there to be found
    for words in ("Where is my parcel", "Kim Doe", "Cleaning a teapot", "Billing"):
        assert words in seen

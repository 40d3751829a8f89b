"""The inbox's pages: what they show, to whom, and in how many statements."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, insert, update

from app.actions.desk import mark_read, save_draft, set_tags
from app.actions.send_message import Reply, send_message
from app.actions.set_status import resolve
from app.db import Tx
from app.models.agent import agent_brands, agents
from app.models.conversation import conversations
from app.models.organisation import brands
from app.queries.inbox import View, inbox_page
from app.queries.thread import thread
from app.runtime import Runtime
from tests.desk import Desk
from tests.fixtures.people import SignIn


@contextmanager
def statements(runtime: Runtime) -> Iterator[list[str]]:
    """The statements that are read with while the block lasts."""
    seen: list[str] = []
    engine = runtime.db._reads.sync_engine

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


async def hide_from(desk: Desk, name: str, conversation_id: int) -> None:
    """The conversation belongs to a brand that this agent does not serve."""

    def move(tx: Tx) -> None:
        other = tx.execute(
            insert(brands).values(name="Other", slug="other", created_at=0).returning(brands.c.id)
        ).scalar_one()
        tx.execute(insert(agent_brands).values(agent_id=desk.agents[name], brand_id=desk.brand))
        tx.execute(
            update(conversations)
            .where(conversations.c.id == conversation_id)
            .values(brand_id=other)
        )

    await desk.runtime.db.write(move)


async def test_list_and_thread_take_four_statements_at_most(desk: Desk) -> None:
    ana = await desk.actor("ana")
    for number in range(60):
        await desk.mail(f"Message {number}", email=f"c{number}@example.com")
    mail = await desk.mail("The last one")
    await desk.runtime.db.write(set_tags, ana, mail.conversation_id, ["one", "two"])
    for view in (View("all"), View("mine"), View("all", q="message"), View("all", tag="one")):
        with statements(desk.runtime) as seen:
            await desk.runtime.db.query(inbox_page, ana, view)
        assert len(seen) <= 4, seen
    with statements(desk.runtime) as seen:
        await desk.runtime.db.query(thread, ana, mail.conversation_id)
    assert len(seen) <= 4, seen


@pytest.mark.parametrize(
    "path",
    ["", "/context", "/state", "/messages?before=9", "/macros", "/transfer", "/tags", "/articles"],
)
async def test_a_foreign_brands_conversation_does_not_exist(
    desk: Desk, browser_of: SignIn, path: str
) -> None:
    mail = await desk.mail()
    await hide_from(desk, "ana", mail.conversation_id)
    ana = await browser_of("ana")
    assert (await ana.get(f"/inbox/{mail.conversation_id}{path}")).status_code == 404
    assert "Where is my parcel" not in (await ana.get("/inbox?view=all")).text
    assert "row-" not in (await ana.get(f"/inbox/rows?view=all&ids={mail.conversation_id}")).text
    ben = await browser_of("ben")
    assert (await ben.get(f"/inbox/{mail.conversation_id}{path}")).status_code == 200


async def test_work_begins_in_the_inbox_and_search_leads_there(browser_of: SignIn) -> None:
    ana = await browser_of("ana")
    assert (await ana.get("/")).headers["location"] == "/inbox"
    assert (await ana.get("/search?q=blue+tea")).headers["location"] == "/inbox?view=all&q=blue+tea"


async def test_who_is_not_signed_in_is_asked_to(client: Any) -> None:
    answer = await client.get("/inbox/3", headers={"Accept": "text/html"})
    assert answer.headers["location"].startswith("/sign-in?next=/inbox/3")


async def test_tabs_count_and_hold_what_belongs_to_them(desk: Desk, browser_of: SignIn) -> None:
    await desk.available("ana")
    await desk.mail("For Ana", email="a@example.com", name="Ada")
    await desk.accept("ana")
    await desk.mail("For nobody yet", email="b@example.com", name="Bob")
    ana = await browser_of("ana")
    page = (await ana.get("/inbox")).text
    assert "For Ana" in page
    assert "For nobody yet" not in page
    assert 'Mine <span class="count num">1</span>' in page
    assert 'Unassigned <span class="count num">1</span>' in page
    assert 'All <span class="count num">2</span>' in page
    assert "For nobody yet" in (await ana.get("/inbox?view=unassigned")).text


async def test_the_list_goes_on_where_the_page_ended(desk: Desk, browser_of: SignIn) -> None:
    desk_ids = [
        (await desk.mail(f"Number {n}", email=f"n{n}@example.com")).conversation_id
        for n in range(53)
    ]
    ana = await browser_of("ana")
    page = (await ana.get("/inbox/list?view=all")).text
    assert page.count('class="row-item') == 50
    more = page.split('hx-get="/inbox/list?')[1].split('"')[0].replace("&amp;", "&")
    rest = (await ana.get(f"/inbox/list?{more}")).text
    assert rest.count('class="row-item') == 3
    assert f'id="row-{desk_ids[0]}"' in rest


async def test_unread_drafts_and_tags_show_in_the_row(desk: Desk, browser_of: SignIn) -> None:
    mail = await desk.mail()
    await desk.available("ana")
    await desk.accept("ana")
    ana = await desk.actor("ana")
    page = await browser_of("ana")
    row = (await page.get("/inbox/list?view=all")).text
    assert "row-unread" in row
    write = desk.runtime.db.write
    await write(mark_read, ana, mail.conversation_id, 9)
    await write(save_draft, ana, mail.conversation_id, "outbound", "Dear Kim")
    await write(set_tags, ana, mail.conversation_id, ["parcel"])
    row = (await page.get("/inbox/list?view=all")).text
    assert "row-unread" not in row
    assert "parcel" in row
    assert '<span class="row-draft chip chip-warning">' in row


async def test_search_finds_words_names_and_numbers(desk: Desk, browser_of: SignIn) -> None:
    mail = await desk.mail("The teapot arrived broken", name="Kim Doe")
    await desk.mail("Something else", email="x@example.com", name="Xu")
    page = await browser_of("ana")
    for q in ("teapot", "kim", f"%23{mail.conversation_id}"):
        found = (await page.get(f"/inbox/list?view=all&q={q}")).text
        assert "teapot" in found, q
        assert "Something else" not in found, q
    assert "Nothing found" in (await page.get("/inbox/list?view=all&q=zeppelin")).text


async def test_htmx_gets_only_the_column_it_asks_for(desk: Desk, browser_of: SignIn) -> None:
    mail = await desk.mail()
    ana = await browser_of("ana")
    path = f"/inbox/{mail.conversation_id}?view=all"
    whole = (await ana.get(path)).text
    panes = (await ana.get(path, headers={"HX-Request": "true", "HX-Target": "div#panes"})).text
    column = (await ana.get(path, headers={"HX-Request": "true", "HX-Target": "section#list"})).text
    assert "<html" in whole
    assert 'id="thread-pane"' in panes
    assert 'id="rows"' not in panes
    assert 'id="rows"' in column
    assert 'id="thread-pane"' not in column
    again = {"HX-Target": "main#main", "HX-History-Restore-Request": "true"}
    assert "<html" in (await ana.get(path, headers=again)).text


async def test_the_thread_groups_and_separates(desk: Desk, browser_of: SignIn) -> None:
    chat = await desk.chat("One")
    await desk.chat("Two", conversation_id=chat.conversation_id)
    ana = await browser_of("ana")
    page = (await ana.get(f"/inbox/{chat.conversation_id}")).text
    assert page.count('class="day"') == 1
    assert page.count("message-follows") == 1


async def test_new_since_you_looked_stands_before_what_is_new(
    desk: Desk, browser_of: SignIn
) -> None:
    mail = await desk.mail("First")
    actor = await desk.actor("ana")
    await desk.runtime.db.write(mark_read, actor, mail.conversation_id, mail.seq)
    await desk.chat("Second", conversation_id=mail.conversation_id)
    page = (await (await browser_of("ana")).get(f"/inbox/{mail.conversation_id}")).text
    assert page.index("New since you looked") > page.index("First")
    assert page.index("New since you looked") < page.index("Second")


async def test_a_long_thread_shows_its_end_and_leads_back(desk: Desk, browser_of: SignIn) -> None:
    chat = await desk.chat("The very first words")
    for number in range(55):
        await desk.chat(f"Line {number}", conversation_id=chat.conversation_id)
    ana = await browser_of("ana")
    page = (await ana.get(f"/inbox/{chat.conversation_id}")).text
    assert "Line 54" in page
    assert "The very first words" not in page.split('id="thread-')[1]
    before = page.split("/messages?before=")[1].split('"')[0]
    earlier = (await ana.get(f"/inbox/{chat.conversation_id}/messages?before={before}")).text
    assert "The very first words" in earlier
    assert "Line 54" not in earlier


async def test_the_customers_earlier_conversations_stand_beside(
    desk: Desk, browser_of: SignIn
) -> None:
    ana = await desk.actor("ana")
    first = await desk.mail("An old matter", subject="Old matter")
    await desk.runtime.db.write(resolve, ana, first.conversation_id)
    second = await desk.mail("A new matter", subject="New matter")
    page = (await (await browser_of("ana")).get(f"/inbox/{second.conversation_id}")).text
    assert "Old matter" in page.split('id="context"')[1]


async def test_customers_words_are_text_and_nothing_else(desk: Desk, browser_of: SignIn) -> None:
    mail = await desk.mail("<script>alert(1)</script> https://a.example/x", subject="<b>Hi</b>")
    page = (await (await browser_of("ana")).get(f"/inbox/{mail.conversation_id}?view=all")).text
    assert "<script>alert" not in page
    assert "<b>Hi" not in page
    assert 'href="https://a.example/x" target="_blank" rel="noopener noreferrer nofollow"' in page


async def test_a_mail_is_read_in_the_shape_in_which_it_goes_out(
    desk: Desk, browser_of: SignIn
) -> None:
    mail = await desk.mail("Where is my *tea*?")
    await desk.available("ana")
    await desk.accept("ana")
    text = "It is **on its way**.\n\n- <b>black</b>\n- https://a.example/x"
    actor = await desk.actor("ana")
    await desk.runtime.db.write(
        send_message, actor, mail.conversation_id, Reply(text, "key-of-ana")
    )
    page = (await (await browser_of("ana")).get(f"/inbox/{mail.conversation_id}?view=all")).text
    assert "Where is my *tea*?" in page
    assert "<strong>on its way</strong>" in page
    assert "&lt;b&gt;black&lt;/b&gt;</li>" in page
    assert '<a target="_blank" rel="noopener noreferrer nofollow" href="https://a.' in page


async def test_the_page_speaks_the_agents_language(desk: Desk, browser_of: SignIn) -> None:
    def read_chinese(tx: Tx) -> None:
        tx.execute(update(agents).where(agents.c.id == desk.agents["ana"]).values(locale="zh_Hans"))

    await desk.runtime.db.write(read_chinese)
    page = await browser_of("ana")
    assert '<html lang="zh-Hans"' in (await page.get("/inbox?view=all")).text

"""Numbers of cards, accounts and ids are hidden wherever agents read, and shown to who says why."""

from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from sqlalchemy import insert, select, update

from app import clock
from app.actions.customer import edit_customer
from app.actions.desk import set_subject
from app.actions.note_fact import note_fact
from app.actions.promise import make_promise
from app.actions.reveal import WHY, set_who_reveals
from app.actions.set_status import resolve
from app.actions.task import add_task
from app.actions.wrap_up import set_outcome
from app.models.contact import contacts
from app.models.conversation import conversations, messages
from app.models.customer import customers
from app.models.organisation import dispositions
from app.models.party import access_log
from app.queries.hidden_words import hidden_words
from app.queries.message_source import message_source
from app.queries.thread import message_items
from app.security.mail_numbers import hide_numbers
from app.web.access_words import REASONS
from app.web.console.draw import draw_message
from tests.desk import Desk
from tests.fixtures.machines import Machine
from tests.fixtures.people import SignIn

pytestmark = pytest.mark.engine
CARD, BANK, PAPER = "4111 1111 1111 1111", "DE89 3704 0044 0532 0130 00", "11010519491231002X"
SECRETS = (CARD, BANK, PAPER)
TEXT = f"Take {CARD} or {BANK}, order 4111111111111111, my id is {PAPER}"
SHOWN = "Take •••• 1111 or DE•••• 3000, order 4111111111111111, my id is •••• 002X"


async def secretive(desk: Desk) -> Any:
    """A mail that says all of it, in text, subject and HTML; notes of the customer as well."""
    found = await desk.mail(
        TEXT, subject=f"Pay {CARD}", html=f"<p>Take <b>4111 1111</b>&nbsp;1111 1111, {PAPER}</p>"
    )
    said = messages.c.id == found.message_id
    await desk.runtime.db.write(
        lambda tx: tx.execute(update(messages).where(said).values(full_text=f"{TEXT}\n> {BANK}"))
    )
    await desk.runtime.db.write(edit_customer, found.customer_id, {"notes": f"pays with {CARD}"})
    ana = await desk.actor("ana")
    await desk.runtime.db.write(note_fact, ana, found.customer_id, "fact", f"bank is {BANK}")
    return found


def hides(page: str) -> None:
    for secret in (*SECRETS, CARD.replace(" ", "") + ",", "0532", "19491231"):
        assert secret not in page.replace("order 4111111111111111,", ""), secret


async def test_no_page_and_no_answer_of_the_api_shows_them(
    browser_of: SignIn, machine: Machine, desk: Desk
) -> None:
    kim = await secretive(desk)
    ana, talk, who = await browser_of("ana"), kim.conversation_id, kim.customer_id
    pages = (
        f"/inbox/{talk}?view=all", "/inbox?view=all", "/search?q=Take", f"/inbox/{talk}/state",
        f"/messages/{kim.message_id}/full", f"/messages/{kim.message_id}/original",
        f"/messages/{kim.message_id}/forward", f"/customers/{who}", f"/customers/{who}/timeline",
        f"/inbox/{talk}/assist",
    )  # fmt: skip
    for path in pages:
        page = await ana.get(path, follow_redirects=True)
        assert page.status_code == 200, path
        hides(page.text)
    thread = (await ana.get(f"/inbox/{talk}?view=all")).text
    assert SHOWN in thread
    assert "pays with •••• 1111" in thread
    assert "bank is DE•••• 3000" in thread
    sam = await machine("sam")
    for path in (
        f"/conversations/{talk}", "/conversations", f"/conversations/{talk}/messages",
        f"/messages/{kim.message_id}", f"/messages/{kim.message_id}/source", f"/customers/{who}",
        "/customers", f"/customers/{who}/card", f"/customers/{who}/timeline",
    ):  # fmt: skip
        answer = await sam.get(path)
        assert answer.status_code == 200, path
        hides(answer.text)
    assert (await sam.get(f"/messages/{kim.message_id}")).json()["hides"] is True
    kept = await desk.runtime.db.query(lambda conn: conn.execute(select(messages.c.text)).scalar())
    assert kept == TEXT
    plain = await desk.mail("Nothing to hide", email="lee@example.com")
    assert (await sam.get(f"/messages/{plain.message_id}")).json()["hides"] is False


async def test_what_is_drawn_once_for_all_screens_hides_them(desk: Desk) -> None:
    kim = await secretive(desk)
    item = (await desk.runtime.db.query(message_items, [kim.message_id]))[kim.message_id]
    drawn = draw_message(desk.runtime.pages, item, "en", "UTC")
    hides(drawn)
    assert SHOWN in drawn
    preview = await desk.runtime.db.query(
        lambda conn: conn.execute(select(conversations.c.preview)).scalar()
    )
    assert preview == SHOWN


async def test_who_says_why_sees_them_on_their_page_and_it_is_written_down(
    browser_of: SignIn, machine: Machine, desk: Desk
) -> None:
    kim = await secretive(desk)
    at = f"/messages/{kim.message_id}/reveal"
    ana, sam = await browser_of("ana"), await browser_of("sam")
    assert (await ana.get(at)).status_code == 404
    assert (await ana.post(at, data={"why": "refund"})).status_code == 404
    assert "To pay money back" in (await sam.get(at)).text
    for wrong in ("", "because"):
        refused = await sam.post(at, data={"why": wrong})
        assert (refused.status_code, refused.headers["HX-Retarget"]) == (422, "#sheet")
        hides(refused.text)
    page = await sam.post(at, data={"why": "refund"})
    assert CARD in page.text
    assert "on this page only" in page.text
    hides((await sam.get(f"/inbox/{kim.conversation_id}?view=all")).text)
    assert (await (await machine("ana")).post(at, json={"why": "law"})).status_code == 404
    whole = await (await machine("sam")).post(at, json={"why": "law"})
    assert (whole.json()["text"], whole.json()["hides"]) == (TEXT, False)
    of = access_log.c
    query = select(of.agent_id, of.customer_id, of.what, of.why, of.actor).where(
        of.action == "revealed"
    )
    lines = await desk.runtime.db.query(lambda conn: conn.execute(query.order_by(of.id)).all())
    mine = (desk.agents["sam"], kim.customer_id, f"message {kim.message_id}")
    assert [tuple(line) for line in lines] == [(*mine, "refund", "agent"), (*mine, "law", "api")]


async def test_what_is_noted_of_a_customer_is_shown_to_who_says_why(
    browser_of: SignIn, desk: Desk
) -> None:
    kim = await secretive(desk)
    at = f"/customers/{kim.customer_id}/reveal"
    ana, sam = await browser_of("ana"), await browser_of("sam")
    assert "Show the hidden numbers" not in (await ana.get(f"/customers/{kim.customer_id}")).text
    assert (await ana.post(at, data={"why": "law"})).status_code == 404
    assert "Show the hidden numbers" in (await sam.get(f"/customers/{kim.customer_id}")).text
    assert (await sam.post(at, data={})).status_code == 422
    page = (await sam.post(at, data={"why": "law"})).text
    assert f"pays with {CARD}" in page
    assert f"bank is {BANK}" in page


async def test_what_is_noted_beside_a_conversation_hides_them_too(
    browser_of: SignIn, machine: Machine, desk: Desk
) -> None:
    write = desk.runtime.db.write
    kim = await desk.mail("Where is it?", subject=f"Pay {CARD}")
    talk, who = kim.conversation_id, kim.customer_id
    await desk.available("ana")
    await desk.accept("ana")
    ana = await desk.actor("ana")
    query = select(contacts.c.id).where(contacts.c.conversation_id == talk)
    contact = await desk.runtime.db.query(lambda conn: conn.execute(query).scalar_one())
    solved = await write(
        lambda tx: tx.execute(
            insert(dispositions)
            .values(name="Solved", position=1, created_at=1)
            .returning(dispositions.c.id)
        ).scalar_one()
    )
    await write(make_promise, ana, talk, f"Refund {CARD}", clock.now() + 86_400_000)
    await write(add_task, ana, f"Check {BANK}", conversation_id=talk)
    await write(resolve, ana, talk)
    await write(set_outcome, ana, contact, solved, f"Paid by {CARD}")
    browser, api = await browser_of("ana"), await machine("ana")
    for path in (f"/inbox/{talk}?view=all", f"/inbox/{talk}/outcome", f"/customers/{who}"):
        page = await browser.get(path, follow_redirects=True)
        assert page.status_code == 200, path
        hides(page.text)
    for path in (f"/contacts/{contact}", f"/conversations/{talk}/messages", "/promises", "/tasks"):
        hides((await api.get(path)).text)
    lines = (await api.get(f"/conversations/{talk}/messages")).text
    assert "Refund •••• 1111" in lines
    assert "Paid by •••• 1111" in lines
    # Written again as it is shown, it stays as it was.
    await write(set_outcome, ana, contact, solved, "Paid by •••• 1111, all well")
    kept = select(contacts.c.wrap_up_note).where(contacts.c.id == contact)
    assert await desk.runtime.db.query(lambda conn: conn.scalar(kept)) == (
        f"Paid by {CARD}, all well"
    )
    words = await desk.runtime.db.query(hidden_words, await desk.actor("sam"), who)
    assert {f"Refund {CARD}", f"Check {BANK}", f"Paid by {CARD}"} <= set(words)


def test_every_reason_has_its_words() -> None:
    assert tuple(REASONS) == WHY


async def test_administrators_choose_which_roles_may(browser_of: SignIn, desk: Desk) -> None:
    kim = await secretive(desk)
    ada, ana = await browser_of("ada"), await browser_of("ana")
    assert "data-reveals" not in (await ana.get(f"/inbox/{kim.conversation_id}?view=all")).text
    assert (await ana.post("/admin/hidden-numbers", data={"roles": "agent"})).status_code == 404
    chosen = {"roles": ["agent", "admin"]}
    assert (await ada.post("/admin/hidden-numbers", data=chosen)).status_code == 303
    assert (await ada.get("/admin/hidden-numbers")).text.count(" checked") == 2
    assert "data-reveals" in (await ana.get(f"/inbox/{kim.conversation_id}?view=all")).text
    assert (await ana.get(f"/messages/{kim.message_id}/reveal")).status_code == 200
    sam = await browser_of("sam")
    assert (await sam.get(f"/messages/{kim.message_id}/reveal")).status_code == 404


async def test_editing_what_is_hidden_does_not_lose_it(browser_of: SignIn, desk: Desk) -> None:
    kim = await secretive(desk)
    ana = await browser_of("ana")
    form = {"name": "Kim", "email": "", "notes": "pays with •••• 1111, always late"}
    assert (await ana.post(f"/customers/{kim.customer_id}", data=form)).status_code == 303
    notes = await desk.runtime.db.query(
        lambda conn: conn.execute(select(customers.c.notes)).scalar()
    )
    assert notes == f"pays with {CARD}, always late"
    actor = await desk.actor("ana")
    await desk.runtime.db.write(set_subject, actor, kim.conversation_id, "Please pay •••• 1111")
    subject = await desk.runtime.db.query(
        lambda conn: conn.execute(select(conversations.c.subject)).scalar()
    )
    assert subject == f"Please pay {CARD}"


async def test_an_export_hides_them_from_who_may_not_see_them(
    browser_of: SignIn, desk: Desk
) -> None:
    kim = await secretive(desk)
    at = f"/customers/{kim.customer_id}/privacy/export"
    sam = await browser_of("sam")
    whole = ZipFile(BytesIO((await sam.post(at)).content)).read("tables/messages.csv").decode()
    assert CARD in whole
    await desk.runtime.db.write(set_who_reveals, await desk.actor("ada"), ["admin"])
    found = ZipFile(BytesIO((await sam.post(at)).content)).read("tables/messages.csv").decode()
    hides(found)
    source = await desk.runtime.db.query(message_source, await desk.actor("sam"), kim.message_id)
    assert source.hides


def test_a_number_in_pieces_of_markup_is_hidden_and_cells_stay_apart() -> None:
    html = (
        '<p>Card <b>4111</b> 1111&nbsp;<i>1111</i> 1111 &amp; <img alt="4111 1111 1111 1111"></p>'
    )
    assert hide_numbers(html) == '<p>Card <b>•••• 1111</b><i></i> &amp; <img alt="•••• 1111"></p>'
    for harmless in ("<td>4111 1111</td><td>1111 1111</td>", "<p>1 &lt; 2</p>", "", "plain"):
        assert hide_numbers(harmless) == harmless

"""Work in real browsers: missed and back, wrapping up, asking a colleague, losing a race."""

from typing import Any

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import insert, select, update

from app.actions.offer import expire_offers
from app.db import Tx
from app.models.agent import presence, team_members
from app.models.contact import consults, contacts, offers
from app.models.history import presence_spans
from app.models.organisation import dispositions, pause_reasons, queues, teams
from tests.axe import barriers_in_every_look
from tests.console.test_console_screens import no_barriers
from tests.fixtures.console import OpenConsole
from tests.fixtures.shop import Shop
from tests.live_equals_reloaded import assert_live_equals_reloaded

pytestmark = pytest.mark.browser


async def rows(shop: Shop, query: Any) -> list[Any]:
    """What the database says."""
    async with shop.runtime.db.read() as conn:
        return list((await conn.execute(query)).all())


async def require_outcomes(shop: Shop, *names: str, wrap_up_s: int | None = None) -> None:
    """The general queue wants one of these outcomes."""

    def change(tx: Tx) -> None:
        for position, name in enumerate(names):
            values = {"name": name, "position": position, "created_at": tx.now}
            tx.execute(insert(dispositions).values(**values))
        tx.execute(update(queues).values(disposition_required=True, wrap_up_s=wrap_up_s))

    await shop.runtime.db.write(change)


async def let_offers_lapse(shop: Shop) -> None:
    """The time of every pending offer is up."""
    await shop.runtime.db.write(lambda tx: tx.execute(update(offers).values(expires_at=tx.now)))
    await shop.runtime.db.write(expire_offers)


async def test_who_misses_an_offer_is_told_and_comes_back_with_one_key(
    shop: Shop, console: OpenConsole
) -> None:
    await shop.desk.available("ana")
    page = await console("ana")
    await shop.desk.chat()
    await shop.desk.route()
    await expect(page.locator(".offer")).to_contain_text("the only one who can take it")
    await let_offers_lapse(shop)
    notice = page.locator("#presence-notice")
    await expect(notice).to_contain_text("Not ready: you did not answer.")
    await expect(page.locator(".offer")).to_have_count(0)
    await no_barriers(page)
    await page.goto(shop.url + "/customers")
    await expect(notice).to_contain_text("Not ready")  # it stays, on every page
    await page.keyboard.press("b")
    await expect(notice).not_to_contain_text("Not ready")
    (state,) = await rows(
        shop, select(presence.c.state).where(presence.c.agent_id == shop.desk.agents["ana"])
    )
    assert state.state == "available"


async def test_a_reason_to_be_away_is_chosen_from_the_menu(
    shop: Shop, console: OpenConsole
) -> None:
    await shop.runtime.db.write(
        lambda tx: tx.execute(insert(pause_reasons).values(name="Lunch", created_at=tx.now))
    )
    await shop.desk.available("ana")
    page = await console("ana")
    await page.locator("#standing").click()
    await page.get_by_role("menuitemradio", name="Lunch").click()
    await expect(page.locator("#standing")).to_contain_text("Away – Lunch")
    await assert_live_equals_reloaded(page, "#standing")
    (last,) = await rows(shop, select(presence_spans).where(presence_spans.c.ended_at.is_(None)))
    assert (last.state, last.pause_reason_id) == ("away", 1)


async def test_offers_are_answered_by_keys(shop: Shop, console: OpenConsole) -> None:
    await shop.desk.available("ana")
    page = await console("ana")
    await shop.desk.mail("First")
    await shop.desk.route()
    await expect(page.locator(".offer")).to_be_visible()
    await page.keyboard.press("d")
    await expect(page.locator(".offer")).to_have_count(0)
    await shop.desk.mail("Second", email="lee@example.com")
    await shop.desk.route()
    await expect(page.locator(".offer")).to_contain_text("Second")
    await page.get_by_role("button", name="Decline and say why").click()
    await no_barriers(page)
    await page.get_by_label("Another reason").fill("I know this customer")
    await page.keyboard.press("Enter")
    await expect(page.locator(".offer")).to_have_count(0)
    await shop.desk.mail("Third", email="max@example.com")
    await shop.desk.route()
    await expect(page.locator(".offer")).to_contain_text("Third")
    await page.keyboard.press("y")
    await expect(page.locator(".thread")).to_contain_text("Third")
    found = await rows(shop, select(offers).order_by(offers.c.id))
    assert [(row.status, row.reason) for row in found] == [
        ("declined", ""), ("declined", "I know this customer"), ("accepted", ""),
    ]  # fmt: skip


async def test_a_chat_is_wrapped_up_with_the_outcome_its_queue_wants(
    shop: Shop, console: OpenConsole
) -> None:
    await require_outcomes(shop, "Solved", "Refunded", "Wrong number", wrap_up_s=90)
    await shop.desk.available("ana")
    chat = await shop.desk.chat("Where is my tea?")
    await shop.desk.accept("ana")
    page = await console("ana", f"/inbox/{chat.conversation_id}")
    await page.keyboard.press("e")
    strip = page.locator(".wrap-up-strip")
    await expect(strip).to_contain_text("2 units of your capacity stay taken")
    await expect(page.locator(".wrap-up")).to_contain_text("Choose an outcome")
    await no_barriers(page)
    before = await strip.locator("time").get_attribute("data-at")
    await page.keyboard.press("m")
    await expect(strip.locator("time")).not_to_have_attribute("data-at", before or "")
    await page.keyboard.press("w")
    await expect(strip.get_by_role("alert")).to_be_visible()
    await page.keyboard.press("r")  # the focus is among the outcomes: the first letter chooses
    await expect(strip.get_by_role("radio", name="Refunded")).to_be_checked()
    await page.keyboard.press("3")
    await expect(strip.get_by_role("radio", name="Wrong number")).to_be_checked()
    await strip.get_by_placeholder("A word about it").fill("Wanted the bakery")
    await strip.get_by_role("button", name="Finish now").click()
    await expect(strip).to_have_count(0)
    await expect(page.locator(".wrap-up")).to_have_count(0)
    (contact,) = await rows(shop, select(contacts))
    assert (contact.status, contact.disposition_id) == ("ended", 3)
    assert contact.wrap_up_note == "Wanted the bakery"
    await expect(page.locator("#standing")).to_contain_text("0/6")


async def test_a_number_and_w_finish_the_wrap_up(shop: Shop, console: OpenConsole) -> None:
    await require_outcomes(shop, "Solved", "Wrong number", wrap_up_s=90)
    await shop.desk.available("ana")
    chat = await shop.desk.chat("Where is my tea?")
    await shop.desk.accept("ana")
    page = await console("ana", f"/inbox/{chat.conversation_id}")
    await page.keyboard.press("e")
    strip = page.locator(".wrap-up-strip")
    await expect(strip).to_be_visible()
    await page.keyboard.press("1")
    await expect(strip.get_by_role("radio", name="Solved")).to_be_checked()
    await page.keyboard.press("w")  # and not the outcome that begins with it
    await expect(strip).to_have_count(0)
    (contact,) = await rows(shop, select(contacts))
    assert (contact.status, contact.disposition_id) == ("ended", 1)


async def test_a_mail_without_wrap_up_asks_when_it_is_done(
    shop: Shop, console: OpenConsole
) -> None:
    await require_outcomes(shop, "Solved", "Refunded")
    await shop.desk.available("ana")
    mail = await shop.desk.mail()
    await shop.desk.accept("ana")
    page = await console("ana", f"/inbox/{mail.conversation_id}")
    await page.keyboard.press("e")
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("What became of it?")
    await no_barriers(page)
    await dialog.get_by_role("button", name="Done").click()
    await expect(dialog.get_by_role("alert")).to_be_visible()
    await page.keyboard.press("2")
    await dialog.get_by_role("button", name="Done").click()
    await expect(dialog).to_have_count(0)
    await expect(page.locator(".thread-head .chip-success")).to_contain_text("Done")
    (contact,) = await rows(shop, select(contacts))
    assert (contact.status, contact.disposition_id) == ("ended", 2)


async def hide_from_ben(shop: Shop) -> None:
    """The general queue belongs to a team that Ben is not in."""

    def change(tx: Tx) -> None:
        team = tx.execute(
            insert(teams).values(name="Inner", created_at=tx.now).returning(teams.c.id)
        ).scalar_one()
        for name in ("ana", "sam"):
            values = {"team_id": team, "agent_id": shop.desk.agents[name]}
            tx.execute(insert(team_members).values(**values))
        own = queues.c.id == shop.desk.queues["general"]
        tx.execute(update(queues).where(own).values(team_id=team))

    await shop.runtime.db.write(change)


async def ask_ben(page: Page) -> None:
    """Ana asks Ben from the open conversation."""
    await page.keyboard.press("q")
    dialog = page.get_by_role("dialog")
    await dialog.get_by_text("Ben").click()
    await dialog.get_by_label("Your question").fill("Do you know this tea?")
    await no_barriers(page)
    await dialog.get_by_role("button", name="Ask", exact=True).click()


async def test_a_colleague_joins_reads_along_and_takes_over(
    shop: Shop, console: OpenConsole
) -> None:
    await hide_from_ben(shop)
    await shop.desk.available("ana")
    chat = await shop.desk.chat("Which pot for oolong?")
    await shop.desk.accept("ana")
    await shop.desk.available("ben")
    address = f"/inbox/{chat.conversation_id}"
    ana, ben = await console("ana", address), await console("ben")
    await ask_ben(ana)
    await expect(ana.locator(".helpers")).to_contain_text("Ben is being asked")
    card = ben.locator(".consult")
    await expect(card).to_contain_text("Ana asks for your help")
    await no_barriers(ben)
    await ben.keyboard.press("y")
    await expect(ben.locator(".thread")).to_contain_text("Do you know this tea?")
    await expect(ben.locator(".helpers")).to_contain_text("You help Ana")
    await expect(ben.locator("#kind-outbound")).to_be_hidden()
    await expect(ben.locator(".thread-done")).to_have_count(0)
    await expect(ana.locator(".helpers")).to_contain_text("Ben reads along")
    await no_barriers(ben)
    await no_barriers(ana)
    await ben.locator("textarea[name=note]").fill("The small clay one")
    await ben.locator("textarea[name=note]").press("Control+Enter")
    await expect(ana.locator(".message-note").last).to_contain_text("The small clay one")
    await ana.get_by_role("button", name="Hand over to Ben").click()
    await expect(ben.locator(".thread-owner")).to_contain_text("You")
    await expect(ben.locator("#kind-outbound")).to_be_visible()
    await expect(ben.locator(".helpers")).not_to_contain_text("You help")
    await expect(ben.locator(".thread")).to_contain_text("handed this over to Ben")
    await expect(ana.locator(".thread-owner")).to_contain_text("Ben")
    await assert_live_equals_reloaded(ben, ".thread-actions", ".helpers")
    (contact,) = await rows(shop, select(contacts))
    assert (contact.agent_id, contact.status) == (shop.desk.agents["ben"], "active")


async def test_a_consult_that_ends_shows_the_colleague_out(
    shop: Shop, console: OpenConsole
) -> None:
    await hide_from_ben(shop)
    await shop.desk.available("ana")
    chat = await shop.desk.chat()
    await shop.desk.accept("ana")
    await shop.desk.available("ben")
    address = f"/inbox/{chat.conversation_id}"
    ana, ben = await console("ana", address), await console("ben")
    await ask_ben(ana)
    await ben.get_by_role("button", name="Join").click()
    await expect(ben.locator(".helpers")).to_contain_text("You help Ana")
    await ana.get_by_role("button", name="End consult").click()
    await expect(ben.locator(".thread-none")).to_be_visible()
    await expect(ana.locator(".helper")).to_have_count(0)
    await ask_ben(ana)
    await ben.get_by_role("button", name="Not now").click()
    await expect(ana.locator(".helpers")).to_contain_text("Ben cannot help now")
    ended = [row.status for row in await rows(shop, select(consults).order_by(consults.c.id))]
    assert ended == ["ended", "declined"]


async def test_a_supervisor_is_called_and_sent_away_with_one_key(
    shop: Shop, console: OpenConsole
) -> None:
    await shop.desk.available("ana")
    mail = await shop.desk.mail()
    await shop.desk.accept("ana")
    page = await console("ana", f"/inbox/{mail.conversation_id}")
    await page.keyboard.press("h")
    await expect(page.locator("#presence-notice")).to_contain_text("asked a supervisor for help")
    own = select(presence).where(presence.c.agent_id == shop.desk.agents["ana"])
    (row,) = await rows(shop, own)
    assert row.help_conversation_id == mail.conversation_id
    await no_barriers(page)
    await page.keyboard.press("h")
    await expect(page.locator("#presence-notice .banner")).to_have_count(0)
    (row,) = await rows(shop, own)
    assert (row.help_wanted_at, row.help_conversation_id) == (None, None)


async def test_who_loses_the_race_for_an_offer_is_told_kindly(
    shop: Shop, console: OpenConsole
) -> None:
    await shop.runtime.db.write(lambda tx: tx.execute(update(queues).values(parallel_offers=2)))
    await shop.desk.available("ana", "ben")
    ana, ben = await console("ana"), await console("ben")
    await shop.desk.chat("Anybody there?")
    await shop.desk.route()
    await expect(ana.locator(".offer")).to_be_visible()
    await expect(ben.locator(".offer")).to_be_visible()
    await ben.keyboard.press("y")
    await expect(ben.locator(".thread")).to_contain_text("Anybody there?")
    await expect(ana.locator(".offer-over")).to_contain_text("Ben took it")
    await no_barriers(ana)
    await expect(ana.locator(".offer")).to_have_count(0)


async def test_ones_own_day_is_accessible_and_fits_a_phone(
    shop: Shop, console: OpenConsole
) -> None:
    await require_outcomes(shop, "Solved")
    await shop.desk.available("ana")
    await shop.desk.chat()
    await shop.desk.accept("ana")
    page = await console("ana", "/day")
    await expect(page.get_by_role("heading", name="Your day")).to_be_visible()
    await expect(page.locator(".day-figures")).to_contain_text("1 / 1")
    assert await barriers_in_every_look(page) == []


async def test_a_transfer_to_somebody_absent_says_so_first(
    shop: Shop, console: OpenConsole
) -> None:
    await shop.desk.available("ana", "sam")
    mail = await shop.desk.mail()
    await shop.desk.accept("ana")
    page = await console("ana", f"/inbox/{mail.conversation_id}")
    await page.keyboard.press("a")
    dialog = page.get_by_role("dialog")
    note = dialog.get_by_text("This colleague is not available")
    await dialog.get_by_text("Sam").click()
    await expect(note).to_be_hidden()
    await dialog.get_by_text("Ben").click()
    await expect(note).to_be_visible()
    await no_barriers(page)

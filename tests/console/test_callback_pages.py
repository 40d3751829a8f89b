"""A customer who is to be called: the head, the list and the wallboard say how that stands."""

from sqlalchemy import update

from app.models.contact import contacts
from tests.desk import Desk
from tests.fixtures.machines import Machine
from tests.fixtures.people import SignIn


async def test_a_call_that_nobody_answered_is_seen_in_the_list_and_on_the_wallboard(
    desk: Desk, browser_of: SignIn, machine: Machine
) -> None:
    await desk.available("ana")
    await desk.chat()
    conversation = await desk.accept("ana")
    call = {"to": "+85212345678", "tries": 0, "next_at": 0}
    await desk.runtime.db.write(lambda tx: tx.execute(update(contacts).values(callback=call)))
    ana, sam = await browser_of("ana"), await browser_of("sam")
    page = (await ana.get(f"/inbox/{conversation}")).text
    assert 'href="tel:+85212345678"' in page
    assert page.count("Call back</span>") == 1  # in the list
    assert f'hx-post="/inbox/{conversation}/not-reached"' in page
    assert (await ana.post(f"/inbox/{conversation}/not-reached")).is_success
    page = (await ana.get(f"/inbox/{conversation}?view=all")).text
    assert "Not reached 1/3" in page  # in the list
    assert "Nobody answered (1/3)" in page  # above the thread
    assert "/not-reached" not in page  # nobody has it in hand
    board = (await sam.get("/supervise/contacts?what=waiting")).text
    assert "Nobody answered (1/3)" in board
    rows = (await (await machine("sam")).get("/wallboard/contacts?what=waiting")).json()
    assert (rows[0]["callback"]["tries"], rows[0]["callback"]["of"]) == (1, 3)

"""Signing in to a customer's own pages: one-time links, sessions, and what strangers learn."""

import httpx2 as httpx
import pytest
from sqlalchemy import func, insert, select, update

from app.actions.merge_customers import merge_customers
from app.actions.unmerge_customers import unmerge_customers
from app.models.consent import portal_sessions
from app.models.customer import identities
from app.models.organisation import brands
from app.models.party import customer_merges
from app.models.work import outbox
from tests.desk import Desk
from tests.fixtures.portal import OpenHome, last_link, proved
from tests.fixtures.product import Ticking

pytestmark = pytest.mark.engine


def cookie_of(entered: httpx.Response) -> dict[str, str]:
    """The header by which a browser would show its session."""
    return {"Cookie": entered.headers["set-cookie"].partition(";")[0]}


async def test_a_link_signs_in_once_and_is_stored_nowhere_in_plain(
    home: OpenHome, desk: Desk
) -> None:
    await desk.mail()
    await proved(desk)
    kim = await home()
    assert (await kim.get("details")).headers["location"] == "/my/tea/"
    sent = await kim.ask(" Kim@Example.COM ")
    assert (sent.status_code, sent.headers["location"]) == (303, "/my/tea/sent")
    link = await last_link(desk)
    token = link.rpartition("/")[2]
    rows = await desk.runtime.db.query(
        lambda conn: [*conn.execute(select(portal_sessions)), *conn.execute(select(outbox))]
    )
    assert token not in repr(rows)
    looked = await kim.client.get(link)  # a program that opens links uses nothing up
    assert "kim@example.com" in looked.text
    entered = await kim.client.post(link)
    assert (entered.status_code, entered.headers["location"]) == (303, "/my/tea/")
    cookie = entered.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "Path=/my/tea;" in cookie
    assert "SameSite=lax" in cookie
    page = await kim.get()
    assert "A question" in page.text
    assert page.headers["cache-control"] == "private, no-store"
    assert page.headers["referrer-policy"] == "same-origin"
    again = await (await home()).client.post(link)
    assert again.status_code == 404


async def test_what_is_answered_tells_nothing_of_who_is_known(home: OpenHome, desk: Desk) -> None:
    await desk.mail()
    await desk.mail(email="lee@example.com")
    await proved(desk)
    answers: list[httpx.Response] = []
    for email in ("kim@example.com", "lee@example.com", "nobody@example.com"):
        stranger = await home()
        asked = await stranger.ask(email)
        answers += [asked, await stranger.client.get(asked.headers["location"])]
    assert len({answer.text for answer in answers[::2]}) == 1
    assert len({answer.text for answer in answers[1::2]}) == 1
    assert len({tuple(sorted(a.headers.keys())) for a in answers[::2]}) == 1
    links = select(portal_sessions.c.email)  # unverified is as good as unknown
    assert await desk.runtime.db.query(lambda conn: list(conn.scalars(links))) == [
        "kim@example.com"
    ]
    assert (
        await desk.runtime.db.query(
            lambda conn: conn.scalar(select(func.count()).select_from(outbox))
        )
        == 1
    )


async def test_a_link_that_is_forged_used_late_or_of_another_brand_says_the_same(
    home: OpenHome, desk: Desk, ticking: Ticking
) -> None:
    await desk.mail()
    await proved(desk)
    await desk.runtime.db.write(
        lambda tx: tx.execute(insert(brands).values(name="Pots", slug="pots", created_at=1))
    )
    kim = await home()
    await kim.ask()
    used = await last_link(desk)
    await kim.client.post(used)
    await kim.ask()
    late = await last_link(desk)
    elsewhere = late.replace("/my/tea/", "/my/pots/")
    forged = f"/my/tea/in/{'x' * 43}"
    stranger = await home()
    for method in ("GET", "POST"):
        first = [await stranger.client.request(method, path) for path in (used, forged, elsewhere)]
        assert {answer.status_code for answer in first} == {404}
        assert first[0].text == first[1].text
    assert (await stranger.client.get(late)).status_code == 200
    ticking.forward(s=15 * 60)
    assert (await stranger.client.get(late)).text == first[0].text
    assert (await stranger.client.post(late)).status_code == 404


async def test_a_session_ends_by_itself_and_by_signing_out(
    home: OpenHome, desk: Desk, ticking: Ticking
) -> None:
    await desk.mail()
    await proved(desk)
    kim = await home()
    await kim.enter()
    for _ in range(17):  # somebody busy is in for eight hours, and no longer
        ticking.forward(s=28 * 60)
        assert (await kim.get("details")).status_code == 200
    ticking.forward(s=28 * 60)
    assert (await kim.get("details")).headers["location"] == "/my/tea/?over=1"
    await kim.enter()
    ticking.forward(s=31 * 60)
    assert (await kim.get("details")).status_code == 303
    await kim.enter()
    stolen = kim.client.cookies.get("portal", path="/my/tea")
    assert (await kim.post("out")).status_code == 303
    again = await kim.client.get("/my/tea/details", headers={"Cookie": f"portal={stolen}"})
    assert again.status_code == 303


async def test_a_form_needs_the_token_of_its_session_and_our_own_page(
    home: OpenHome, desk: Desk
) -> None:
    await desk.mail()
    await proved(desk)
    kim = await home()
    await kim.enter()
    for path in ("details", "preferences", "interests", "consents/none", "export", "erase", "out"):
        bare = await kim.client.post(f"/my/tea/{path}", data={"name": "Eve"})
        assert bare.status_code == 403, path
    foreign = await kim.client.post("/my/tea/link", headers={"Origin": "https://evil.example"})
    assert foreign.status_code == 403


async def test_asking_too_often_is_refused_for_known_and_unknown_alike(
    home: OpenHome, desk: Desk
) -> None:
    await desk.mail()
    await proved(desk)
    said = []
    for email in ("kim@example.com", "nobody@example.com"):
        stranger = await home()
        said.append([(await stranger.ask(email)).status_code for _ in range(6)])
    assert said == [[303] * 5 + [429]] * 2


async def test_each_brand_has_its_own_customers_and_may_have_no_pages(
    home: OpenHome, desk: Desk
) -> None:
    await desk.mail()
    await proved(desk)
    await desk.runtime.db.write(
        lambda tx: tx.execute(insert(brands).values(name="Pots", slug="pots", created_at=1))
    )
    kim, pots = await home(), await home("/my/pots/")
    await pots.ask()
    found = select(func.count()).select_from(portal_sessions)
    assert await desk.runtime.db.query(lambda conn: conn.scalar(found)) == 0
    await kim.enter()
    cookie = {"Cookie": f"portal={kim.client.cookies.get('portal', path='/my/tea')}"}
    assert (await kim.client.get("/my/tea/details", headers=cookie)).status_code == 200
    assert (await kim.client.get("/my/pots/details", headers=cookie)).status_code == 303
    await desk.runtime.db.write(lambda tx: tx.execute(update(brands).values(portal=False)))
    assert (await kim.get()).status_code == 404
    assert (await kim.client.get("/my/nowhere/")).status_code == 404


async def test_who_was_merged_comes_in_as_who_they_are_now_and_is_out_when_it_is_undone(
    home: OpenHome, desk: Desk
) -> None:
    one = await desk.mail("Mine", subject="From the first address")
    other = await desk.mail("Too", email="kim@work.example", subject="From the second")
    for email in ("kim@example.com", "kim@work.example"):
        await proved(desk, email)
    ada, write = await desk.actor("ada"), desk.runtime.db.write
    kim = await home()
    await kim.enter("kim@work.example")
    assert "From the first address" not in (await kim.get()).text
    await write(merge_customers, ada, one.customer_id, other.customer_id, keep=one.customer_id)
    both = (await kim.get()).text
    assert "From the first address" in both
    assert "From the second" in both
    merge = select(customer_merges.c.id)
    merge_id = await desk.runtime.db.query(lambda conn: conn.execute(merge).scalar_one())
    await write(unmerge_customers, ada, merge_id)
    assert (await kim.get("details")).status_code == 303
    await kim.enter("kim@work.example")
    assert "From the first address" not in (await kim.get()).text


@pytest.mark.parametrize(
    "lost", [{"verified": False}, {"shared": True}], ids=["no longer theirs", "shared by several"]
)
async def test_an_address_that_stopped_being_theirs_alone_opens_nothing(
    home: OpenHome, desk: Desk, lost: dict[str, bool]
) -> None:
    await desk.mail()
    await proved(desk)
    kim = await home()
    await kim.enter()
    await kim.ask()
    link = await last_link(desk)
    assert (await kim.get("details")).status_code == 200
    await desk.runtime.db.write(lambda tx: tx.execute(update(identities).values(**lost)))
    assert (await kim.get("details")).status_code == 303
    assert (await kim.client.post(link)).status_code == 404

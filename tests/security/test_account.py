"""One's own account over HTTP: what can be changed, by whom, and what cannot."""

import io

import pytest
from PIL import Image
from sqlalchemy import select, update

from app.models.agent import agents
from app.security.passwords import hash_password
from tests.desk import Desk
from tests.fixtures.people import SignIn

PASSWORD = "four calm otters"
NEW = {"password": "seven slow foxes", "again": "seven slow foxes"}


@pytest.fixture
async def accounts(desk: Desk) -> Desk:
    """The desk, where everybody has the same password."""
    hashed = await hash_password(PASSWORD)
    await desk.runtime.db.write(lambda tx: tx.execute(update(agents).values(password=hashed)))
    return desk


async def row(desk: Desk, name: str = "ana"):  # type: ignore[no-untyped-def]
    async with desk.runtime.db.read() as conn:
        found = await conn.execute(select(agents).where(agents.c.id == desk.agents[name]))
        return found.one()


async def test_the_page_shows_everything_and_no_secret(accounts: Desk, browser_of: SignIn) -> None:
    page = (await (await browser_of("ana")).get("/account")).text
    for text in ("Your account", "ana@tea.example", "Signed-in browsers", "Theme"):
        assert text in page
    assert "argon2" not in page


async def test_a_profile_is_saved_and_a_role_in_the_form_is_not(
    desk: Desk, browser_of: SignIn
) -> None:
    ana = await browser_of("ana")
    form = {"name": "Ana  Lima", "locale": "zh_Hant", "time_zone": "Asia/Taipei"}
    forged = {"role": "admin", "active": "0", "email": "x@x.example", "capacity": "99"}
    assert (await ana.post("/account/profile", data=form | forged)).status_code == 303
    ana_row = await row(desk)
    assert (ana_row.name, ana_row.locale, ana_row.role) == ("Ana Lima", "zh_Hant", "agent")
    assert (ana_row.email, ana_row.capacity) == ("ana@tea.example", 6)


async def test_a_wrong_profile_comes_back_with_what_was_typed(
    desk: Desk, browser_of: SignIn
) -> None:
    ana = await browser_of("ana")
    form = {"name": " ", "locale": "xx", "time_zone": "Mars/Olympus"}
    answer = await ana.post("/account/profile", data=form)
    assert answer.status_code == 422
    assert "Mars/Olympus" in answer.text
    assert 'id="field-time_zone-error"' in answer.text
    assert (await row(desk)).name == "Ana"


async def test_a_new_password_needs_the_old_one_and_signs_out_other_browsers(
    accounts: Desk, browser_of: SignIn
) -> None:
    ana, elsewhere = await browser_of("ana"), await browser_of("ana")
    wrong = await ana.post("/account/password", data={"current": "guess"} | NEW)
    assert wrong.status_code == 422
    weak = {"current": PASSWORD, "password": "short", "again": "short"}
    assert (await ana.post("/account/password", data=weak)).status_code == 422
    assert (
        await ana.post("/account/password", data={"current": PASSWORD} | NEW)
    ).status_code == 303
    assert (await ana.get("/account")).status_code == 200
    assert (await elsewhere.get("/account")).status_code == 303


async def test_a_new_address_needs_the_password_and_must_be_free(
    accounts: Desk, browser_of: SignIn
) -> None:
    ana = await browser_of("ana")
    for form in (
        {"email": "new@tea.example", "current": ""},
        {"email": "not an address", "current": PASSWORD},
        {"email": "ben@tea.example", "current": PASSWORD},
    ):
        assert (await ana.post("/account/email", data=form)).status_code == 422
    form = {"email": "New@tea.example", "current": PASSWORD}
    assert (await ana.post("/account/email", data=form)).status_code == 303
    assert (await row(accounts)).email == "new@tea.example"


async def test_preferences_are_kept_and_shape_the_next_page(desk: Desk, browser_of: SignIn) -> None:
    ana = await browser_of("ana")
    assert (await ana.post("/preferences", data={"theme": "dark"})).status_code == 204
    saved = await ana.post("/account/preferences", data={"shortcuts": "off", "density": "compact"})
    assert saved.status_code == 303
    page = (await ana.get("/account")).text
    assert 'data-theme="dark" data-density="compact" data-shortcuts="off"' in page
    assert (await ana.post("/preferences", data={"theme": "pink"})).status_code == 422


async def test_a_photo_is_drawn_anew_and_shown_to_colleagues(
    desk: Desk, browser_of: SignIn
) -> None:
    ana, ben = await browser_of("ana"), await browser_of("ben")
    out = io.BytesIO()
    Image.new("RGB", (300, 200), "teal").save(out, "PNG")
    address = f"/photos/{desk.agents['ana']}"
    assert (await ben.get(address)).status_code == 404
    sent = await ana.post("/account/photo", files={"photo": ("me.png", out.getvalue())})
    assert sent.status_code == 303
    assert (await ben.get(address)).headers["content-type"] == "image/webp"
    refused = await ana.post("/account/photo", files={"photo": ("me.svg", b"<svg/>")})
    assert refused.status_code == 422
    await ana.post("/account/photo", data={"remove": "1"})
    assert (await ben.get(address)).status_code == 404


async def test_sessions_are_listed_and_can_be_ended_but_only_ones_own(
    desk: Desk, browser_of: SignIn
) -> None:
    ana, phone, ben = await browser_of("ana"), await browser_of("ana"), await browser_of("ben")
    page = (await ana.get("/account")).text
    browser = page.split('name="browser" value="')[1].split('"')[0]
    assert (await ben.post("/account/sessions/end", data={"browser": browser})).status_code == 404
    assert (await ana.post("/account/sessions/end", data={"browser": browser})).status_code == 303
    assert (await phone.get("/account")).status_code == 303
    other = await browser_of("ana")
    await ana.post("/account/sessions/end-others")
    assert (await other.get("/account")).status_code == 303
    assert (await ana.get("/account")).status_code == 200

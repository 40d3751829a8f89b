"""Signing in and out over HTTP."""

import httpx2 as httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from app.actions.set_presence import end_access
from app.main import create_app
from app.models.agent import agents, audit, sessions
from app.security.passwords import hash_password
from app.settings import Settings
from tests.desk import Desk
from tests.fixtures.people import SignIn

PASSWORD = "four calm otters"


@pytest.fixture
async def accounts(desk: Desk) -> Desk:
    """The desk, where everybody has the same password."""
    hashed = await hash_password(PASSWORD)
    await desk.runtime.db.write(lambda tx: tx.execute(update(agents).values(password=hashed)))
    return desk


async def sign_in(client: httpx.AsyncClient, **form: str) -> httpx.Response:
    return await client.post(
        "/sign-in", data={"email": "ana@tea.example", "password": PASSWORD} | form
    )


async def test_the_right_password_opens_a_session_that_scripts_cannot_read(
    accounts: Desk, client: httpx.AsyncClient
) -> None:
    answer = await sign_in(client, email=" ANA@tea.example ", next="/account")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert (await client.get("/account")).status_code == 200


async def test_over_https_the_cookie_is_bound_to_the_host(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"public_url": "https://help.tea.example"}))
    desk = await _desk(app)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="https://help.tea.example"
    ) as client:
        answer = await sign_in(client)
        assert answer.headers["set-cookie"].startswith("__Host-session=")
        assert "Secure" in answer.headers["set-cookie"]
        assert "max-age=" in answer.headers["Strict-Transport-Security"]
        assert (await client.get("/account")).status_code == 200
    await desk.runtime.db.close()


async def _desk(app: FastAPI) -> Desk:
    from tests.desk import make_desk

    desk = await make_desk(app.state.runtime)
    hashed = await hash_password(PASSWORD)
    await desk.runtime.db.write(lambda tx: tx.execute(update(agents).values(password=hashed)))
    return desk


async def test_an_unknown_address_and_a_wrong_password_look_the_same(
    accounts: Desk, client: httpx.AsyncClient
) -> None:
    wrong = await sign_in(client, password="four calm cats")
    unknown = await sign_in(client, email="eva@tea.example")
    assert wrong.status_code == unknown.status_code == 422
    assert wrong.text.replace("ana@", "eva@") == unknown.text


@pytest.mark.parametrize("password", ["", "!", "nobody has this password"])
async def test_an_account_without_a_password_lets_nobody_in(
    desk: Desk, client: httpx.AsyncClient, password: str
) -> None:
    assert (await sign_in(client, password=password)).status_code == 422


async def test_a_closed_account_lets_nobody_in(accounts: Desk, client: httpx.AsyncClient) -> None:
    await accounts.runtime.db.write(end_access, accounts.agents["ana"])
    assert (await sign_in(client)).status_code == 422


async def test_guessing_is_stopped_and_told_when_to_come_back(
    accounts: Desk, client: httpx.AsyncClient
) -> None:
    for _ in range(8):
        await sign_in(client, password="guess")
    stopped = await sign_in(client)
    assert stopped.status_code == 429
    assert int(stopped.headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/ok\r\nSet-Cookie: a=b",
        "evil.example",
        "",
    ],
)
async def test_after_signing_in_one_stays_with_us(
    accounts: Desk, client: httpx.AsyncClient, elsewhere: str
) -> None:
    answer = await sign_in(client, next=elsewhere)
    assert answer.headers["location"] == "/"


async def test_a_new_sign_in_has_a_new_token_and_ends_the_old_session(
    accounts: Desk, client: httpx.AsyncClient
) -> None:
    first = (await sign_in(client)).cookies["session"]
    async with accounts.runtime.db.read() as conn:
        csrf = await conn.scalar(select(sessions.c.csrf))
    again = await client.post(
        "/sign-in",
        data={"email": "ana@tea.example", "password": PASSWORD, "csrf_token": csrf},
    )
    assert again.cookies["session"] != first
    async with accounts.runtime.db.read() as conn:
        assert len((await conn.execute(select(sessions))).all()) == 1


async def test_another_sites_form_cannot_sign_somebody_in(
    accounts: Desk, client: httpx.AsyncClient
) -> None:
    answer = await client.post(
        "/sign-in",
        data={"email": "ana@tea.example", "password": PASSWORD},
        headers={"Origin": "https://evil.example"},
    )
    assert answer.status_code == 403


async def test_signing_out_ends_the_session_on_the_server(desk: Desk, browser_of: SignIn) -> None:
    ana = await browser_of("ana")
    token = ana.cookies["session"]
    assert (await ana.get("/sign-out")).status_code in (404, 405)
    answer = await ana.post("/sign-out")
    assert answer.headers["location"] == "/sign-in"
    assert "cache" in answer.headers["Clear-Site-Data"]
    ana.cookies.set("session", token)
    assert (await ana.get("/account")).status_code == 303


async def test_a_session_ends_after_idle_hours_and_after_its_days(
    desk: Desk, browser_of: SignIn, ticking
) -> None:  # type: ignore[no-untyped-def]
    ana = await browser_of("ana")
    ticking.forward(s=11 * 3600)
    assert (await ana.get("/account")).status_code == 200
    ticking.forward(s=12 * 3600 + 1)
    assert (await ana.get("/account")).status_code == 303
    ben = await browser_of("ben")
    for _ in range(2 * 14):
        ticking.forward(s=11 * 3600)
        await ben.get("/account")
    ticking.forward(s=11 * 3600 * 3)
    assert (await ben.get("/account")).status_code == 303


async def test_a_deactivated_agent_is_out_at_once(desk: Desk, browser_of: SignIn) -> None:
    ana = await browser_of("ana")
    assert (await ana.get("/account")).status_code == 200
    await desk.runtime.db.write(end_access, desk.agents["ana"])
    assert (await ana.get("/account")).status_code == 303


async def test_what_was_asked_for_comes_after_signing_in(client: httpx.AsyncClient) -> None:
    answer = await client.get("/account?saved=email", headers={"Accept": "text/html"})
    assert answer.headers["location"] == "/sign-in?next=/account%3Fsaved%3Demail"


async def test_sign_ins_and_refusals_are_written_down_without_what_was_typed(
    accounts: Desk, client: httpx.AsyncClient
) -> None:
    await sign_in(client, email="my secret password typed in the wrong field")
    await sign_in(client, password="guess")
    await sign_in(client)
    async with accounts.runtime.db.read() as conn:
        rows = (await conn.execute(select(audit).order_by(audit.c.id))).all()
    assert [row.action for row in rows] == ["sign_in.refused", "sign_in.refused", "sign_in"]
    assert [row.subject for row in rows[:2]] == ["", f"agent {accounts.agents['ana']}"]
    assert "secret" not in str(rows)

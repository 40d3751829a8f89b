"""Links by mail: resets, invitations, the first run. Each works once, for one thing, not long."""

import re

import httpx2 as httpx
import pytest
from sqlalchemy import func, select, update

from app.actions.setup.first_run import make_setup_token
from app.actions.setup.invite import invite
from app.actions.system_mail import SystemMail
from app.models.agent import agents, invitations, password_resets
from app.models.organisation import brands, queues
from app.models.work import outbox
from app.runtime import Runtime
from tests.desk import Desk
from tests.fixtures.people import SignIn

NEW = {"password": "seven slow foxes", "again": "seven slow foxes"}
PERSON = {"name": "Noa", "locale": "zh_Hans", "time_zone": "Asia/Taipei"}


async def mails(runtime: Runtime) -> list[dict[str, str]]:
    async with runtime.db.read() as conn:
        rows = await conn.execute(select(outbox.c.payload).where(outbox.c.kind == "system_email"))
        return [row.payload for row in rows]


async def token_for(desk: Desk, client: httpx.AsyncClient, email: str = "ana@tea.example") -> str:
    await client.post("/forgot-password", data={"email": email})
    found = re.search(r"token=(\S+)", (await mails(desk.runtime))[-1]["text"])
    assert found
    return found[1]


async def test_asking_for_a_reset_looks_the_same_for_a_stranger(
    desk: Desk, client: httpx.AsyncClient
) -> None:
    known = await client.post("/forgot-password", data={"email": "ana@tea.example"})
    unknown = await client.post("/forgot-password", data={"email": "eva@tea.example"})
    assert known.text.replace("ana@", "eva@") == unknown.text
    assert [mail["to"] for mail in await mails(desk.runtime)] == ["ana@tea.example"]


async def test_a_reset_link_sets_the_password_once_and_signs_out_everywhere(
    desk: Desk, client: httpx.AsyncClient, browser_of: SignIn
) -> None:
    ana = await browser_of("ana")
    token = await token_for(desk, client)
    assert (await client.get("/reset-password", params={"token": token})).status_code == 200
    done = await client.post("/reset-password", data={"token": token} | NEW)
    assert (done.status_code, done.headers["location"]) == (303, "/")
    assert (await client.get("/account")).status_code == 200
    assert (await ana.get("/account")).status_code == 303
    client.cookies.clear()
    again = await client.post("/reset-password", data={"token": token} | NEW)
    assert again.status_code == 410
    signed_in = await client.post(
        "/sign-in", data={"email": "ana@tea.example", "password": NEW["password"]}
    )
    assert signed_in.status_code == 303


async def test_a_reset_link_is_over_after_half_an_hour(
    desk: Desk, client: httpx.AsyncClient, ticking
) -> None:  # type: ignore[no-untyped-def]
    token = await token_for(desk, client)
    ticking.forward(s=30 * 60 + 1)
    assert (await client.post("/reset-password", data={"token": token} | NEW)).status_code == 410


async def test_only_the_hash_of_a_reset_link_is_kept(desk: Desk, client: httpx.AsyncClient) -> None:
    token = await token_for(desk, client)
    async with desk.runtime.db.read() as conn:
        kept = (await conn.execute(select(password_resets))).one()
    assert token not in str(kept)


@pytest.mark.parametrize("token", ["", "0", "null", "x" * 43])
@pytest.mark.parametrize("door", ["/reset-password", "/invitation", "/setup"])
async def test_no_made_up_token_opens_anything(
    desk: Desk, client: httpx.AsyncClient, door: str, token: str
) -> None:
    await token_for(desk, client)
    assert (await client.get(door, params={"token": token})).status_code == 410
    form = {"token": token, "company": "X", "email": "x@x.example"} | PERSON | NEW
    assert (await client.post(door, data=form)).status_code == 410


async def test_a_weak_password_keeps_the_link_alive(desk: Desk, client: httpx.AsyncClient) -> None:
    token = await token_for(desk, client)
    weak = {"token": token, "password": "password123", "again": "password123"}
    assert (await client.post("/reset-password", data=weak)).status_code == 422
    assert (await client.post("/reset-password", data={"token": token} | NEW)).status_code == 303


async def invited(desk: Desk, role: str = "agent", token: str = "t" * 40) -> str:
    mail = SystemMail("noa@tea.example", "Welcome", "link")
    grants = {"queues": [desk.queues["billing"]]}
    await desk.runtime.db.write(invite, await desk.actor("ada"), role, grants, token, mail)
    return token


async def test_an_invitation_makes_the_account_it_was_sent_for_and_no_other(
    desk: Desk, client: httpx.AsyncClient
) -> None:
    token = await invited(desk)
    forged = {"role": "admin", "email": "root@tea.example", "agent_id": "1", "active": "1"}
    done = await client.post("/invitation", data={"token": token} | PERSON | NEW | forged)
    assert done.status_code == 303
    async with desk.runtime.db.read() as conn:
        noa = (await conn.execute(select(agents).where(agents.c.name == "Noa"))).one()
    assert (noa.email, noa.role, noa.locale) == ("noa@tea.example", "agent", "zh_Hans")
    client.cookies.clear()
    again = await client.post("/invitation", data={"token": token} | PERSON | NEW)
    assert again.status_code == 410


async def test_an_invitation_is_over_after_a_week(
    desk: Desk, client: httpx.AsyncClient, ticking
) -> None:  # type: ignore[no-untyped-def]
    token = await invited(desk)
    ticking.forward(s=7 * 24 * 3600 + 1)
    assert (await client.get("/invitation", params={"token": token})).status_code == 410


async def test_a_second_invitation_to_the_same_address_ends_the_first(
    desk: Desk, client: httpx.AsyncClient
) -> None:
    first = await invited(desk, token="a" * 40)
    second = await invited(desk, token="b" * 40)
    assert (await client.get("/invitation", params={"token": first})).status_code == 410
    assert (await client.get("/invitation", params={"token": second})).status_code == 200


async def test_a_used_invitation_is_not_opened_by_an_empty_token(
    desk: Desk, client: httpx.AsyncClient
) -> None:
    await invited(desk)
    await desk.runtime.db.write(lambda tx: tx.execute(update(invitations).values(used_at=1)))
    assert (await client.post("/invitation", data={"token": ""} | PERSON)).status_code == 410


async def test_the_first_run_makes_one_administrator_and_something_to_begin_with(
    runtime: Runtime, client: httpx.AsyncClient
) -> None:
    token = await runtime.db.write(make_setup_token)
    assert token
    assert (await client.get("/setup", params={"token": token})).status_code == 200
    form = {"token": token, "company": "Tea & Things", "email": "Ada@Tea.example"} | PERSON | NEW
    assert (await client.post("/setup", data=form | {"email": "no"})).status_code == 422
    assert (await client.post("/setup", data=form)).headers["location"] == "/admin"
    async with runtime.db.read() as conn:
        admin = (await conn.execute(select(agents))).one()
        assert (admin.email, admin.role) == ("ada@tea.example", "admin")
        assert (await conn.scalar(select(func.count()).select_from(brands))) == 1
        assert (await conn.scalar(select(func.count()).select_from(queues))) == 1
    client.cookies.clear()
    assert (await client.post("/setup", data=form)).status_code == 410
    assert await runtime.db.write(make_setup_token) is None


async def test_there_is_no_first_run_once_there_are_accounts(
    desk: Desk, client: httpx.AsyncClient
) -> None:
    assert await desk.runtime.db.write(make_setup_token) is None
    assert (await client.get("/setup")).status_code == 410


async def test_a_new_setup_link_takes_the_place_of_the_old_one(
    runtime: Runtime, client: httpx.AsyncClient
) -> None:
    first = await runtime.db.write(make_setup_token)
    second = await runtime.db.write(make_setup_token)
    assert (await client.get("/setup", params={"token": first})).status_code == 410
    assert (await client.get("/setup", params={"token": second})).status_code == 200

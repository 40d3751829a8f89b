"""Inviting, demoting, closing accounts; keys; the log; stuck mails."""

import re

import httpx2 as httpx
import pytest
from sqlalchemy import insert, select, update

from app.actions.account_session import note_refused_sign_in, sign_in
from app.actions.attach import remember_file
from app.models.agent import agent_queues, agents, api_keys, audit
from app.models.contact import contacts
from app.models.organisation import inboxes
from app.models.work import outbox, raw_mails
from app.security.api_keys import find_api_key
from tests.desk import Desk
from tests.fixtures.people import SignIn


@pytest.fixture
async def ada(desk: Desk, browser_of: SignIn) -> httpx.AsyncClient:
    """The administrator's browser."""
    return await browser_of("ada")


async def test_somebody_is_invited_comes_and_can_work(
    desk: Desk, ada: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    form = {"email": " Noa@tea.example", "role": "agent", "queues": str(desk.queues["billing"])}
    done = await ada.post("/admin/agents/invite", data=form)
    assert done.headers["location"] == "/admin/agents?done=invited"
    assert "noa@tea.example" in (await ada.get("/admin/agents")).text
    async with desk.runtime.db.read() as conn:
        mail = (await conn.execute(select(outbox))).one().payload
    assert mail["to"] == "noa@tea.example"
    link = re.search(r"(/invitation\?token=\S+)", mail["text"])
    assert link
    token = link[1].partition("=")[2]
    person = {"name": "Noa", "locale": "en", "time_zone": "UTC", "token": token}
    password = {"password": "seven slow foxes", "again": "seven slow foxes"}
    assert (await client.get(link[1])).status_code == 200
    assert (await client.post("/invitation", data=person | password)).status_code == 303
    async with desk.runtime.db.read() as conn:
        noa = (await conn.execute(select(agents).where(agents.c.name == "Noa"))).one()
        seat = await conn.execute(
            select(agent_queues.c.queue_id).where(agent_queues.c.agent_id == noa.id)
        )
        assert seat.scalars().all() == [desk.queues["billing"]]


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": "nonsense"},
        {"email": "ana@tea.example"},
        {"email": "a@tea.example, b@evil.example"},
        {"role": "owner"},
        {"queues": "999"},
        {"teams": "x"},
    ],
)
async def test_an_invitation_that_cannot_be_is_refused(
    desk: Desk, ada: httpx.AsyncClient, wrong: dict[str, str]
) -> None:
    form = {"email": "noa@tea.example", "role": "agent"} | wrong
    assert (await ada.post("/admin/agents/invite", data=form)).status_code == 422
    async with desk.runtime.db.read() as conn:
        assert (await conn.execute(select(outbox))).all() == []


async def test_an_invitation_can_be_withdrawn(
    desk: Desk, ada: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    await ada.post("/admin/agents/invite", data={"email": "noa@tea.example", "role": "agent"})
    async with desk.runtime.db.read() as conn:
        mail = (await conn.execute(select(outbox))).one().payload
    token = re.search(r"token=(\S+)", mail["text"])[1]  # type: ignore[index]
    page = (await ada.get("/admin/agents")).text
    address = re.search(r'action="(/admin/invitations/\d+/withdraw)"', page)[1]  # type: ignore[index]
    assert (await ada.post(address)).status_code == 303
    assert (await client.get("/invitation", params={"token": token})).status_code == 410


async def test_a_closed_account_is_out_at_once_and_its_work_goes_back(
    desk: Desk, ada: httpx.AsyncClient, browser_of: SignIn
) -> None:
    await desk.available("ana")
    received = await desk.mail()
    await desk.accept("ana")
    ana = await browser_of("ana")
    address = f"/admin/agents/{desk.agents['ana']}"
    assert (await ada.post(f"{address}/deactivate")).status_code == 303
    assert (await ana.get("/account")).status_code == 303
    async with desk.runtime.db.read() as conn:
        contact = (
            await conn.execute(
                select(contacts).where(contacts.c.conversation_id == received.conversation_id)
            )
        ).one()
    assert (contact.status, contact.agent_id) == ("waiting", None)
    await ada.post(f"{address}/reactivate")
    async with desk.runtime.db.read() as conn:
        row = (await conn.execute(select(agents).where(agents.c.name == "Ana"))).one()
    assert row.active


async def test_nobody_closes_their_own_account_or_the_last_administrator(
    desk: Desk, ada: httpx.AsyncClient
) -> None:
    me = f"/admin/agents/{desk.agents['ada']}"
    answer = await ada.post(f"{me}/deactivate")
    assert answer.status_code == 422
    assert "your own account" in answer.text
    form = {"name": "Ada", "role": "agent", "locale": "en", "time_zone": "UTC", "capacity": "6"}
    limits = {"max_chat": "3", "max_email": "6", "max_form": "6"}
    answer = await ada.post(me, data=form | limits)
    assert answer.status_code == 422
    assert "last administrator" in answer.text


async def test_an_administrator_signs_somebody_out_everywhere(
    desk: Desk, ada: httpx.AsyncClient, browser_of: SignIn
) -> None:
    ana = await browser_of("ana")
    await ada.post(f"/admin/agents/{desk.agents['ana']}/end-sessions")
    assert (await ana.get("/account")).status_code == 303


async def test_a_key_is_shown_once_and_can_be_revoked(desk: Desk, ada: httpx.AsyncClient) -> None:
    made = await ada.post("/admin/keys", data={"name": "CRM", "agent_id": str(desk.agents["sam"])})
    token = re.search(r'<code id="key">([^<]+)</code>', made.text)[1]  # type: ignore[index]
    assert made.headers["Cache-Control"] == "no-store"
    assert token not in (await ada.get("/admin/keys")).text
    found = await desk.runtime.db.query(find_api_key, token)
    assert found is not None
    assert found[2].name == "Sam"
    async with desk.runtime.db.read() as conn:
        assert token not in str((await conn.execute(select(api_keys))).all())
        assert token not in str((await conn.execute(select(audit))).all())
    assert (await ada.post(f"/admin/keys/{found[0]}/revoke")).status_code == 303
    assert await desk.runtime.db.query(find_api_key, token) is None
    assert (await ada.post("/admin/keys", data={"name": "", "agent_id": "1"})).status_code == 422
    assert (await ada.post("/admin/keys", data={"name": "x", "agent_id": "99"})).status_code == 422


async def test_the_log_is_filtered_and_cannot_be_written(
    desk: Desk, ada: httpx.AsyncClient
) -> None:
    await ada.post("/admin/teams/new", data={"name": "<script>alert(1)</script>"})
    await ada.post("/admin/tags/new", data={"name": "vip"})
    everything = (await ada.get("/admin/log")).text
    assert "Team &lt;script&gt;" in everything
    only = (await ada.get("/admin/log", params={"action": "tag."})).text
    assert "Tag vip" in only
    assert "Team &lt;script&gt;" not in only
    strange = {"agent": "x", "before": "-1", "action": "%", "subject": "'"}
    assert (await ada.get("/admin/log", params=strange)).status_code == 200
    assert (await ada.post("/admin/log")).status_code in (404, 405)


async def test_the_log_says_in_words_who_did_what(desk: Desk, ada: httpx.AsyncClient) -> None:
    await desk.runtime.db.write(sign_in, desk.agents["ana"], 1, "", "")
    await desk.runtime.db.write(note_refused_sign_in, desk.agents["ben"], "")
    await ada.post("/admin/tags/new", data={"name": "vip"})
    for _ in range(2):
        await ada.post("/admin/tags/1", data={"name": "regular"})
    rows = [
        [re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<td.*?</td>", row)][1:5]
        for row in re.findall(r"<tr><td>.*?</tr>", (await ada.get("/admin/log")).text)
    ]
    assert rows == [
        ["Ada", "Changed", "Tag regular", "Name"],
        ["Ada", "Created", "Tag regular", "Name"],
        ["–", "Could not sign in", "Agent Ben", ""],
        ["Ana", "Signed in", "Agent Ana", ""],
    ]


async def test_mails_that_need_a_person_are_listed_and_tried_again(
    desk: Desk, ada: httpx.AsyncClient
) -> None:
    stored = desk.runtime.files.keep(b"broken", "mail.eml", "message/rfc822")

    def fill(tx):  # type: ignore[no-untyped-def]
        tx.execute(
            insert(raw_mails).values(
                inbox_id=desk.inboxes["email"],
                file_id=remember_file(tx, stored),
                hash=stored.hash,
                source="imap",
                rcpt_to=[],
                size=6,
                mail_from="odd@example.com",
                state="failed",
                attempts=5,
                error="The charset <x> is unknown.",
                next_at=0,
                received_at=tx.now,
            )
        )
        tx.execute(
            insert(outbox).values(
                kind="system_email",
                payload={"to": "noa@tea.example", "subject": "s", "text": "t"},
                state="failed",
                error="550 no such user",
                next_at=0,
                created_at=tx.now,
            )
        )
        tx.execute(
            update(inboxes)
            .where(inboxes.c.id == desk.inboxes["email"])
            .values(last_error="The login was refused.", last_error_at=tx.now)
        )

    await desk.runtime.db.write(fill)
    page = (await ada.get("/admin/mail")).text
    for text in ("charset &lt;x&gt;", "odd@example.com", "550 no such user", "login was refused"):
        assert text in page
    for address in re.findall(r'action="(/admin/mail/\d+/(?:read|send)-again)"', page):
        assert (await ada.post(address)).status_code == 303
        assert (await ada.post(address)).status_code == 404
    async with desk.runtime.db.read() as conn:
        assert (await conn.scalar(select(raw_mails.c.state))) == "stored"
        assert (await conn.scalar(select(outbox.c.state))) == "queued"

"""A mailbox that is signed in to at its provider: consent, fresh tokens, refusals."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2 as httpx
import pytest
from sqlalchemy import func, select, update

from app import clock
from app.db import Tx
from app.events import SetupChanged
from app.models.conversation import messages
from app.models.organisation import inboxes, mail_logins
from app.workers import fetch_mail, parse_mail
from tests.desk import Desk
from tests.fixtures.mail import mail
from tests.fixtures.people import SignIn
from tests.fixtures.workers import Start, until
from tests.servers.dovecot import DovecotServer, dovecot
from tests.servers.oauth import CLIENT_ID, CLIENT_SECRET, OAuthServer, oauth_server

pytestmark = pytest.mark.dovecot


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[OAuthServer]:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # the provider here speaks plain HTTP
    with oauth_server("support@example.org") as server:
        yield server


@pytest.fixture
def mailbox(tmp_path: Path, provider: OAuthServer) -> Iterator[DovecotServer]:
    with dovecot(tmp_path, f"{provider.url}/introspect") as server:
        yield server


@pytest.fixture
async def ada(desk: Desk, browser_of: SignIn) -> httpx.AsyncClient:
    return await browser_of("ada")


async def rows(desk: Desk, query: Any) -> Sequence[Any]:
    async with desk.runtime.db.read() as conn:
        return (await conn.execute(query)).all()


async def connect(desk: Desk, mailbox: DovecotServer, provider: OAuthServer) -> None:
    settings = {
        "imap": {
            "host": mailbox.host,
            "port": mailbox.port,
            "user": mailbox.user,
            "security": "none",
        },
        "oauth": {
            "provider": "other",
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "authorize_url": f"{provider.url}/authorize",
            "token_url": f"{provider.url}/token",
            "scope": "imap",
        },
    }

    def change(tx: Tx) -> None:
        here = inboxes.c.id == desk.inboxes["email"]
        tx.execute(update(inboxes).where(here).values(settings=settings))
        tx.emit(SetupChanged("inbox", desk.inboxes["email"]))

    await desk.runtime.db.write(change)


async def sign_in(desk: Desk, ada: httpx.AsyncClient, provider: OAuthServer) -> httpx.Response:
    """What an administrator does: press the button, agree at the provider, come back."""
    inbox_id = desk.inboxes["email"]
    page = await ada.post(f"/admin/email-inboxes/{inbox_id}/sign-in")
    assert page.status_code == 200, page.text
    start = page.text.index(f"{provider.url}/authorize?")
    address = page.text[start : page.text.index('"', start)].replace("&amp;", "&")
    back = urlsplit(provider.agree(address))
    return await ada.get(f"{back.path}?{back.query}")


async def until_messages(desk: Desk, how_many: int) -> None:
    async def all_there() -> bool:
        return (await rows(desk, select(func.count(messages.c.id))))[0][0] == how_many

    await until(all_there)


async def until_error(desk: Desk, words: str) -> None:
    query = select(inboxes.c.last_error).where(inboxes.c.id == desk.inboxes["email"])

    async def says_so() -> bool:
        return words in (await rows(desk, query))[0].last_error

    await until(says_so)


async def test_mail_comes_after_an_administrator_has_signed_in(
    desk: Desk, ada: httpx.AsyncClient, mailbox: DovecotServer, provider: OAuthServer, work: Start
) -> None:
    await asyncio.to_thread(mailbox.append, mail())
    await connect(desk, mailbox, provider)
    await work(fetch_mail.WORKER, parse_mail.WORKER)
    await until_error(desk, "Nobody has signed in")
    done = await sign_in(desk, ada, provider)
    assert done.headers["location"].endswith("?done=signed_in")
    await until_messages(desk, 1)
    [login] = await rows(desk, select(mail_logins))
    assert login.state == "agreed"
    assert provider.introspect(login.access_token) == {"active": False}  # it is sealed


async def test_a_token_that_ends_is_replaced_before_the_next_login(
    desk: Desk, ada: httpx.AsyncClient, mailbox: DovecotServer, provider: OAuthServer, work: Start
) -> None:
    await connect(desk, mailbox, provider)
    provider.lifetime_s = 60  # less than the time ahead at which tokens are replaced
    await sign_in(desk, ada, provider)
    await asyncio.to_thread(mailbox.append, mail())
    await work(fetch_mail.WORKER, parse_mail.WORKER)
    await until_messages(desk, 1)
    assert provider.refreshed >= 1


async def test_a_consent_that_was_taken_back_is_asked_for_again_where_it_is_seen(
    desk: Desk, ada: httpx.AsyncClient, mailbox: DovecotServer, provider: OAuthServer, work: Start
) -> None:
    await connect(desk, mailbox, provider)
    await sign_in(desk, ada, provider)
    provider.revoke()

    def let_it_end(tx: Tx) -> None:
        tx.execute(update(mail_logins).values(expires_at=clock.now()))

    await desk.runtime.db.write(let_it_end)
    await work(fetch_mail.WORKER, parse_mail.WORKER)
    await until_error(desk, "consent revoked")
    page = await ada.get(f"/admin/email-inboxes/{desk.inboxes['email']}")
    assert "Sign in again" in page.text
    await asyncio.to_thread(mailbox.append, mail())
    await sign_in(desk, ada, provider)
    await until_messages(desk, 1)


async def test_many_who_need_a_token_at_once_ask_for_one(
    desk: Desk, ada: httpx.AsyncClient, mailbox: DovecotServer, provider: OAuthServer
) -> None:
    from app.mail_access import access_token

    await connect(desk, mailbox, provider)
    provider.lifetime_s = 60
    await sign_in(desk, ada, provider)
    provider.lifetime_s = 3600
    inbox_id = desk.inboxes["email"]
    [row] = await rows(desk, select(inboxes.c.settings).where(inboxes.c.id == inbox_id))
    tokens = await asyncio.gather(
        *(access_token(desk.runtime, inbox_id, row.settings) for _ in range(8))
    )
    assert len(set(tokens)) == 1
    assert provider.refreshed == 1


async def test_a_provider_that_is_down_is_no_reason_to_sign_in_again(
    desk: Desk, ada: httpx.AsyncClient, mailbox: DovecotServer, provider: OAuthServer, work: Start
) -> None:
    await connect(desk, mailbox, provider)
    provider.lifetime_s = 60
    await sign_in(desk, ada, provider)
    provider.out_of_order = True
    await work(fetch_mail.WORKER)
    await until_error(desk, "answers 503")
    [login] = await rows(desk, select(mail_logins))
    assert login.state == "agreed"


async def test_a_consent_is_good_once_and_only_for_who_asked(
    desk: Desk, ada: httpx.AsyncClient, browser_of: SignIn, mailbox: DovecotServer,
    provider: OAuthServer,
) -> None:  # fmt: skip
    await connect(desk, mailbox, provider)
    await sign_in(desk, ada, provider)
    again = await ada.get("/admin/mail-sign-in?state=made-up&code=x")
    assert again.status_code == 409
    none = await ada.get("/admin/mail-sign-in?state=&code=x")
    assert none.status_code == 409
    ana = await browser_of("ana")
    assert (await ana.get("/admin/mail-sign-in?state=x&code=x")).status_code in (403, 404)

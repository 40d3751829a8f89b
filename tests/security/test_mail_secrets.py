"""Passwords of mailboxes are sealed where they are stored, and open with our secret alone."""

from typing import Any

import pytest
from sqlalchemy import select, update

from app.actions.seal_mailboxes import seal_mailboxes
from app.commands.mail_checks import incoming, outgoing
from app.db import Tx
from app.main import create_app
from app.models.organisation import inboxes
from app.security.mail_secrets import opened_settings, sealed_settings
from app.security.sealed import CannotOpen
from tests.desk import Desk
from tests.servers.ports import free_port

PLAIN: dict[str, Any] = {
    "imap": {"host": "imap.example", "user": "help", "password": "pa55-imap"},
    "smtp": {"host": "smtp.example", "password": ""},
    "oauth": {"provider": "google", "client_secret": "pa55-oauth"},
    "sender_name": "Tea",
}


async def stored(desk: Desk) -> dict[str, Any]:
    async with desk.runtime.db.read() as conn:
        query = select(inboxes.c.settings).where(inboxes.c.id == desk.inboxes["email"])
        found: dict[str, Any] = (await conn.execute(query)).scalar_one()
        return found


async def put(desk: Desk, settings: dict[str, Any]) -> None:
    def change(tx: Tx) -> None:
        where = inboxes.c.id == desk.inboxes["email"]
        tx.execute(update(inboxes).where(where).values(settings=settings))

    await desk.runtime.db.write(change)


def test_what_is_sealed_opens_to_what_it_was() -> None:
    sealed = sealed_settings(b"secret", PLAIN)
    assert "pa55" not in str(sealed)
    assert sealed["smtp"]["password"] == ""
    assert opened_settings(b"secret", sealed) == PLAIN
    assert opened_settings(b"secret", PLAIN) == PLAIN
    assert sealed_settings(b"secret", sealed) == sealed
    with pytest.raises(CannotOpen):
        opened_settings(b"another", sealed)


async def test_plain_passwords_are_sealed_at_the_start_once(desk: Desk) -> None:
    await put(desk, PLAIN)
    application = create_app(desk.runtime.settings)
    async with application.router.lifespan_context(application):
        pass
    sealed = await stored(desk)
    assert "pa55" not in str(sealed)
    assert opened_settings(desk.runtime.secret, sealed) == PLAIN
    assert await desk.runtime.db.write(seal_mailboxes, desk.runtime.secret) == 0
    assert await stored(desk) == sealed


async def test_the_doctor_says_when_the_secret_is_another(desk: Desk) -> None:
    here = {"host": "127.0.0.1", "port": free_port(), "security": "none", "password": "pa55"}
    await put(desk, sealed_settings(b"another secret", {"imap": here, "smtp": here}))
    for check in (incoming, outgoing):
        words = [f.words for f in await check(desk.runtime.settings) if f.verdict == "fail"]
        assert [each for each in words if "sealed with another secret" in each], words

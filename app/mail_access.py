"""A valid access token for a mailbox that is signed in to with OAuth, whoever needs it.

Refresh tokens may be good for one use, so only one process at a time asks for new ones.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, select

from app import clock
from app.actions.lease import release_lease, take_lease
from app.actions.mail_login import keep_tokens, login_refused
from app.models.mail_settings import oauth_of
from app.models.organisation import mail_logins
from app.runtime import Runtime
from app.security.mail_secrets import opened_settings
from app.security.sealed import CannotOpen, seal, unseal
from channels.email.imap_fetch import LoginRefused, MailboxUnreachable
from channels.email.oauth import (
    AuthorisationNeeded,
    OAuthClient,
    ProviderUnreachable,
    Tokens,
    refresh,
)

AHEAD_MS = 120_000  # a token that ends so soon is replaced first
TURN_MS = 60_000  # how long a process may take to fetch a new one
WAIT_S, WAITS = 0.5, 60
AGREE = "Nobody has signed in to this mailbox yet. Do it at the inbox, under “Sign in”."


async def access_token(
    runtime: Runtime, inbox_id: int, settings: Mapping[str, Any] | None
) -> str | None:
    """The token, fresh enough for a login now; None where the mailbox has a password.

    Raises LoginRefused when a person must sign in (again), MailboxUnreachable when the provider
    does not answer.
    """
    if oauth_of(settings) is None:
        return None
    client = _client(runtime, settings)
    owner = clock.new_token()
    for _ in range(WAITS):
        row = await runtime.db.query(_login, inbox_id)
        if row is None or row.state != "agreed":
            raise LoginRefused(row.error if row is not None and row.error else AGREE)
        if (row.expires_at or 0) - AHEAD_MS > clock.now():
            return _opened(runtime, row.access_token)
        name = f"oauth:{inbox_id}"
        if await runtime.db.write(take_lease, name, owner, TURN_MS) is not None:
            try:
                return await _renew(runtime, inbox_id, client)
            finally:
                await runtime.db.write(release_lease, name, owner)
        await asyncio.sleep(WAIT_S)
    raise MailboxUnreachable("Another process has been asking for a new token for too long.")


def sealed(runtime: Runtime, tokens: Tokens) -> Tokens:
    """The tokens as they may be stored."""
    return Tokens(
        seal(runtime.secret, tokens.access_token),
        seal(runtime.secret, tokens.refresh_token),
        tokens.expires_at,
    )


async def _renew(runtime: Runtime, inbox_id: int, client: OAuthClient) -> str:
    row = await runtime.db.query(_login, inbox_id)
    if row is None or row.state != "agreed":
        raise LoginRefused(AGREE)
    if (row.expires_at or 0) - AHEAD_MS > clock.now():
        return _opened(runtime, row.access_token)  # somebody else was faster
    try:
        tokens = await refresh(client, _opened(runtime, row.refresh_token), clock.now())
    except AuthorisationNeeded as error:
        await runtime.db.write(login_refused, inbox_id, str(error))
        raise LoginRefused(str(error)) from error
    except ProviderUnreachable as error:
        raise MailboxUnreachable(str(error)) from error
    await runtime.db.write(keep_tokens, inbox_id, sealed(runtime, tokens), None)
    return tokens.access_token


def _opened(runtime: Runtime, text: str) -> str:
    try:
        return unseal(runtime.secret, text)
    except CannotOpen as error:
        raise LoginRefused(f"{error} Sign in to the mailbox again.") from error


def _client(runtime: Runtime, settings: Mapping[str, Any] | None) -> OAuthClient:
    try:
        client = oauth_of(opened_settings(runtime.secret, settings))
    except CannotOpen as error:
        raise LoginRefused(f"{error} Type the client's secret again.") from error
    assert client is not None
    return client


def _login(conn: Connection, inbox_id: int) -> Row[Any] | None:
    return conn.execute(select(mail_logins).where(mail_logins.c.inbox_id == inbox_id)).first()

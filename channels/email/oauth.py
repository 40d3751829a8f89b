"""Signing in to a mailbox with OAuth 2.0, as Microsoft 365 and Google ask for (RFC 6749, 7636).

A person agrees once in the browser; from then on access tokens are fetched with the refresh token.
When the provider no longer takes that one, somebody has to agree again, and is told so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TIMEOUT_S = 20.0
_LIFETIME_S = 3600  # where the provider does not say (RFC 6749 5.1 only recommends that it does)


class AuthorisationNeeded(Exception):
    """The provider does not take what it once gave; a person must agree again."""


class ProviderUnreachable(Exception):
    """No answer, or none that can be used. Trying again later may help."""


@dataclass(frozen=True, slots=True)
class Provider:
    """Where a provider's doors are. `{tenant}` in an address stands for the organisation."""

    authorize_url: str
    token_url: str
    scope: str
    extra: Mapping[str, str]
    imap_host: str = ""
    smtp_host: str = ""


PROVIDERS: Mapping[str, Provider] = {
    "microsoft": Provider(
        "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/authorize",
        "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",
        "https://outlook.office.com/IMAP.AccessAsUser.All "
        "https://outlook.office.com/SMTP.Send offline_access",
        {"prompt": "select_account"},
        "outlook.office365.com",
        "smtp.office365.com",
    ),
    "google": Provider(
        "https://accounts.google.com/o/oauth2/v2/auth",
        "https://oauth2.googleapis.com/token",
        "https://mail.google.com/",
        {"access_type": "offline", "prompt": "consent"},  # else there is no refresh token
        "imap.gmail.com",
        "smtp.gmail.com",
    ),
    "other": Provider("", "", "", {}),
}


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """The application that was registered with the provider, and the provider's addresses."""

    client_id: str
    client_secret: str
    authorize_url: str
    token_url: str
    scope: str
    extra: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the provider gave; `expires_at` of the access token, in ms since the epoch."""

    access_token: str
    refresh_token: str
    expires_at: int


def new_verifier() -> str:
    """A fresh secret that binds the code to whoever asked for it (PKCE, RFC 7636)."""
    return str(_maker("").create_code_verifier(64))


def consent_url(
    client: OAuthClient, redirect_uri: str, state: str, verifier: str, user: str
) -> str:
    """Where the browser goes to ask the owner of the mailbox."""
    maker = _maker(client.client_id)
    return str(
        maker.prepare_request_uri(
            client.authorize_url,
            redirect_uri=redirect_uri,
            scope=client.scope.split(),
            state=state,
            code_challenge=maker.create_code_challenge(verifier, "S256"),
            code_challenge_method="S256",
            login_hint=user,
            **client.extra,
        )
    )


async def redeem(
    client: OAuthClient, code: str, redirect_uri: str, verifier: str, now: int
) -> Tokens:
    """The tokens for the code that the browser brought back.

    Raises AuthorisationNeeded when the provider refuses it or gives no refresh token.
    """
    maker = _maker(client.client_id)
    body = maker.prepare_request_body(
        code=code,
        redirect_uri=redirect_uri,
        code_verifier=verifier,
        client_secret=client.client_secret,
    )
    tokens = await _ask(client, body, "", now)
    if not tokens.refresh_token:
        raise AuthorisationNeeded(
            "The provider gave no refresh token; allow offline access for this application."
        )
    return tokens


async def refresh(client: OAuthClient, refresh_token: str, now: int) -> Tokens:
    """New tokens; the refresh token is the old one where the provider does not replace it."""
    maker = _maker(client.client_id)
    body = maker.prepare_refresh_body(
        refresh_token=refresh_token,
        client_id=client.client_id,
        client_secret=client.client_secret,
    )
    return await _ask(client, body, refresh_token, now)


def _maker(client_id: str) -> Any:
    """The library's client; imported here, because most installations never sign in so."""
    from oauthlib.oauth2 import WebApplicationClient

    return WebApplicationClient(client_id)


async def _ask(client: OAuthClient, body: str, refresh_token: str, now: int) -> Tokens:
    import httpx2 as httpx
    from oauthlib.oauth2 import OAuth2Error

    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_S) as http:
            answer = await http.post(client.token_url, content=body, headers=headers)
    except httpx.HTTPError as error:
        words = f"{client.token_url} does not answer: {error or type(error).__name__}"
        raise ProviderUnreachable(words) from error
    if answer.status_code >= 500 or answer.status_code == 429:
        raise ProviderUnreachable(f"{client.token_url} answers {answer.status_code}.")
    try:
        given = _maker(client.client_id).parse_request_body_response(answer.text)
    except OAuth2Error as error:
        words = f"{error.error}: {error.description or ''}".strip(": ")
        raise AuthorisationNeeded(f"The provider refused: {words}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ProviderUnreachable(f"{client.token_url} gave no answer to be understood.") from error
    lifetime_s = int(given.get("expires_in") or _LIFETIME_S)
    return Tokens(
        str(given["access_token"]),
        str(given.get("refresh_token") or refresh_token),
        now + lifetime_s * 1000,
    )

"""How a mailbox is signed in to: with its password, or with OAuth at its provider, described."""

from app.actions.setup.field import CHOICE, SECRET, TEXT, URL, Field
from app.actions.setup.resource import Section
from app.pages import N_

_PLACE = ("settings", "oauth")

SIGN_IN = Section(
    N_("Sign in"),
    (
        Field(
            "oauth_provider",
            N_("With"),
            CHOICE,
            at=(*_PLACE, "provider"),
            options=(
                ("password", N_("User name and password")),
                ("microsoft", N_("Microsoft 365 (OAuth)")),
                ("google", N_("Google (OAuth)")),
                ("other", N_("Another provider (OAuth)")),
            ),
            default="password",
            hint=N_("Microsoft and Google no longer take passwords. Save, then sign in below."),
        ),
        Field(
            "oauth_client_id",
            N_("Application (client) ID"),
            TEXT,
            at=(*_PLACE, "client_id"),
            longest=250,
            hint=N_("Of the application that you registered with the provider."),
        ),
        Field(
            "oauth_client_secret",
            N_("Client secret"),
            SECRET,
            at=(*_PLACE, "client_secret"),
            longest=500,
        ),
        Field(
            "oauth_tenant",
            N_("Tenant"),
            TEXT,
            at=(*_PLACE, "tenant"),
            longest=120,
            hint=N_("Microsoft 365 only: the organisation's ID or domain. Empty: any."),
        ),
        Field(
            "oauth_authorize_url",
            N_("Authorisation address"),
            URL,
            at=(*_PLACE, "authorize_url"),
            longest=500,
            hint=N_("This and the next two for another provider only."),
        ),
        Field("oauth_token_url", N_("Token address"), URL, at=(*_PLACE, "token_url"), longest=500),
        Field("oauth_scope", N_("Scope"), TEXT, at=(*_PLACE, "scope"), longest=500),
    ),
)

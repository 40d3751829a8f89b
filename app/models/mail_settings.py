"""What an email inbox is set to: the JSON of `inboxes.settings` read into channel values.

{"imap": {"host", "port", "security", "user", "password", "folder"},
 "smtp": {"host", "port", "security", "user", "password"},
 "oauth": {"provider", "tenant", "client_id", "client_secret", "authorize_url", "token_url", "scope"},
 "sender_name": "…"}
Passwords and the client's secret are sealed where they are stored; whoever logs in opens the
settings first (`security.mail_secrets`). An inbox without an IMAP host gets its mail from the
built-in listener; one without an SMTP host sends through the installation's own (SMTP_HOST).
"""

from collections.abc import Mapping
from typing import Any, Literal, cast

from channels.email.imap_fetch import ImapSettings
from channels.email.oauth import PROVIDERS, OAuthClient
from channels.email.smtp_send import SmtpSettings

Security = Literal["none", "starttls", "tls"]
IMAP_PORTS: dict[Security, int] = {"tls": 993, "starttls": 143, "none": 143}
SMTP_PORTS: dict[Security, int] = {"tls": 465, "starttls": 587, "none": 25}
TIMEOUT_S = 60.0
MAX_BYTES = 50 * 1024 * 1024  # larger mails are kept without their content


def imap_of(
    json: Mapping[str, Any] | None, timeout_s: float = TIMEOUT_S, max_bytes: int = MAX_BYTES
) -> ImapSettings | None:
    """Where this inbox fetches its mail; None when it does not."""
    part = _part(json, "imap")
    if not part.get("host"):
        return None
    security = _security(part, "tls")
    return ImapSettings(
        host=str(part["host"]),
        port=int(part.get("port") or IMAP_PORTS[security]),
        user=str(part.get("user") or ""),
        password=str(part.get("password") or ""),
        security=security,
        folder=str(part.get("folder") or "INBOX"),
        timeout_s=timeout_s,
        max_bytes=max_bytes,
    )


def smtp_of(json: Mapping[str, Any] | None, timeout_s: float = TIMEOUT_S) -> SmtpSettings | None:
    """Where this inbox hands in its mail; None when that is the installation's own server."""
    part = _part(json, "smtp")
    if not part.get("host"):
        return None
    security = _security(part, "starttls")
    return SmtpSettings(
        host=str(part["host"]),
        port=int(part.get("port") or SMTP_PORTS[security]),
        security=security,
        user=str(part["user"]) if part.get("user") else None,
        password=str(part["password"]) if part.get("password") else None,
        timeout_s=timeout_s,
    )


def oauth_of(json: Mapping[str, Any] | None) -> OAuthClient | None:
    """How the mailbox is signed in to; None where it has a password."""
    part = _part(json, "oauth")
    provider = PROVIDERS.get(str(part.get("provider") or ""))
    if provider is None:
        return None
    tenant = str(part.get("tenant") or "common")
    return OAuthClient(
        client_id=str(part.get("client_id") or ""),
        client_secret=str(part.get("client_secret") or ""),
        authorize_url=(provider.authorize_url or str(part.get("authorize_url") or "")).replace(
            "{tenant}", tenant
        ),
        token_url=(provider.token_url or str(part.get("token_url") or "")).replace(
            "{tenant}", tenant
        ),
        scope=provider.scope or str(part.get("scope") or ""),
        extra=provider.extra,
    )


def _part(json: Mapping[str, Any] | None, name: str) -> Mapping[str, Any]:
    part = (json or {}).get(name)
    return part if isinstance(part, Mapping) else {}


def _security(part: Mapping[str, Any], default: Security) -> Security:
    found = part.get("security")
    return cast(Security, found) if found in ("none", "starttls", "tls") else default

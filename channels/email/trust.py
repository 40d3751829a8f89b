"""What our own mail server found out about a mail: who sent it (RFC 8601), and whether it is spam.

Anybody can write such a field into a mail. So it counts only from the server that the mailbox
names, and of several the topmost: what lies below may have come with the mail.
"""

import re

from channels.email.headers import Headers
from channels.values import SenderTrust, SpamVerdict

_NUMBER = r"(-?\d{1,6}(?:\.\d{1,6})?)"
_SCORE = re.compile(rf"\bscore\s*=\s*{_NUMBER}", re.IGNORECASE)
_BRACKET = re.compile(rf"\[\s*{_NUMBER}\s*/")  # rspamd: default: True [14.30 / 15.00]
_LONE = re.compile(rf"^\s*{_NUMBER}(?![\d.])")
_SCL = re.compile(r"(?:^|;)\s*SCL:\s*(-?\d)\b", re.IGNORECASE)
_YES = re.compile(r"^\s*(?:yes|true|spam)\b|:\s*true\b", re.IGNORECASE)
_MICROSOFT_SPAM = 5  # "spam confidence level": 5 and 6 spam, 7 to 9 surely so


def sender_trust(headers: Headers, address: str, trusted_authserv: str | None) -> SenderTrust:
    """Whether the sender's domain is proven to be the mail's own."""
    if not trusted_authserv:
        return "unknown"
    domain = address.rpartition("@")[2].lower()
    for value in headers.all("authentication-results"):
        if not _is_from(value, trusted_authserv):
            continue
        results = re.sub(r"\([^()]*\)", " ", value.partition(";")[2].lower())
        if re.search(r"\bdmarc\s*=\s*pass\b", results) or _aligned(results, domain):
            return "verified" if len(headers.all("from")) == 1 else "unverified"
        if re.search(r"\b(?:dmarc|dkim|spf)\s*=", results):
            return "unverified"
    return "unknown"


def spam_verdict(headers: Headers, trusted_authserv: str | None) -> SpamVerdict | None:
    """What SpamAssassin, rspamd or Exchange of our side thinks of the mail; None: nothing."""
    if not trusted_authserv:
        return None
    ours = _of_our_side(headers, trusted_authserv)
    scores = (
        *_numbers(ours, "x-spam-score", _LONE),
        *_numbers(ours, "x-rspamd-score", _LONE),
        *_numbers(ours, "x-spam-status", _SCORE),
        *_numbers(ours, "x-spamd-result", _BRACKET),
    )
    said = [
        bool(_YES.search(ours.first(name)))
        for name in ("x-spam-flag", "x-spam-status", "x-spam", "x-spamd-result")
        if name in ours
    ]
    levels = [
        # Exchange takes this one out of whatever comes from outside, and puts its own anywhere.
        *_numbers(headers, "x-ms-exchange-organization-scl", _LONE),
        *_numbers(ours, "x-microsoft-scl", _LONE),
        *_numbers(ours, "x-forefront-antispam-report", _SCL),
    ]
    said += [level >= _MICROSOFT_SPAM for level in levels[:1]]
    if not scores and not said:
        return None
    return SpamVerdict(next(iter(scores), None), any(said))


def _is_from(value: str, authserv: str) -> bool:
    return (value.partition(";")[0].split() or [""])[0].lower() == authserv.lower()


def _aligned(results: str, domain: str) -> bool:
    """A passed DKIM signature of exactly the From domain, where no DMARC verdict says otherwise."""
    if not domain or re.search(r"\bdmarc\s*=\s*(?:fail|reject|quarantine)", results):
        return False
    return any(
        re.search(r"\bdkim\s*=\s*pass\b", clause)
        and re.search(rf"header\.(?:d|i)\s*=\s*@?{re.escape(domain)}(?:\s|$)", clause)
        for clause in results.split(";")
    )


def _of_our_side(headers: Headers, authserv: str) -> Headers:
    """The fields that servers of ours put on top of the mail.

    Each server puts its own above what it was handed, first of all a Received. So ours end with the
    first Received at or below the results of the trusted one; without those, with the first.
    """
    trusted = next(
        (
            at
            for at, (name, value) in enumerate(headers.fields)
            if name == "authentication-results" and _is_from(value, authserv)
        ),
        0,
    )
    received = (
        at for at, (name, _) in enumerate(headers.fields) if name == "received" and at >= trusted
    )
    return Headers(headers.fields[: next(received, trusted)])


def _numbers(headers: Headers, name: str, shape: re.Pattern[str]) -> list[float]:
    found = shape.search(headers.first(name)[:2_000]) if name in headers else None
    return [float(found[1])] if found else []

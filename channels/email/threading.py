"""Signed marks that lead an answer back to its conversation: Message-IDs, plus addresses, tags.

Only a mark made with the installation's secret counts; a bare "[#1042]" in a subject is a hint
that the caller believes from a participant alone.
"""

import base64
import hashlib
import hmac
import re

from channels.values import AgentMark

HOUR_MS = 3_600_000

# 16 base32 characters are 80 bits; base32 because mail servers may change the case of addresses.
_SIGNATURE_LENGTH = 16
_MESSAGE_ID = re.compile(r"\bc([1-9]\d{0,17})\.([a-z0-9-]{1,64})\.([a-z2-7]{16})@")
_REPLY_ADDRESS = re.compile(r"\+c([1-9]\d{0,17})\.([a-z2-7]{16})@")
_AGENT_MARK = re.compile(
    r"(?<![a-z0-9])a([1-9]\d{0,17})-([1-9]\d{0,17})-(\d{1,9})\.([a-z2-7]{16})@"
)
_SUBJECT_TAG = re.compile(r"\[#([1-9]\d{0,17})\]")
_UNIQUE = re.compile(r"[a-z0-9-]{1,64}")
_DOMAIN = re.compile(r"[A-Za-z0-9._-]+")

# A References header of any length is read in bounded time.
_MAX_TEXT = 65_536
_MAX_CANDIDATES = 50


def make_message_id(conversation_id: int, unique: str, secret: bytes, domain: str) -> str:
    """A Message-ID `<c1042.UNIQUE.SIGNATURE@domain>` that proves its conversation when it returns.

    `unique` is lower-case letters, digits and hyphens (a hex id will do).
    """
    if not _UNIQUE.fullmatch(unique):
        raise ValueError("unique must be 1 to 64 lower-case letters, digits or hyphens.")
    if not _DOMAIN.fullmatch(domain):
        raise ValueError(f"{domain!r} is not a mail domain.")
    signature = _sign("message-id", conversation_id, unique, secret)
    return f"<c{conversation_id}.{unique}.{signature}@{domain}>"


def reply_address(address: str, conversation_id: int, secret: bytes) -> str:
    """The inbox's address with a signed tag: `support+c1042.SIGNATURE@example.com`."""
    local, at, domain = address.rpartition("@")
    if not at or not local:
        raise ValueError(f"{address!r} is not an email address.")
    signature = _sign("address", conversation_id, "", secret)
    return f"{local}+c{conversation_id}.{signature}@{domain}"


def verify(text: str, *secrets: bytes) -> int | None:
    """The conversation of the first genuine mark in `text` (an address, ids, a header), or None.

    Pass the current secret first and, while it is being rotated, the previous one after it.
    """
    lowered = text[:_MAX_TEXT].lower()
    candidates = [
        (found.start(), purpose, int(found[1]), found[2] if purpose == "message-id" else "", found)
        for purpose, pattern in (("address", _REPLY_ADDRESS), ("message-id", _MESSAGE_ID))
        for found in pattern.finditer(lowered)
    ]
    for _, purpose, conversation_id, unique, found in sorted(candidates)[:_MAX_CANDIDATES]:
        given = found[found.lastindex or 0]
        for secret in secrets:
            if hmac.compare_digest(_sign(purpose, conversation_id, unique, secret), given):
                return conversation_id
    return None


def agent_mark(agent_id: int, message_id: int, expires_at: int, secret: bytes) -> str:
    """What leads an agent's own mail back as an answer to a customer's message:
    `a12-1042-498000.SIGNATURE`, the local part of a Message-ID or a plus-address's tag.

    It ends at a full hour, at `expires_at` (ms) or up to an hour after it.
    """
    hour = -(-expires_at // HOUR_MS)
    signature = _sign("agent", agent_id, f"{message_id}-{hour}", secret)
    return f"a{agent_id}-{message_id}-{hour}.{signature}"


def read_agent_mark(text: str, *secrets: bytes) -> AgentMark | None:
    """The first genuine agent's mark in `text`, else the first that looks like one, or None."""
    forged = None
    found = _AGENT_MARK.finditer(text[:_MAX_TEXT].lower())
    for _, match in zip(range(_MAX_CANDIDATES), found, strict=False):
        agent_id, message_id, hour = (int(match[n]) for n in (1, 2, 3))
        genuine = any(
            hmac.compare_digest(_sign("agent", agent_id, f"{match[2]}-{match[3]}", each), match[4])
            for each in secrets
        )
        mark = AgentMark(agent_id, message_id, hour * HOUR_MS, genuine)
        if genuine:
            return mark
        forged = forged or mark
    return forged


def subject_tag(number: int) -> str:
    """The tag that an outgoing subject carries: `[#1042]`."""
    return f"[#{number}]"


def read_subject_tag(subject: str) -> int | None:
    """The number of the last tag in a subject (a forwarder's tag comes first), or None."""
    found = _SUBJECT_TAG.findall(subject[:_MAX_TEXT])
    return int(found[-1]) if found else None


def _sign(purpose: str, conversation_id: int, unique: str, secret: bytes) -> str:
    """HMAC-SHA256 over purpose, number and unique part, so that no mark can serve as another."""
    if not secret:
        raise ValueError("The signing secret is empty; set one before mail is sent.")
    message = f"switchroom/{purpose}/{conversation_id}/{unique}".encode()
    digest = hmac.new(secret, message, hashlib.sha256).digest()
    return base64.b32encode(digest).decode("ascii").lower()[:_SIGNATURE_LENGTH]

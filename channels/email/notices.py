"""Reads the two other kinds of report that a machine sends about a mail of ours.

A complaint (ARF, RFC 5965) says that somebody pressed "this is spam"; a receipt (MDN, RFC 8098)
says that somebody opened, or deleted, what we sent. Neither is a bounce: the mail arrived.
"""

import re

from channels.email.headers import Headers, message_ids, read_headers
from channels.email.mime import Part
from channels.values import Complaint, Receipt

_ADDRESS = re.compile(r"[^\s<>;,]{1,250}@[^\s<>;,]{1,250}")


def read_complaint(root: Part, locale: str) -> Complaint | None:
    """The complaint that a mail is, or None."""
    parts = list(root.walk())
    report = next((p for p in parts if p.content_type == "message/feedback-report"), None)
    if report is None:
        return None
    fields = _fields(report, locale)
    original = _original(parts, locale)
    named = fields.first("original-rcpt-to") or fields.first("removal-recipient")
    return Complaint(
        kind=fields.first("feedback-type").strip().lower()[:40] or "abuse",
        recipient=_address(named) or _address(original.first("to")),
        message_id=next(iter(message_ids(original.first("message-id"))), None),
    )


def read_receipt(root: Part, locale: str) -> Receipt | None:
    """The receipt that a mail is, or None."""
    kinds = ("message/disposition-notification", "message/global-disposition-notification")
    report = next((p for p in root.walk() if p.content_type in kinds), None)
    if report is None:
        return None
    fields = _fields(report, locale)
    disposition = fields.first("disposition").partition(";")[2].strip().lower()
    return Receipt(
        disposition=re.split(r"[/,\s]", disposition)[0][:40] or "displayed",
        recipient=_address(fields.first("final-recipient") or fields.first("original-recipient")),
        message_id=next(iter(message_ids(fields.first("original-message-id"))), None),
    )


def _fields(report: Part, locale: str) -> Headers:
    return read_headers(report.data().strip() + b"\n", locale)[0]


def _original(parts: list[Part], locale: str) -> Headers:
    kinds = ("message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers")
    part = next((p for p in parts[1:] if p.content_type in kinds), None)
    return read_headers(part.data()[:100_000].lstrip(), locale)[0] if part else Headers(())


def _address(value: str) -> str:
    found = _ADDRESS.search(value)
    return found[0].lower() if found else ""

"""Turns an Outbound into the bytes of one RFC 5322 mail, always the same for the same value."""

import re
from datetime import UTC, datetime
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256

from channels.values import Attachment, Outbound

MAX_REFERENCES = 20

# 7bit makes the library choose quoted-printable or base64, so that no relay has to convert.
_POLICY = SMTP.clone(cte_type="7bit")
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,250}>")
_CONTENT_TYPE = re.compile(r"([\w.+-]+)/([\w.+-]+)")
_LINK = re.compile(r"https?://[\w.:/\[\]-]{1,400}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_PLAIN_NAME = re.compile(r"[\w !#$%&'*+/=?^`{|}~-]+", re.ASCII)
_ADDRESS = re.compile(r"[^\s<>(),;:\\\"\[\]@]+@[^\s<>(),;:\\\"@]+")


def compose(outbound: Outbound) -> bytes:
    """The mail, ready for SMTP: CRLF lines, 7-bit, at most 78 columns where folding allows.

    Raises ValueError when any header value holds a line break or another control character, when
    an address or the Message-ID is malformed, or when nobody is addressed.
    """
    if not envelope_recipients(outbound):
        raise ValueError("The mail has no recipient; give at least one address.")
    body = _body(outbound)
    return _header_block(outbound).encode("ascii") + body.as_bytes(policy=_POLICY)


def envelope_recipients(outbound: Outbound) -> list[str]:
    """Everyone the mail goes to, Bcc included, each once, in order."""
    return list(dict.fromkeys((*outbound.to, *outbound.cc, *outbound.bcc)))


def _header_block(outbound: Outbound) -> str:
    if not _MESSAGE_ID.fullmatch(outbound.message_id):
        raise ValueError(f"{outbound.message_id!r} is not a Message-ID such as <id@example.com>.")
    sent = datetime.fromtimestamp(outbound.sent_at / 1000, tz=UTC)
    lines = [
        f"Date: {format_datetime(sent)}",
        f"From: {_mailbox(outbound.sender_name, outbound.sender)}",
        f"To: {_addresses(outbound.to)}",
        f"Cc: {_addresses(outbound.cc)}" if outbound.cc else "",
        f"Reply-To: {_addresses((outbound.reply_to,))}" if outbound.reply_to else "",
        f"Subject: {_text('Subject', outbound.subject)}",
        f"Message-ID: {outbound.message_id}",
        *_thread_headers(outbound.references),
        f"Content-Language: {_checked(outbound.language)}",
        "X-Switchroom: 1",
    ]
    if outbound.unsubscribe is not None:
        if not _LINK.fullmatch(_checked(outbound.unsubscribe)):
            raise ValueError(f"{outbound.unsubscribe!r} is not an address to unsubscribe at.")
        lines += [
            f"List-Unsubscribe: <{outbound.unsubscribe}>",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        ]
    if outbound.automatic:
        lines += [
            "Auto-Submitted: auto-replied",
            "X-Auto-Response-Suppress: All",
            "Precedence: bulk",
        ]
    return "".join(f"{line}\r\n" for line in lines if line)


def _thread_headers(references: tuple[str, ...]) -> list[str]:
    """In-Reply-To and References (RFC 5322 3.6.4): the root and the newest, each once."""
    for reference in references:
        _checked(reference)
    ids = [each for each in dict.fromkeys(references) if _MESSAGE_ID.fullmatch(each)]
    if not ids:
        return []
    if len(ids) > MAX_REFERENCES:
        ids = [ids[0], *ids[-(MAX_REFERENCES - 1) :]]
    folded = "\r\n ".join(ids)
    return [f"In-Reply-To: {ids[-1]}", f"References: {folded}"]


def _body(outbound: Outbound) -> EmailMessage:
    message = EmailMessage(policy=_POLICY)
    message.set_content(_encodable(outbound.text))
    inline = [each for each in outbound.attachments if each.content_id and outbound.html]
    if outbound.html is not None:
        message.add_alternative(_encodable(outbound.html), subtype="html")
        parts = message.get_payload()
        assert isinstance(parts, list)
        html = parts[-1]
        assert isinstance(html, EmailMessage)
        for image in inline:
            maintype, subtype = _content_type(image)
            html.add_related(
                image.data,
                maintype=maintype,
                subtype=subtype,
                cid=f"<{_checked(image.content_id or '').strip('<>')}>",
                filename=_checked(image.filename),
                disposition="inline",
            )
    for file in outbound.attachments:
        if file not in inline:
            maintype, subtype = _content_type(file)
            message.add_attachment(
                file.data, maintype=maintype, subtype=subtype, filename=_checked(file.filename)
            )
    _name_boundaries(message, outbound.message_id)
    return message


def _name_boundaries(message: EmailMessage, message_id: str) -> None:
    """Derive boundaries from the Message-ID, so that a retry is the same bytes."""
    for index, part in enumerate(message.walk()):
        if part.is_multipart():
            digest = sha256(f"{message_id} {index}".encode()).hexdigest()
            part.set_boundary(f"=_{digest[:40]}")


def _content_type(file: Attachment) -> tuple[str, str]:
    """The declared type; a whole mail goes as a plain file, since RFC 2046 forbids encoding it."""
    _checked(file.content_type)
    found = _CONTENT_TYPE.fullmatch(file.content_type.strip().lower())
    if not found or found[1] in ("message", "multipart"):
        return "application", "octet-stream"
    return found[1], found[2]


def _checked(value: str) -> str:
    if _CONTROL.search(value):
        raise ValueError(
            f"A header value must not hold line breaks or control characters: {value!r}"
        )
    return value


def _text(name: str, value: str) -> str:
    """An unstructured header value, encoded (RFC 2047) where needed and folded."""
    header = Header(_encodable(_checked(value)), _charset(value), 76, header_name=name)
    return header.encode(linesep="\r\n")


def _mailbox(name: str, address: str) -> str:
    _checked(name)
    if not _ADDRESS.fullmatch(_checked(address)):
        raise ValueError(f"{address!r} is not an email address.")
    local, _, domain = address.rpartition("@")
    if not local.isascii():
        raise ValueError(f"{address!r} needs SMTPUTF8, which mail servers seldom speak.")
    address = f"{local}@{domain.encode('idna').decode('ascii')}"
    if not name.strip():
        return address
    if _PLAIN_NAME.fullmatch(name):
        return f"{name.strip()} <{address}>"
    if name.isascii():
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" <{address}>'
    encoded = Header(_encodable(name), "utf-8", 76, header_name="Reply-To")
    return f"{encoded.encode(linesep=chr(13) + chr(10))}\r\n <{address}>"


def _addresses(addresses: tuple[str, ...]) -> str:
    return ",\r\n ".join(_mailbox("", address) for address in addresses)


def _charset(value: str) -> str:
    # "=?" in plain text would be read as an encoded word at the other end.
    return "us-ascii" if value.isascii() and "=?" not in value else "utf-8"


def _encodable(text: str) -> str:
    """Half a surrogate pair cannot be written; a question mark stands for it."""
    return text.encode("utf-8", "replace").decode("utf-8")

"""What becomes of one mail's bytes: parsed, its language found, its files kept.

Runs in a process of its own (`mail_process`), so it imports neither the database nor the product.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.files import FileStore, StoredFile
from channels.email.parse import parse
from channels.email.threading import read_agent_mark, verify
from channels.identity import normalise
from channels.language import detect
from channels.values import Identity, Inbound, ThreadHints

NOBODY = "unknown-sender@mail.invalid"  # stands for the sender of a mail that does not name one
CUT = "The mail is {size} bytes, more than is taken; only its header was kept."

# In the header of the mail itself, not of one it carries: before the first empty line.
_OUR_MARK = re.compile(rb"\A(?:[^\r\n]+\r?\n)*?X-Switchroom:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class MailToRead:
    """A kept mail, and what its inbox says about reading it. `size` is the server's."""

    hash: str
    size: int
    source: str
    mail_from: str
    rcpt_to: Sequence[str]
    address: str = ""
    locale: str = "en"
    authserv: str | None = None


@dataclass(frozen=True, slots=True)
class ReadMail:
    """A mail as read: its message, and its files, which lie on disk."""

    inbound: Inbound
    stored: Sequence[StoredFile]
    marked_own: bool = False


def read_mail(files: FileStore, mail: MailToRead, secret: bytes) -> ReadMail:
    """Read one mail; its attachments' bytes are in the file store and not in what is returned."""
    raw = files.read(mail.hash)
    inbound = parse(
        raw,
        verify_token=lambda text: verify(text, secret),
        read_agent_mark=lambda text: read_agent_mark(text, secret),
        trusted_authserv=mail.authserv,
        locale=mail.locale,
    )
    # The files' bytes lie on disk: a batch of big mails must not fill the memory.
    changes: dict[str, Any] = {"external_id": mail.hash, "attachments": ()}
    if not inbound.identities:
        sender = normalise("email", mail.mail_from) or NOBODY
        changes["identities"] = (Identity("email", sender),)
    changes["thread"] = _with_envelope(inbound.thread, mail.rcpt_to, secret)
    if mail.size > len(raw):
        changes["defects"] = (*inbound.defects, CUT.format(size=mail.size))
    if not inbound.language:
        changes["language"] = detect(f"{inbound.subject}\n{inbound.text}") or None
    stored = [
        files.keep(item.data, item.filename, item.content_type, item.content_id)
        for item in inbound.attachments
    ]
    if mail.source == "smtp" and not mail.mail_from:  # RFC 3834: nobody wants an answer to it
        changes["automatic"] = True
    own = any(i.value == mail.address for i in inbound.identities)
    return ReadMail(replace(inbound, **changes), stored, own and bool(_OUR_MARK.search(raw)))


def _with_envelope(hints: ThreadHints, rcpt_to: Sequence[str], secret: bytes) -> ThreadHints:
    """The envelope's addresses bear marks too, where the header has lost them."""
    token, agent = hints.token, hints.agent
    if token is None:
        token = next((t for each in rcpt_to if (t := verify(each, secret)) is not None), None)
    if agent is None or not agent.genuine:
        read = (read_agent_mark(each, secret) for each in rcpt_to)
        agent = next((mark for mark in read if mark is not None), None) or agent
    return replace(hints, token=token, agent=agent)

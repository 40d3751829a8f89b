"""Turns the bytes of any mail into an Inbound. Whatever the bytes are, it never raises."""

import hashlib
import re
from collections.abc import Callable

from channels.email.addresses import Mailbox, parse_addresses
from channels.email.attachments import to_attachments
from channels.email.automatic import is_automatic
from channels.email.body import gather
from channels.email.bounce import read_reports
from channels.email.headers import Headers, message_ids, parse_date
from channels.email.invites import read_invites
from channels.email.mime import Part, read
from channels.email.notices import read_complaint, read_receipt
from channels.email.reply import trim
from channels.email.summary import summarise
from channels.email.threading import read_subject_tag
from channels.email.trust import sender_trust, spam_verdict
from channels.identity import normalise
from channels.values import AgentMark, Identity, Inbound, SenderTrust, ThreadHints

VerifyToken = Callable[[str], int | None]
ReadAgentMark = Callable[[str], AgentMark | None]
Marks = tuple[VerifyToken | None, ReadAgentMark | None]

_MAX_SUBJECT = 1_000
_MAX_REFERENCES = 200


def parse(
    raw: bytes,
    *,
    verify_token: VerifyToken | None = None,
    read_agent_mark: ReadAgentMark | None = None,
    trusted_authserv: str | None = None,
    locale: str = "en",
) -> Inbound:
    """The mail as an Inbound; what could not be read is said in `defects`.

    `verify_token` finds a genuine signed conversation number in a text (see `threading.verify`),
    `read_agent_mark` the mark of an agent who answers by mail (see `threading.read_agent_mark`);
    `trusted_authserv` is the authserv-id of our own mail server, whose Authentication-Results alone
    count; `locale` is the language of the mailbox and decides where no charset is declared.
    `external_id` is the SHA-256 of the bytes, in hex.
    """
    external_id = hashlib.sha256(raw).hexdigest()
    try:
        return _parse(raw, external_id, (verify_token, read_agent_mark), trusted_authserv, locale)
    except Exception as error:  # a door that never drops a mail: it is kept, and says so
        text = raw[:100_000].decode("utf-8", "replace").replace("\x00", "")
        return Inbound(
            channel="email",
            external_id=external_id,
            identities=(),
            text=text,
            full_text=text,
            defects=(f"The mail could not be read ({type(error).__name__}: {error}).",),
        )


def summary(raw: bytes) -> dict[str, object]:
    """The parsed mail as plain dictionaries, for tools that compare parsers."""
    return summarise(parse(raw))


def _parse(
    raw: bytes,
    external_id: str,
    marks: Marks,
    trusted_authserv: str | None,
    locale: str,
) -> Inbound:
    root = read(raw, locale)
    headers = root.headers
    sender, defects = _sender(headers)
    subject = headers.text("subject")[:_MAX_SUBJECT]
    to = _addresses(headers, "to")
    body = gather(root, locale)
    invites, unread = read_invites(body.files)
    complaint, receipt = read_complaint(root, locale), read_receipt(root, locale)
    reports = (
        ()
        if complaint or receipt
        else read_reports(root, sender.address or sender.name, subject, body.text, locale)
    )
    trust = sender_trust(headers, sender.address, trusted_authserv)
    reply_to = parse_addresses(headers.first("reply-to"))
    return Inbound(
        channel="email",
        external_id=external_id,
        identities=_identities(sender, trust),
        name=sender.name,
        subject=subject,
        text=trim(body.text),
        full_text=body.text.strip(),
        html=body.html,
        attachments=to_attachments(body.files, locale),
        thread=_thread(headers, subject, *marks),
        to=to,
        cc=_addresses(headers, "cc"),
        reply_to=reply_to[0].address if reply_to else None,
        sent_at=parse_date(headers.first("date")),
        automatic=bool(reports or complaint or receipt)
        or is_automatic(headers, subject, sender.address),
        reports=reports,
        complaint=complaint,
        receipt=receipt,
        invites=invites,
        trust=trust,
        spam=spam_verdict(headers, trusted_authserv),
        defects=(*defects, *_defects(root), *body.defects, *unread),
    )


def _sender(headers: Headers) -> tuple[Mailbox, tuple[str, ...]]:
    """The author: From, or failing that Sender or the envelope."""
    for name in ("from", "sender", "resent-from", "return-path"):
        found = parse_addresses(headers.first(name))
        if found:
            defects = () if name == "from" else (f"The mail has no From; {name} stands for it.",)
            return found[0], defects
    name = headers.text("from").strip("<> ")
    return Mailbox(name, ""), ("The mail does not say who sent it.",)


def _identities(sender: Mailbox, trust: SenderTrust) -> tuple[Identity, ...]:
    value = normalise("email", sender.address)
    return (Identity("email", value, verified=trust == "verified"),) if value else ()


def _addresses(headers: Headers, name: str) -> tuple[str, ...]:
    found = [box.address for value in headers.all(name) for box in parse_addresses(value)]
    return tuple(dict.fromkeys(found))


def _thread(
    headers: Headers,
    subject: str,
    verify_token: VerifyToken | None,
    read_agent_mark: ReadAgentMark | None,
) -> ThreadHints:
    own = message_ids(headers.first("message-id"))
    bare = headers.first("message-id").strip().strip("<>")
    message_id = own[0] if own else f"<{bare}>" if bare and not re.search(r"\s", bare) else None
    answered = message_ids(headers.first("in-reply-to"))
    references = message_ids(headers.first("references"))[-_MAX_REFERENCES:]
    references += tuple(each for each in answered if each not in references)
    marked = _marked(headers, references)
    return ThreadHints(
        token=_token(marked, verify_token) if verify_token else None,
        message_id=message_id,
        references=references,
        subject_number=read_subject_tag(subject),
        agent=_agent(marked, read_agent_mark) if read_agent_mark else None,
    )


def _marked(headers: Headers, references: tuple[str, ...]) -> tuple[str, ...]:
    """Where a signed mark may stand, the surest first: addresses, then the newest Message-ID."""
    recipients = (
        value
        for name in ("delivered-to", "x-original-to", "envelope-to", "to", "cc")
        for value in headers.all(name)
    )
    return (*recipients, *reversed(references))


def _token(marked: tuple[str, ...], verify_token: VerifyToken) -> int | None:
    """The conversation that a signed address names, or else the newest signed Message-ID."""
    return next((found for text in marked if (found := verify_token(text)) is not None), None)


def _agent(marked: tuple[str, ...], read_mark: ReadAgentMark) -> AgentMark | None:
    """The first genuine mark of an agent, or else the first that looks like one."""
    found = [mark for text in marked if (mark := read_mark(text)) is not None]
    return next((mark for mark in found if mark.genuine), found[0] if found else None)


def _defects(root: Part) -> list[str]:
    if not root.headers.fields:
        return ["The mail has no header."]
    return []

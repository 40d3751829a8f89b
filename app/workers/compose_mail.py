"""Puts a mail together: who it is from, to whom, in which thread, in which words.

The customer's mail program threads it by References; their answer finds home by the signed
Reply-To address, the signed Message-ID and, for what it is worth, the number in the subject.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from babel import Locale
from markupsafe import Markup

from app.customers.purposes import PURPOSES
from app.files import FileStore
from app.models.mail_settings import smtp_of
from app.pages import LANGUAGE_TAGS, LOCALE_NAMES, N_, Pages, formats, negotiate
from app.queries.outgoing import Outgoing
from app.security.sealed import unseal
from app.security.unsubscribe import PATH, Unsubscribe, unsubscribe_token
from app.settings import Settings
from app.workers.signatures import signature_of
from channels.email.compose import compose, envelope_recipients
from channels.email.markup import content_id, formatted, pictures_in, plain
from channels.email.smtp_send import SmtpSettings
from channels.email.threading import reply_address, subject_tag
from channels.values import Attachment, Outbound

FROM_AGENT = N_("%(agent)s from %(brand)s")
CHAT_SUBJECT = N_("Your chat with %(brand)s")
SUBJECT = N_("Your message to %(brand)s")
LEFT_CHAT = N_("You had left our chat when we wrote this. To go on, simply answer this mail.")
FORWARDED = N_("Forwarded message")
WHY_YOU = N_(
    "You agreed to get this from %(brand)s (%(purpose)s). If you no longer want it, unsubscribe:"
)
FORWARD_LINES = (
    ("from", N_("From: %(value)s")),
    ("date", N_("Date: %(value)s")),
    ("subject", N_("Subject: %(value)s")),
)

_ANSWER = re.compile(r"^\s*(re|aw|sv|vs|回复|答复|回覆)\s*[:：]", re.IGNORECASE)
_TAG = re.compile(r"\s*\[#\d{1,18}\]")


@dataclass(frozen=True, slots=True)
class Composed:
    """A mail ready for its server."""

    raw: bytes
    sender: str  # of the envelope
    recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Composer:
    """Puts mails together with an installation's templates, files and secret."""

    pages: Pages
    files: FileStore
    secret: bytes
    settings: Settings

    def reply(self, mail: Outgoing, email_id: str, payload: Mapping[str, Any]) -> Composed:
        """A message of a conversation as a mail; ValueError when it cannot be sent as it is."""
        last, locale = mail.messages[-1], _locale(mail)
        own = str(mail.inbox.address)
        if not own:
            raise ValueError("The inbox has no address to send from; give it one.")
        subject = self._subject(mail, locale)
        body = self._body(mail, payload, locale)
        signature = signature_of(mail)
        chat = last.channel == "chat"  # said in a chat, where signs mean nothing
        forwarded = self._forward(mail, locale) if mail.forwarded is not None else ""
        # What follows "-- " is hidden by mail programs: it never stands above what is passed on.
        mark = "" if forwarded else "-- \n"
        words = body if chat else plain(body)
        signed = f"{words}\n\n{mark}{signature}" if signature else words
        text = f"{signed}\n\n{forwarded}".strip() if forwarded else signed
        unsubscribe = self._unsubscribe(mail)
        foot = self._foot(mail, locale, unsubscribe)
        text = f"{text}\n\n{foot}" if foot else text
        placed = {content_id(key) for key in pictures_in(body)}  # the others stand below
        images = [f for f in mail.files if f.content_id and f.content_id not in placed]
        outbound = Outbound(
            message_id=email_id,
            sender=own,
            sender_name=self._sender_name(mail, locale),
            to=_to(mail, payload),
            cc=tuple(last.details.get("cc", ())),
            bcc=tuple(last.details.get("bcc", ())),
            subject=subject,
            text=text,
            html=self._html(
                body, signature, subject, locale, images, forwarded, signs=not chat, foot=foot
            ),
            reply_to=self._reply_to(mail, own),
            references=mail.references,
            attachments=tuple(
                Attachment(f.name, f.content_type, self.files.read(f.hash), f.content_id)
                for f in mail.files
            ),
            sent_at=last.sent_at,
            language=LANGUAGE_TAGS[locale],
            unsubscribe=unsubscribe,
        )
        return Composed(compose(outbound), own, tuple(envelope_recipients(outbound)))

    def system(
        self, payload: Mapping[str, Any], email_id: str, address: str, name: str, sent_at: int
    ) -> Composed:
        """A mail of the installation: an invitation, a reset, an acknowledgement. What is `sealed`
        in it (a one-time link) is opened here, and stands nowhere else."""
        own = address or self.settings.mail_from
        if not own:
            raise ValueError("There is no address to send from; set MAIL_FROM.")
        locale = payload.get("locale", "en")
        locale = locale if locale in LOCALE_NAMES else "en"
        subject, text = str(payload["subject"]), str(payload["text"])
        for mark, sealed in payload.get("sealed", {}).items():
            text = text.replace(mark, unseal(self.secret, sealed))
        automatic = bool(payload.get("automatic"))
        outbound = Outbound(
            message_id=email_id,
            sender=own,
            sender_name=name,
            to=(str(payload["to"]),),
            subject=subject,
            text=text,
            html=payload.get("html") or self._html(text, "", subject, locale, []),
            references=tuple(payload.get("references", ())),
            reply_to=payload.get("reply_to"),
            sent_at=sent_at,
            language=LANGUAGE_TAGS[locale],
            automatic=automatic,
        )
        # RFC 3834, 3.3: what a machine answers comes from nobody, so that nobody answers it.
        return Composed(compose(outbound), "" if automatic else own, (str(payload["to"]),))

    def _subject(self, mail: Outgoing, locale: str) -> str:
        last, conversation = mail.messages[-1], mail.conversation
        subject = _TAG.sub("", last.subject or conversation.subject).strip()
        if not subject:
            words = CHAT_SUBJECT if conversation.channel == "chat" else SUBJECT
            subject = self.pages.translate(locale, words, brand=mail.brand.name)
        elif mail.answered is not None and not last.subject and not _ANSWER.match(subject):
            subject = f"Re: {subject}"
        return f"{subject} {subject_tag(conversation.id)}"

    def _sender_name(self, mail: Outgoing, locale: str) -> str:
        if named := str(mail.inbox.settings.get("sender_name") or ""):
            return named
        if not mail.agent:
            return str(mail.brand.name)
        return self.pages.translate(locale, FROM_AGENT, agent=mail.agent, brand=mail.brand.name)

    def _reply_to(self, mail: Outgoing, own: str) -> str | None:
        """The signed address; mail servers without plus-addresses can be spared it."""
        if mail.inbox.settings.get("plus_address") is False:
            return None
        return reply_address(own, mail.conversation.id, self.secret)

    def _unsubscribe(self, mail: Outgoing) -> str | None:
        """Where mails of this purpose end; None for service."""
        purpose = mail.messages[-1].details.get("purpose")
        if not purpose:
            return None
        of = Unsubscribe(mail.customer.id, mail.conversation.brand_id, purpose)
        return f"{self.settings.base_url}{PATH}/{unsubscribe_token(self.secret, of)}"

    def _foot(self, mail: Outgoing, locale: str, unsubscribe: str | None) -> str:
        if unsubscribe is None:
            return ""
        code = mail.messages[-1].details["purpose"]
        purpose = self.pages.translate(locale, PURPOSES.get(code, code))
        words = self.pages.translate(locale, WHY_YOU, purpose=purpose, brand=mail.brand.name)
        return f"{words}\n{unsubscribe}"

    def _body(self, mail: Outgoing, payload: Mapping[str, Any], locale: str) -> str:
        said = "\n\n".join(row.text.strip() for row in mail.messages)
        if payload.get("message_ids"):
            said = f"{said}\n\n{self.pages.translate(locale, LEFT_CHAT)}"
        return said.replace("\r\n", "\n").strip()

    def _forward(self, mail: Outgoing, locale: str) -> str:
        original = mail.forwarded
        assert original is not None
        values = {
            "from": original.details.get("from") or mail.customer.name or mail.brand.name,
            "date": formats.moment(original.sent_at, Locale.parse(locale), formats.zone("UTC")),
            "subject": original.subject or mail.conversation.subject,
        }
        lines = [
            self.pages.translate(locale, words, value=values[name])
            for name, words in FORWARD_LINES
            if values[name]
        ]
        head = f"---------- {self.pages.translate(locale, FORWARDED)} ----------"
        said = (original.full_text or original.text).replace("\r\n", "\n").rstrip()
        return "\n".join([head, *lines, "", said])

    def _html(
        self,
        text: str,
        signature: str,
        subject: str,
        locale: str,
        images: list[Any],
        forwarded: str = "",
        *,
        signs: bool = False,
        foot: str = "",
    ) -> str:
        return self.pages.render(
            "mail/message.html",
            locale,
            paragraphs=_paragraphs("" if signs else text),
            formatted=Markup(formatted(text)) if signs else "",
            forwarded=_paragraphs(forwarded),
            foot=foot.split("\n") if foot else [],
            signature=signature.split("\n") if signature else [],
            subject=subject,
            images=images,
        )


def _paragraphs(text: str) -> list[list[str]]:
    return [part.split("\n") for part in re.split(r"\n{2,}", text.strip()) if part]


def server_of(inbox_settings: Mapping[str, Any] | None, settings: Settings) -> SmtpSettings | None:
    """The mail server of an inbox, or the installation's; None where neither is set."""
    own = smtp_of(inbox_settings)
    if own is not None or not settings.smtp_host:
        return own
    return SmtpSettings(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        user=settings.smtp_user or None,
        password=settings.smtp_password or None,
    )


def _to(mail: Outgoing, payload: Mapping[str, Any]) -> tuple[str, ...]:
    """Who is written to: whom the agent named, or where the customer's last mail came from."""
    if payload.get("to"):
        return tuple(payload["to"])
    answered = mail.answered.details if mail.answered is not None else {}
    address = answered.get("reply_to") or answered.get("from") or mail.customer.email
    if not address:
        raise ValueError("The customer has no email address.")
    also = mail.messages[-1].details.get("also_to", ())
    return tuple(dict.fromkeys((address, *also)))


def _locale(mail: Outgoing) -> str:
    language = str(mail.conversation.language)
    if language.startswith(("en", "zh")):
        return negotiate(language)
    return mail.brand.locale if mail.brand.locale in LOCALE_NAMES else "en"

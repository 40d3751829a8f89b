"""The mail that says that theirs has come; where the inbox wants it and the help pages are sure, it
carries the passage that may answer. The mail waits for an agent all the same."""

from app import clock
from app.actions.customer_mail import Acknowledgement, MailedAnswer
from app.answering import attempt, locale_of
from app.pages import N_
from app.queries.mail_inboxes import MailInbox
from app.runtime import Runtime
from channels.values import Inbound

ACKNOWLEDGED = N_("We have your message")
LONGEST_QUESTION = 600  # of a long letter the beginning says what it is about


async def acknowledgement(
    runtime: Runtime, inbox: MailInbox | None, inbound: Inbound
) -> Acknowledgement | None:
    """What to write to a person, where the inbox is set to write; nothing to a machine."""
    if inbox is None or not inbox.settings.get("acknowledge") or inbound.automatic:
        return None
    locale = locale_of(inbound.text or inbound.subject, inbox.locale)
    answer = None
    if inbox.settings.get("answers") == "answer" and not inbound.thread.references:
        answer = await _answer(runtime, inbox, inbound, locale)
    text = runtime.pages.render(
        "widget/acknowledgement.txt",
        locale,
        brand=inbox.brand,
        number="\0",
        answer=answer,
        base_url=runtime.settings.base_url,
    )
    return Acknowledgement(
        to=inbound.identities[0].value,
        subject=runtime.pages.translate(locale, ACKNOWLEDGED),
        text=text.replace("%", "%%").replace("\0", "%(number)s"),
        locale=locale,
        answer=answer,
    )


async def _answer(
    runtime: Runtime, inbox: MailInbox, inbound: Inbound, locale: str
) -> MailedAnswer | None:
    question = f"{inbound.subject}\n{inbound.text}"[:LONGEST_QUESTION]
    found = await attempt(runtime, inbox.brand_id, inbox.brand_slug, question, locale)
    if found is None or found.kind != "answer":
        return None
    source = found.sources[0]
    return MailedAnswer(
        key=clock.new_token(),
        question=found.asked,
        article_id=source.article_id,
        title=source.title,
        url=source.url,
        text=found.text,
        confidence=found.confidence,
    )

"""Mails to agents in words: what a customer wrote, and why an answer given by mail was not sent."""

from collections.abc import Mapping
from typing import Any

from app.actions.delivery_attempt import Claimed
from app.pages import N_, Pages
from app.queries.agent_mail import AgentMail
from channels.email.agent_answer import drawn_line
from knowledge.sensitive import mask_numbers

LONGEST_LOCAL_PART = 64  # RFC 5321, 4.5.3.1.1
LONGEST_NOTICE = 20_000  # characters of the customer's message

NOTICE = N_("%(customer)s wrote: %(subject)s")
NO_SUBJECT = N_("conversation #%(number)s")
REFUSED = N_("Your answer was not sent")
ABOVE = N_("Write your answer above this line")
WHY = {
    "forged": N_("The address it was sent to is not one that we gave you."),
    "other_sender": N_(
        "It came from %(sender)s. Only your own address, the one you sign in with, can answer."
    ),
    "unproven": N_("Our mail server could not prove that it really came from you."),
    "closed_account": N_("Your account is closed."),
    "expired": N_("The mail that it answers is more than two weeks old."),
    "no_right": N_("You may not work with this conversation any more."),
    "not_yours": N_("The conversation is not in your hands any more."),
    "answered": N_("A colleague has answered meanwhile."),
    "empty": N_("We found no words of yours above the line."),
    "no_address": N_("The customer has no email address."),
    "unreadable": N_("It could not be read, or is too long."),
    "gone": N_("The conversation cannot be answered any more."),
}


def to_agent(
    pages: Pages,
    base_url: str,
    mail: AgentMail,
    row: Claimed,
    own: str,
    inbox_settings: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """What `Composer.system` sends; ValueError for a notice that is not the agent's to read."""
    refused = row.payload.get("refused")
    if refused is None and mail.message is None:
        raise ValueError("The agent may not see this conversation any more.")
    locale = mail.agent.locale
    link = f"{base_url}/inbox/{mail.conversation.id}" if mail.conversation is not None else ""
    plain = {"to": row.payload["to"], "locale": locale, "automatic": True}
    if refused is not None:
        why = pages.translate(
            locale, WHY.get(refused, WHY["gone"]), sender=row.payload.get("sender", "")
        )
        context = {"why": why, "link": link, "said": row.payload.get("said", "")}
        text = pages.render("mail/answer_refused.txt", locale, **context)
        return plain | {"subject": pages.translate(locale, REFUSED), "text": text.strip()}
    assert mail.message is not None
    assert mail.conversation is not None
    name = NO_SUBJECT if not mail.conversation.subject else "%(subject)s"
    about = {"number": mail.conversation.id, "subject": mask_numbers(mail.conversation.subject)}
    subject = pages.translate(locale, name, **about)
    text = pages.render(
        "mail/to_agent.txt",
        locale,
        line=drawn_line(pages.translate(locale, ABOVE)) if own else "",
        customer=mail.customer,
        text=mask_numbers(mail.message.text[:LONGEST_NOTICE]),
        files=mail.files,
        link=link,
    )
    words = pages.translate(locale, NOTICE, customer=mail.customer, subject=subject)
    return plain | {
        "subject": " ".join(words.split())[:300],
        "text": text.strip(),
        "reply_to": _reply_to(own, row.email_id, inbox_settings),
    }


def _reply_to(own: str, email_id: str, settings: Mapping[str, Any] | None) -> str | None:
    """The inbox's address with the mark that the Message-ID bears as well; None where the server
    takes no such addresses, or the address would be too long: then the Message-ID has to do."""
    local, at, domain = own.rpartition("@")
    if not at or (settings or {}).get("plus_address") is False:
        return None
    tagged = f"{local}+{email_id[1:].partition('@')[0]}"
    return f"{tagged}@{domain}" if len(tagged) <= LONGEST_LOCAL_PART else None

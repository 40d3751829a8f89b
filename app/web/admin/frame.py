"""The frame of the set-up's pages: their navigation, their notices, their words for errors."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

from fastapi import Depends
from fastapi.responses import Response

from app.actions.setup.field import Field, Reason
from app.actions.setup.field_lists import Asked
from app.pages import N_, Pages
from app.queries.setup import Choices
from app.runtime import Runtime
from app.security.sessions import Session
from app.web.new_password import WORDS as COMMON_WORDS
from app.web.new_password import Errors
from app.web.request import SignedIn, frame, html

# Codes of Invalid and Conflict that the forms show, in words.
WORDS = COMMON_WORDS | {
    "taken": N_("Another one has this already."),
    "email": N_("Write an address such as help@example.com."),
    "url": N_("Write an address that begins with https://."),
    "color": N_("Write a colour such as #3b5bdb."),
    "sender": N_("Write an address, or @ and a domain: @spam.example."),
    "slug": N_("Use small letters, digits and hyphens."),
    "host": N_("Write the name of a server, such as imap.example.com."),
    "site": N_("Write one site a line, such as https://shop.example or *.shop.example."),
    "date": N_("Write one date a line, such as 2026-12-25."),
    "too_long": N_("This is too long."),
    "not_a_number": N_("Write a whole number."),
    "out_of_range": N_("This number is too small or too large."),
    "unknown_zone": N_("Choose a time zone of the list, such as Asia/Hong_Kong."),
    "hours": N_("Write spans such as 09:00–12:30, 14:00–18:00."),
    "hours_order": N_("A span must end after it starts, by 24:00 at the latest."),
    "hours_overlap": N_("Two spans of one day overlap."),
    "placeholder": N_("There is a placeholder nobody can fill. Use those of the list."),
    "question_label": N_("A question has no text."),
    "question_options": N_("A list needs at least two options."),
    "question_email": N_("Ask for an email address: the answer goes there."),
    "question_message": N_("Ask one question with several lines: the message."),
    "number_range": N_("Give a number from 0 to 10,000."),
    "days_range": N_("Give a number of days, at least the one that is named and at most 36,500."),
    "last_admin": N_("This is the last administrator. Make somebody else one first."),
    "yourself": N_("You cannot do this to your own account."),
    "way_out": N_("Choose when it happens and where contacts go."),
    "way_limit": N_("Say how many contacts, or how many seconds."),
    "way_queue": N_("Choose the queue they go to."),
    "code": N_("Use small letters, digits and underscores; begin with a letter."),
    "in_use": N_("Something else still needs it. Take it out there first."),
}
# What is wrong with a queue's rules, as `routing.policy` finds it; with the names it speaks of.
POLICY_WORDS = {
    "step_out_of_order": N_(
        "Step %(step)s begins after %(after_s)s s, but the step before it only after %(before_s)s "
        "s. Give it a later time."
    ),
    "step_narrows": N_(
        "Step %(step)s asks for %(skill)s at level %(level)s, but before it level %(before)s is "
        "enough (0: not asked for). A later step may only ask for less."
    ),
    "nobody_serves": N_(
        "Nobody can ever serve this queue: no agent has a seat in it and the skills it asks for. "
        "Give somebody a seat, ask for less, or let contacts out when it takes too long."
    ),
    "overflow_unknown": N_("A way out leads to a queue that does not exist any more."),
    "overflow_paused": N_(
        "A way out leads to %(to)s, which is closed: contacts would wait there for nothing."
    ),
    "overflow_cycle": N_("Contacts would go round in a circle: %(path)s."),
}
WORDS |= POLICY_WORDS
DONE = {
    "created": N_("It is there now."),
    "changed": N_("Your changes are saved."),
    "removed": N_("It is removed."),
    "restored": N_("It is in use again."),
    "invited": N_("The invitation is on its way."),
    "withdrawn": N_("The invitation works no more."),
    "deactivated": N_("The account is closed; nothing stays in its hands."),
    "reactivated": N_("The account is open again."),
    "signed_out": N_("They are signed out everywhere."),
    "retried": N_("It is tried again now."),
    "dropped": N_("The older secret signs nothing from now on."),
    "revoked": N_("The key opens nothing from now on."),
    "signed_in": N_("You are signed in to the mailbox. It is read from now on."),
    "signed_out_of_mailbox": N_("The mailbox is no longer read until somebody signs in again."),
}


@dataclass(frozen=True, slots=True)
class NavItem:
    """A line of the side navigation."""

    name: str
    label: str
    icon: str

    @property
    def href(self) -> str:
        """Where it leads."""
        return f"/admin/{self.name}"


NAV: tuple[tuple[str, tuple[NavItem, ...]], ...] = (
    (
        N_("Channels"),
        (
            NavItem("inboxes", N_("Inboxes"), "inbox"),
            NavItem("mail", N_("Mailbox health"), "activity"),
            NavItem("blocked-senders", N_("Blocked senders"), "ban"),
        ),
    ),
    (
        N_("Routing"),
        (
            NavItem("queues", N_("Queues"), "queue"),
            NavItem("rules", N_("Queue rules"), "route"),
            NavItem("skills", N_("Skills"), "award"),
            NavItem("topics", N_("Topics"), "tags"),
            NavItem("hours", N_("Business hours"), "calendar-clock"),
        ),
    ),
    (
        N_("People"),
        (
            NavItem("agents", N_("Agents"), "user-round"),
            NavItem("teams", N_("Teams"), "users"),
            NavItem("pause-reasons", N_("Pause reasons"), "pause"),
        ),
    ),
    (
        N_("Content"),
        (
            NavItem("brands", N_("Brands"), "building-2"),
            NavItem("consents", N_("Consents"), "shield-check"),
            NavItem("macros", N_("Macros"), "zap"),
            NavItem("tags", N_("Tags"), "tags"),
            NavItem("dispositions", N_("Outcomes"), "list-checks"),
        ),
    ),
    (
        N_("System"),
        (
            NavItem("language-model", N_("Language model"), "quote"),
            NavItem("supervision", N_("Supervision"), "eye"),
            NavItem("hidden-numbers", N_("Hidden numbers"), "eye-off"),
            NavItem("retention", N_("Retention"), "trash"),
            NavItem("keys", N_("API keys"), "key"),
            NavItem("log", N_("Audit log"), "history"),
            NavItem("access", N_("Access log"), "eye"),
        ),
    ),
)


async def admin_session(session: SignedIn) -> Session:
    """The session of an administrator; for others there are no such pages."""
    session.actor.require("administer")
    return session


AdminSession = Annotated[Session, Depends(admin_session)]


def page(
    runtime: Runtime,
    session: Session,
    template: str,
    here: str,
    status: int = 200,
    *,
    done: str = "",
    errors: Mapping[str, str] | None = None,
    choices: Choices | None = None,
    **context: Any,
) -> Response:
    """A page of the set-up; `here` is its line in the navigation, `done` a code of DONE."""
    locale = session.actor.locale
    say = partial(runtime.pages.translate, locale)

    def options(field: Field, value: Any) -> list[tuple[str, str]]:
        """What a field lets one choose from; what is out of use only where it is chosen."""
        nothing = field.empty or ("" if field.required and field.options else N_("Choose…"))
        first = [("", say(nothing))] if nothing and field.link is None else []
        if field.source:
            known = (choices or {})[field.source]
            chosen = value if isinstance(value, dict) else (str(value),)
            return first + [(str(i), name) for i, name, used in known if used or str(i) in chosen]
        many = isinstance(field.kind, Asked)
        return ([] if many else first) + [(code, say(label)) for code, label in field.options]

    text = runtime.pages.render(
        template,
        locale,
        **frame(session),
        nav=NAV,
        here=here,
        section="admin",
        done=DONE.get(done, ""),
        errors=in_words(runtime.pages, locale, errors or {}),
        options=options,
        **context,
    )
    return html(text, status)


def in_words(pages: Pages, locale: str, errors: Mapping[str, str]) -> Errors:
    """Error codes as sentences."""

    def said(code: str) -> str:
        params = code.params if isinstance(code, Reason) else {}
        return pages.translate(locale, WORDS.get(code, WORDS["invalid"]), **params)

    return Errors((name, said(code)) for name, code in errors.items())

"""What a refusal of an action means, in words an agent can act on."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from starlette.responses import Response

from app.db import Conflict, Invalid
from app.pages import N_
from app.runtime import Runtime
from app.web.errors import problem
from app.web.late_route import LateRoute
from app.web.request import locale_of

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

CONFLICTS = {
    "not_yours": N_("A colleague has this conversation."),
    "in_line": N_("It is still waiting in line: this queue hands out its contacts itself."),
    "offered": N_("It is being offered to somebody now. Look again in a minute."),
    "no_capacity": N_("You have no capacity left for this. Finish something first."),
    "nobody_to_watch": N_("No colleague has this conversation in hand."),
    "not_watching": N_("You no longer listen in. Choose how first."),
    "no_contact": N_("Nothing of it waits or is being worked on."),
    "no_callback": N_("You have no call back to make here."),
    "offer_over": N_("This offer is over. Somebody else may have it, or its time was up."),
    "disposition_needed": N_("Choose what became of it first."),
    "no_more_time": N_("That is all the time there is. Finish, or write the rest as a note."),
    "wrap_up_over": N_("The time for this is over already."),
    "not_yours_to_share": N_("Only whoever has the conversation can ask a colleague."),
    "colleague_away": N_("This colleague is not available now. Ask somebody else."),
    "colleague_full": N_("This colleague has no room for it now."),
    "consult_over": N_("This is over already."),
    "enough_asked": N_("Three colleagues are asked already. End one of them first."),
    "helping": N_("You are here to help: write a note. The customer hears one voice."),
    "has_left": N_("It has left already and cannot be taken back."),
    "offline": N_("You are offline. Come back first."),
    "last_language": N_("An article needs at least one language. Withdraw it instead."),
    "contact_moved": N_("Somebody else was quicker. Look again and try once more."),
    "merged": N_("This was merged into another conversation. Go on there."),
    "other_customer": N_("These are of different customers. Say that you mean it."),
    "other_brand": N_("These belong to different brands and stay apart."),
    "live_chat": N_("The visitor is still in the chat. End it first."),
    "nothing_left": N_("Nothing would be left of the conversation. Merge it instead."),
    "not_merged": N_("This is not merged any more."),
    "too_late": N_("A merge can be undone for ten minutes. Split or move messages instead."),
    "went_on": N_("The other conversation was itself merged since. Undo that first."),
    "beyond_you": N_("One of them has talked to brands you do not serve. Ask a supervisor."),
    "different_kinds": N_("A person and an organisation are not one. Change what one of them is."),
    "customer_went_on": N_("Who stayed was merged again since. Undo that first."),
    "started": N_("This import was started already."),
    "file_gone": N_("The file is no longer there. Upload it again."),
    "needs_review": N_("A colleague who may publish has to agree. Send it for review."),
    "in_review": N_("A colleague has asked for a review of this already. Talk to them."),
    "review_over": N_("Somebody else has decided this meanwhile."),
    "nothing_proposed": N_("It is published. Write what should be changed and send that."),
    "no_answer": N_("Nobody has answered in this conversation yet."),
    "within_itself": N_("A category cannot be a section of itself."),
    "promise_over": N_("Somebody has said already what became of this promise."),
    "task_over": N_("This task is done already."),
    "sent_before": N_("They were sent this already. Say that you mean to send it again."),
    "enough_sent": N_("We have written first to them often enough this week."),
    "no_consent": N_("They have not agreed to mails of this kind, so it is not sent."),
    "changed": N_("Somebody else has changed this meanwhile. Reload and try again."),
}
INVALID = {
    ("text", "empty"): N_("Write something first."),
    ("text", "too_long"): N_("That is too long to be sent. Shorten it or attach it as a file."),
    ("text", "not_text"): N_("This text contains characters that cannot be sent."),
    ("text", "placeholder"): N_("A placeholder is still empty. Fill it in before you send."),
    ("conversation", "the_same"): N_("That is this conversation. Choose another."),
    ("conversation", "unknown"): N_("Enter the number of a conversation, such as 1042."),
    ("sender", "no_address"): N_("This sender has no email address that could be blocked."),
    ("sender", "shared_domain"): N_(
        "Very many people have their address at this provider. Block the address alone."
    ),
    ("sender", "own_address"): N_("This would block one of your own addresses."),
    ("customer", "no_address"): N_("There is no email address to write to. Add one first."),
    ("customer", "choose_one"): N_("Choose the other customer first."),
    ("customer", "the_same"): N_("Nobody belongs to themselves. Enter another number."),
    ("person", "unknown"): N_("Enter the number of a customer, such as 1042."),
    ("organisation", "a_person"): N_("Only an organisation has people. Say what this is first."),
    ("customer", "unknown"): N_("Enter an email address such as ada@example.com."),
    ("to", "not_an_address"): N_("Enter email addresses, separated by commas."),
    ("cc", "not_an_address"): N_("Cc: enter email addresses, separated by commas."),
    ("bcc", "not_an_address"): N_("Bcc: enter email addresses, separated by commas."),
    ("email", "not_an_address"): N_("Enter an email address such as ada@example.com."),
    ("files", "unknown_upload"): N_("A file is no longer there. Attach it again."),
    ("file", "empty"): N_("This file is empty."),
    ("file", "no_rows"): N_("There is nobody in this file."),
    ("file", "too_many_rows"): N_("These are more than 200,000 rows. Split the file."),
    ("file", "not_readable"): N_("This is neither CSV nor vCard."),
    ("source", "not_a_name"): N_(
        "Name the source by letters, digits, dots and dashes; not api or mail."
    ),
    ("mapping", "no_identity"): N_("Say which column is the email address, the phone or a number."),
    ("sure", "type_the_number"): N_("Type the number to say that you mean it."),
    ("sure", "legal_hold"): N_("There is a legal hold. End it first."),
    ("reason", "required"): N_("Say why."),
    ("why", "required"): N_("Say why."),
    ("brand_id", "required"): N_("Choose one of your brands."),
    ("mapping", "twice"): N_("Two columns mean the same. Leave one of them out."),
    ("mapping", "unknown_field"): N_("Choose what each column means from the list."),
    ("file", "too_large"): N_("This file is too large."),
    ("file", "not_allowed"): N_("Files of this kind are not accepted."),
    ("file", "not_a_picture"): N_("This picture cannot be read."),
    ("when", "unknown"): N_("Write a time such as tomorrow 12:00, in 2 hours, or Friday."),
    ("due_at", "in_the_past"): N_("Choose a time that is still to come."),
    ("due_at", "too_far"): N_("Choose a time within a year."),
    ("until", "in_the_past"): N_("Choose a time that is still to come."),
    ("send_at", "in_the_past"): N_("Choose a time that is still to come."),
    ("send_at", "too_far"): N_("Choose a time within a year."),
    ("until", "unknown"): N_("Choose a date and a time."),
    ("queue", "unknown"): N_("Choose a queue."),
    ("agent", "unknown"): N_("Choose a colleague."),
    ("subject", "empty"): N_("Enter a subject."),
    ("inbox", "unknown"): N_("Choose an inbox to write from."),
    ("inbox", "cannot_start"): N_("Nobody can be written to first from this inbox."),
    ("title", "empty"): N_("Enter a title."),
    ("title", "too_long"): N_("This title is too long."),
    ("owner", "unknown"): N_("Choose an owner who works here."),
    ("check_by", "unknown"): N_("Enter a date such as 2026-05-31."),
    ("publish_at", "unknown"): N_("Choose a date and a time."),
    ("archive_at", "unknown"): N_("Choose a date and a time."),
    ("publish_at", "in_the_past"): N_("Choose a time that is still to come."),
    ("archive_at", "in_the_past"): N_("Choose a time that is still to come."),
    ("archive_at", "before_publishing"): N_("Choose a time after it is published."),
    ("words", "one"): N_("Write two words at least on each line."),
    ("words", "too_many"): N_("Thirty words a line and a thousand lines are the most."),
    ("comment", "empty"): N_("Say what should be changed."),
    ("name", "empty"): N_("Enter a name in one language at least."),
    ("body", "too_long"): N_("This article is too long."),
    ("body", "not_text"): N_("This text contains characters that cannot be stored."),
    ("purpose", "unknown"): N_("Choose what the message is for."),
    ("purpose", "only_by_mail"): N_("Only mails are sent for this purpose."),
    ("purpose", "one_person"): N_("Such a mail goes to one person. Take the others out."),
    ("materials", "unknown"): N_("What was put in cannot be told. Reload and try again."),
    ("message", "not_failed"): N_("This message is on its way already."),
    ("units", "out_of_range"): N_("Enter a capacity from 0 to 100."),
    ("hours", "out_of_range"): N_("Choose for how long: from one hour to a day."),
    ("state", "unknown"): N_("There is no such status."),
    ("pause_reason", "unknown"): N_("This reason is no longer in use. Choose another."),
    ("disposition", "unknown"): N_("This outcome is no longer in use. Choose another."),
}


def words_of(runtime: Runtime, locale: str, error: Conflict | Invalid) -> str:
    """The refusal as a sentence, or an empty string where there is none for it."""
    if isinstance(error, Conflict):
        message = CONFLICTS.get(_in_line(error) or error.code, "")
    else:
        message = next((INVALID[item] for item in error.errors.items() if item in INVALID), "")
    return runtime.pages.translate(locale, message) if message else ""


def _in_line(error: Conflict) -> str:
    """Where a contact is that is not the actor's but nobody else's either."""
    if error.code != "not_yours":
        return ""
    return {"waiting": "in_line", "offered": "offered"}.get(str(error.details.get("status")), "")


def errors_of(runtime: Runtime, locale: str, error: Invalid) -> dict[str, str]:
    """The same for each field of a form."""
    return {
        name: words_of(runtime, locale, Invalid(**{name: why})) or why
        for name, why in error.errors.items()
    }


class ConsoleRoute(LateRoute):
    """A route whose refusals carry a sentence for the toast, in the agent's language."""

    def get_route_handler(self) -> Handler:
        """The handler, with refusals put into words."""
        handle = super().get_route_handler()

        async def with_words(request: Request) -> Response:
            try:
                return await handle(request)
            except (Conflict, Invalid) as error:
                return _answer(request, error)

        return with_words


def _answer(request: Request, error: Conflict | Invalid) -> Response:
    runtime: Runtime = request.app.state.runtime
    session = getattr(request.state, "session", None)
    locale = session.actor.locale if session is not None else locale_of(request)
    detail = words_of(runtime, locale, error)
    more: dict[str, Any] = {"detail": detail} if detail else {}
    if isinstance(error, Conflict):
        return problem(409, "The world has moved on.", code=error.code, **more, **error.details)
    return problem(422, "Something in the request cannot be used.", errors=error.errors, **more)

"""The audit log in words: what was done, to what, and the details that say more."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.actions.setup.catalogue import RESOURCES
from app.actions.setup.people import ROLES
from app.pages import N_
from app.queries.setup_log import LogEntry

Say = Callable[..., str]  # translates, with what stands in the places

ACTIONS = {
    "sign_in": N_("Signed in"),
    "sign_in.refused": N_("Could not sign in"),
    "sign_out": N_("Signed out"),
    "session.ended": N_("Ended a session of their own"),
    "session.ended_elsewhere": N_("Signed out on every other browser"),
    "password.reset_asked": N_("Asked for a new password"),
    "password.reset": N_("Set a new password"),
    "account.profile": N_("Changed their profile"),
    "account.photo": N_("Changed their photo"),
    "account.password": N_("Changed their password"),
    "account.email": N_("Changed their email address"),
    "calendar_feed.made": N_("Made an address for their calendar"),
    "calendar_feed.revoked": N_("Revoked the address of their calendar"),
    "consent_text.written": N_("Put a wording of a consent in force"),
    "weekly_limit.passed": N_("Wrote first to a customer beyond the weekly limit"),
    "installation.founded": N_("Set up the installation"),
    "invitation.sent": N_("Invited"),
    "invitation.withdrawn": N_("Withdrew the invitation"),
    "invitation.accepted": N_("Accepted the invitation"),
    "agent.deactivated": N_("Closed the account"),
    "agent.reactivated": N_("Opened the account again"),
    "agent.signed_out": N_("Signed them out everywhere"),
    "api_key.revoked": N_("Revoked"),
    "inbox.secret_made": N_("Made an identity secret"),
    "inbox.secret_dropped": N_("Dropped an identity secret"),
    "mailbox.authorised": N_("Signed in to the mailbox"),
    "mailbox.forgotten": N_("Signed out of the mailbox"),
    "customer.erased": N_("Erased the customer"),
    "customer.held": N_("Put the customer under legal hold"),
    "customer.released": N_("Ended the legal hold"),
    "watch.monitor": N_("Listened in silently"),
    "watch.whisper": N_("Listened in to whisper"),
    "watch.barge": N_("Joined"),
    "watch.ended": N_("Listened in no longer"),
    "watch.policy": N_("Changed who is told of silent listeners"),
    "agent.capacity": N_("Changed the capacity for now"),
    "agent.helped": N_("Came to help"),
    "agent.state": N_("Set the state"),
    "broadcast.sent": N_("Told everybody"),
    "broadcast.withdrawn": N_("Took a word to everybody down"),
    "access_log.exported": N_("Took the access log along"),
    "access_log.limit": N_("Changed when administrators are told of many looks"),
    "reveal.changed": N_("Changed who may see hidden numbers"),
    "retention.changed": N_("Changed how long things are kept"),
    "retention.ran": N_("Removed what was kept for long enough"),
    "language_model.changed": N_("Language model changed"),
    "alert.acknowledged": N_("Acknowledged"),
    "screen.revoked": N_("Revoked"),
    "mail.read_again": N_("Had a mail read again"),
    "mail.sent_again": N_("Had a mail sent again"),
}
VERBS = {
    "created": N_("Created"),
    "changed": N_("Changed"),
    "removed": N_("Removed"),
    "restored": N_("Put back into use"),
    "moved": N_("Moved"),
}
NOUNS = {each.noun: each.one for each in RESOURCES.values()} | {
    "inbox": N_("Inbox"),
    "api_key": N_("API key"),
    "invitation": N_("Invitation"),
    "alert": N_("Alert"),
    "alert_rule": N_("Alert rule"),
    "broadcast": N_("Word to everybody"),
    "conversation": N_("Conversation"),
    "screen": N_("Screen"),
    "mail": N_("Mail"),
    "outbox": N_("Mail"),
}
FIELDS = {each.name: each.label for one in RESOURCES.values() for each in one.fields} | {
    "locale": N_("Language"),
    "time_zone": N_("Time zone"),
    "photo_file_id": N_("Photo"),
    "password": N_("Password"),
    "email": N_("Email address"),
    "name": N_("Name"),
}
DIRECTIONS = {"up": N_("up"), "down": N_("down")}
NOBODY_YET = {"sign_in.refused", "password.reset_asked"}  # anybody can try that


def done(say: Say, action: str) -> str:
    """What was done; a code that is unknown here stays as it is."""
    known = ACTIONS.get(action) or VERBS.get(action.partition(".")[2])
    return say(known) if known else action


def choice(say: Say, action: str) -> str:
    """The same where one chooses what to see: with the kind of thing."""
    noun = NOUNS.get(action.partition(".")[0])
    if action in ACTIONS or noun is None:
        return done(say, action)
    return say(N_("%(thing)s: %(done)s"), thing=say(noun), done=done(say, action))


def about(say: Say, entry: LogEntry) -> str:
    """To what it was done."""
    noun, _, number = entry.subject.partition(" ")
    if noun not in NOUNS:
        return entry.subject
    name = entry.name or (f"#{number}" if number else "")
    return say(N_("%(thing)s %(name)s"), thing=say(NOUNS[noun]), name=name)


def who(say: Say, entry: LogEntry) -> str:
    """Who did it; whoever signs in is only then known."""
    if entry.who:
        return entry.who
    if "by" in entry.detail:
        return say(N_("Command line"))
    return entry.name if entry.noun == "agent" and entry.action not in NOBODY_YET else ""


def details(say: Say, entry: LogEntry, people: Mapping[int, str]) -> str:
    """What else is known of it; empty where there is nothing."""
    told = []
    for name, value in entry.detail.items():
        if value in (None, "", [], {}) or name in ("by", "invitation"):
            continue
        told.append(_detail(say, name, value, people))
    return " · ".join(told)


def _detail(say: Say, name: str, value: Any, people: Mapping[int, str]) -> str:
    if name == "fields" and isinstance(value, Sequence):
        return ", ".join(say(FIELDS[one]) if one in FIELDS else str(one) for one in value)
    if name == "role":
        return say(dict(ROLES).get(value, str(value)))
    if name == "agent":
        return people.get(value, f"#{value}")
    if name == "to" and value in DIRECTIONS:
        return say(DIRECTIONS[value])
    if name == "count":
        return say(N_("Sessions: %(count)s"), count=value)
    return f"{name}: {value}"

"""Senders that are kept away: an address, or @ and a domain."""

from app.actions.setup.field import TEXT, Field, Pattern
from app.actions.setup.resource import Resource, Section
from app.models.work import blocked_senders
from app.pages import N_

SENDER = Pattern("text", r"[^@\s,;<>\"()]*@[^@\s,;<>\"()]+\.[^@\s,;<>\"()]+", "sender", lower=True)

BLOCKED_SENDERS = Resource(
    slug="blocked-senders",
    noun="blocked_sender",
    table=blocked_senders,
    title=N_("Blocked senders"),
    one=N_("Blocked sender"),
    new=N_("Block a sender"),
    icon="ban",
    lead=N_(
        "Their mail is kept as spam: nobody is offered it, and nothing answers it. Agents block a "
        "sender from the menu of a conversation."
    ),
    columns=("pattern", "note"),
    unique=("pattern",),
    order_by="pattern",
    sections=(
        Section(
            N_("Blocked sender"),
            (
                Field(
                    "pattern",
                    N_("Sender"),
                    SENDER,
                    required=True,
                    longest=254,
                    hint=N_("An address, or @ and a domain: @spam.example blocks all of it."),
                ),
                Field("note", N_("Note"), TEXT, longest=200),
            ),
        ),
    ),
)

"""The rules that lead contacts into queues, described."""

from app.actions.setup.field import CHOICE, REFERENCE, TEXT, Field
from app.actions.setup.queues import PRIORITIES
from app.actions.setup.resource import Resource, Section
from app.models.organisation import queue_rules
from app.pages import N_

RULES = Resource(
    slug="rules",
    noun="rule",
    table=queue_rules,
    title=N_("Queue rules"),
    one=N_("Queue rule"),
    new=N_("New rule"),
    icon="route",
    lead=N_("From the top, the first rule that fits decides. If none does, the inbox's own queue."),
    columns=("inbox_id", "language", "topic", "queue_id", "priority"),
    order_by="position",
    ordered=True,
    sections=(
        Section(
            N_("If"),
            (
                Field(
                    "inbox_id",
                    N_("Inbox"),
                    REFERENCE,
                    source="inboxes",
                    empty=N_("Every inbox"),
                    default=None,
                ),
                Field(
                    "language",
                    N_("Language"),
                    TEXT,
                    longest=10,
                    hint=N_("A tag such as en or zh; empty: every language."),
                ),
                Field(
                    "topic",
                    N_("One of these words"),
                    TEXT,
                    longest=200,
                    hint=N_("In subject or text, separated by commas; empty: any."),
                ),
                Field(
                    "class_topic",
                    N_("Topic"),
                    TEXT,
                    longest=80,
                    hint=N_("One of your topics. A contact whose topic is unsure does not match."),
                ),
                Field(
                    "urgency",
                    N_("Urgency"),
                    CHOICE,
                    options=(("urgent", N_("Urgent")),),
                    empty=N_("Any"),
                ),
                Field(
                    "mood",
                    N_("Mood"),
                    CHOICE,
                    options=(("negative", N_("Upset")), ("positive", N_("Pleased"))),
                    empty=N_("Any"),
                ),
            ),
        ),
        Section(
            N_("Then"),
            (
                Field("queue_id", N_("Queue"), REFERENCE, source="queues", required=True),
                Field(
                    "skill_id",
                    N_("Besides, asks for"),
                    REFERENCE,
                    source="skills",
                    empty=N_("Nothing"),
                    default=None,
                ),
                Field(
                    "priority",
                    N_("Priority"),
                    CHOICE,
                    options=PRIORITIES,
                    empty=N_("That of the queue"),
                ),
            ),
        ),
    ),
)

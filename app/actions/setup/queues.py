"""Queues and the rules that lead to them, described."""

from sqlalchemy import select

from app.actions.setup.field import CHOICE, NUMBER, REFERENCE, SWITCH, TEXT, Field, Link
from app.actions.setup.field_lists import LINKS
from app.actions.setup.resource import Resource, Section, Values
from app.db import Tx
from app.events import AccessChanged
from app.models.agent import agents
from app.models.organisation import queue_rules, queue_skills, queues
from app.pages import N_

PRIORITIES = (
    ("low", N_("Low")),
    ("normal", N_("Normal")),
    ("high", N_("High")),
    ("urgent", N_("Urgent")),
)


def _rights_changed(tx: Tx, _: int, old: Values, new: Values) -> None:
    """A queue of another team or brand is seen by others: everybody's rights are read again."""
    if old.get("team_id") == new["team_id"] and old.get("brand_id") == new["brand_id"]:
        return
    for agent_id in tx.execute(select(agents.c.id).where(agents.c.active)).scalars().all():
        tx.emit(AccessChanged(agent_id))


QUEUES = Resource(
    slug="queues",
    noun="queue",
    table=queues,
    title=N_("Queues"),
    one=N_("Queue"),
    new=N_("New queue"),
    icon="queue",
    lead=N_("Where contacts wait for an agent."),
    columns=("name", "brand_id", "team_id", "priority", "target_s", "closed"),
    retire="deactivate",
    after=_rights_changed,
    sections=(
        Section(
            N_("Queue"),
            (
                Field("name", N_("Name"), TEXT, required=True),
                Field(
                    "brand_id",
                    N_("Brand"),
                    REFERENCE,
                    source="brands",
                    empty=N_("Every brand"),
                    default=None,
                ),
                Field(
                    "team_id",
                    N_("Team"),
                    REFERENCE,
                    source="teams",
                    empty=N_("Everybody sees it"),
                    default=None,
                ),
                Field(
                    "hours_id",
                    N_("Business hours"),
                    REFERENCE,
                    source="hours",
                    empty=N_("Always open"),
                    default=None,
                ),
                Field(
                    "closed",
                    N_("Closed for now"),
                    SWITCH,
                    default=False,
                    hint=N_("Nobody is offered anything from it; who waits keeps waiting."),
                ),
            ),
        ),
        Section(
            N_("Who gets what"),
            (
                Field(
                    "priority",
                    N_("Priority"),
                    CHOICE,
                    options=PRIORITIES,
                    required=True,
                    default="normal",
                ),
                Field(
                    "agent_rule",
                    N_("Among agents that can"),
                    CHOICE,
                    required=True,
                    default="longest_idle",
                    options=(
                        ("longest_idle", N_("The one idle for longest")),
                        ("best_skilled", N_("The one who masters it best")),
                    ),
                ),
                Field(
                    "occupancy",
                    N_("And otherwise"),
                    CHOICE,
                    required=True,
                    default="pack",
                    options=(
                        ("pack", N_("Fill one agent before the next")),
                        ("spread", N_("Spread over all agents")),
                    ),
                ),
                Field(
                    "skills",
                    N_("Skills needed"),
                    LINKS,
                    source="skills",
                    default=(),
                    link=Link(
                        queue_skills, "queue_id", "skill_id", "level", N_("Level at least"), 1, 5
                    ),
                ),
                Field(
                    "agents_may_pull",
                    N_("Agents may take contacts themselves"),
                    SWITCH,
                    default=False,
                    hint=N_("Typing an answer to a waiting conversation claims it."),
                ),
            ),
        ),
        Section(
            N_("Service level"),
            (
                Field(
                    "target_s",
                    N_("Answer a chat within"),
                    NUMBER,
                    required=True,
                    default=60,
                    low=1,
                    high=30 * 86_400,
                    unit=N_("seconds"),
                ),
                Field(
                    "mail_target_s",
                    N_("Answer an email or form within"),
                    NUMBER,
                    required=True,
                    default=14_400,
                    low=60,
                    high=30 * 86_400,
                    unit=N_("seconds"),
                    hint=N_("14400 seconds are four hours."),
                ),
                Field(
                    "goal_pct",
                    N_("For this share of contacts"),
                    NUMBER,
                    required=True,
                    default=80,
                    low=1,
                    high=100,
                    unit=N_("percent"),
                ),
            ),
        ),
    ),
)

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
            ),
        ),
        Section(
            N_("Then"),
            (
                Field("queue_id", N_("Queue"), REFERENCE, source="queues", required=True),
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

"""Queues, described: whom they belong to, what they promise, and by which rules they work."""

from sqlalchemy import select

from app.actions.setup.field import CHOICE, NUMBER, REFERENCE, SWITCH, TEXT, Field, Link
from app.actions.setup.field_lists import LINKS
from app.actions.setup.field_rules import STEPS, WAYS_OUT
from app.actions.setup.queue_policy import refuse_bad_policy
from app.actions.setup.resource import Resource, Section, Values
from app.db import Tx
from app.events import AccessChanged
from app.models.agent import agents
from app.models.organisation import queue_skills, queues
from app.pages import N_

PRIORITIES = (
    ("low", N_("Low")),
    ("normal", N_("Normal")),
    ("high", N_("High")),
    ("urgent", N_("Urgent")),
)


LONGEST_PROMISE_S = 23 * 86_400  # of business time, in seconds; a clock's column holds no more


def _seconds(name: str, label: str, default: int, hint: str = "") -> Field:
    """What must be promised."""
    return Field(
        name,
        label,
        NUMBER,
        hint,
        required=True,
        default=default,
        low=1,
        high=LONGEST_PROMISE_S,
        unit=N_("seconds"),
    )


def _promise(name: str, label: str) -> Field:
    """What may be promised."""
    return Field(
        name, label, NUMBER, default=None, low=1, high=LONGEST_PROMISE_S, unit=N_("seconds")
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
    check=refuse_bad_policy,
    sections=(
        Section(
            N_("Queue"),
            (
                Field("name", N_("Name"), TEXT, required=True),
                Field(
                    "hours_id",
                    N_("Business hours"),
                    REFERENCE,
                    source="hours",
                    empty=N_("Always open"),
                    default=None,
                ),
                Field(
                    "priority",
                    N_("Priority"),
                    CHOICE,
                    options=PRIORITIES,
                    required=True,
                    default="normal",
                ),
                _seconds("target_s", N_("Answer a chat within"), default=60),
                _seconds(
                    "mail_target_s",
                    N_("Answer an email or form within"),
                    default=14_400,
                    hint=N_("14400 seconds are four hours of its business hours."),
                ),
            ),
        ),
        Section(
            N_("Who sees it"),
            (
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
                    "closed",
                    N_("Closed for now"),
                    SWITCH,
                    default=False,
                    hint=N_("Nobody is offered anything from it; who waits keeps waiting."),
                ),
            ),
            more=True,
        ),
        Section(
            N_("Further promises"),
            (
                _promise("next_target_s", N_("Answer each further chat message within")),
                _promise("resolve_target_s", N_("Finish a chat within")),
                _promise("mail_next_target_s", N_("Answer each further email within")),
                _promise("mail_resolve_target_s", N_("Finish an email or form within")),
                Field(
                    "goal_pct",
                    N_("Keep the first answer for this share of contacts"),
                    NUMBER,
                    required=True,
                    default=80,
                    low=1,
                    high=100,
                    unit=N_("percent"),
                ),
                Field(
                    "sla_boost",
                    N_("A near deadline counts in line"),
                    SWITCH,
                    default=True,
                    hint=N_("Contacts that must be answered sooner get a head start."),
                ),
            ),
            N_("In seconds of business time; empty: nothing is promised."),
            more=True,
        ),
        Section(
            N_("Who gets what"),
            (
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
                    "steps",
                    N_("When it takes longer"),
                    STEPS,
                    default=(),
                    hint=N_(
                        "Waiting longer only ever opens a contact to more agents. Leave the time "
                        "empty for no step."
                    ),
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
                    hint=N_("Filling one keeps others whole for work that needs all of them."),
                ),
                Field(
                    "agents_may_pull",
                    N_("Agents may take contacts themselves"),
                    SWITCH,
                    default=False,
                    hint=N_("Typing an answer to a waiting conversation claims it."),
                ),
            ),
            more=True,
        ),
        Section(
            N_("Ways out"),
            (
                Field(
                    "overflow",
                    N_("Contacts that cannot stay"),
                    WAYS_OUT,
                    default=(),
                    hint=N_(
                        "From the top, the first that fits. Choose nothing in the last for no "
                        "further one."
                    ),
                ),
            ),
            N_("A contact keeps its age wherever it goes."),
            more=True,
        ),
        Section(
            N_("Big and small"),
            (
                Field(
                    "parallel_offers",
                    N_("Agents asked at the same time"),
                    NUMBER,
                    default=1,
                    low=1,
                    high=5,
                    hint=N_("The first to accept has it. More than one costs the others' time."),
                ),
                Field(
                    "interruptible",
                    N_("A chat may interrupt its mails and forms"),
                    SWITCH,
                    default=False,
                    hint=N_(
                        "Whoever works on one can be offered a chat on top of it, though they "
                        "have no room left."
                    ),
                ),
                Field(
                    "keep_free",
                    N_("Agents kept whole for big work"),
                    NUMBER,
                    default=0,
                    low=0,
                    high=1_000,
                ),
                Field(
                    "drain_after_s",
                    N_("Hold an agent for big work that has waited for room"),
                    NUMBER,
                    default=30,
                    low=0,
                    high=86_400,
                    unit=N_("seconds"),
                    hint=N_("0: nobody is held."),
                ),
                Field(
                    "drain_for_s",
                    N_("And no longer than"),
                    NUMBER,
                    default=120,
                    low=1,
                    high=86_400,
                    unit=N_("seconds"),
                ),
            ),
            N_("For queues in which calls or chats wait beside mails."),
            more=True,
        ),
        Section(
            N_("Afterwards"),
            (
                Field(
                    "wrap_up_s",
                    N_("Time to wrap up"),
                    NUMBER,
                    default=None,
                    low=0,
                    high=3_600,
                    unit=N_("seconds"),
                    hint=N_("Empty: 30 seconds after a chat, none after a mail."),
                ),
                Field(
                    "disposition_required",
                    N_("Agents must say what became of it"),
                    SWITCH,
                    default=False,
                ),
            ),
            more=True,
        ),
    ),
)

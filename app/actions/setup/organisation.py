"""Brands, teams, skills, business hours, tags and macros, described."""

import re

from sqlalchemy import select

from app.actions.setup.field import (
    CHOICE,
    COLOR,
    NUMBER,
    PARAGRAPHS,
    REFERENCE,
    SLUG,
    SWITCH,
    TEXT,
    TEXTS,
    URL,
    ZONE,
    Field,
    Link,
)
from app.actions.setup.field_lists import DAYS, LINKS, TAG_NAMES, WEEK
from app.actions.setup.field_places import COUNTRY, REGION
from app.actions.setup.queues import PRIORITIES
from app.actions.setup.resource import Resource, Section, Values
from app.db import Tx
from app.events import AccessChanged
from app.models.agent import team_members
from app.models.conversation import tags
from app.models.organisation import brands, business_hours, macros, queues, skills, teams
from app.pages import LOCALE_NAMES, N_
from app.queries.public_holidays import countries

LANGUAGES = tuple(LOCALE_NAMES.items())
# What a macro may speak of; `app.web.console.macros` fills them in.
PLACEHOLDERS = (
    "customer.name",
    "customer.first_name",
    "customer.email",
    "agent.name",
    "agent.first_name",
    "conversation.number",
    "conversation.subject",
    "brand.name",
)

# Macros may also say where the customer's own pages are, if the brand has such.
MACRO_PLACEHOLDERS = (*PLACEHOLDERS, "brand.pages")


def _members_changed(tx: Tx, _: int, old: Values, new: Values) -> None:
    """Whoever joined or left may see other queues now."""
    before, now = dict(old.get("agents", ())), dict(new["agents"])
    for agent_id in sorted(before.keys() ^ now.keys()):
        tx.emit(AccessChanged(agent_id))


def _usable_macro(tx: Tx, row_id: int | None, values: Values) -> dict[str, str]:
    named = re.findall(r"\{\{\s*(.*?)\s*\}\}", values["text"])
    if set(named) - set(MACRO_PLACEHOLDERS):
        return {"text": "placeholder"}
    of = select(queues.c.brand_id).where(queues.c.id == values["queue_id"])
    brand = tx.execute(of).scalar() if values["queue_id"] is not None else None
    return {} if brand in (None, values["brand_id"]) else {"queue_id": "unknown"}


def _usable_greeting(tx: Tx, row_id: int | None, values: Values) -> dict[str, str]:
    named = re.findall(r"\{\{\s*(.*?)\s*\}\}", " ".join(values["greetings"].values()))
    return {"greetings": "placeholder"} if set(named) - set(PLACEHOLDERS) else {}


def _known_region(tx: Tx, row_id: int | None, values: Values) -> dict[str, str]:
    region, country = values["region"], values["country"]
    known = countries().get(country, ())
    return {"region": "unknown"} if region and region not in known else {}


BRANDS = Resource(
    slug="brands",
    noun="brand",
    table=brands,
    title=N_("Brands"),
    one=N_("Brand"),
    new=N_("New brand"),
    icon="building-2",
    lead=N_("Each brand has its own inboxes, articles and reports."),
    columns=("name", "slug", "locale"),
    unique=("name", "slug"),
    check=_usable_greeting,
    retire="deactivate",
    sections=(
        Section(
            N_("Brand"),
            (
                Field("name", N_("Name"), TEXT, required=True),
                Field(
                    "slug",
                    N_("Short name"),
                    SLUG,
                    required=True,
                    longest=60,
                    hint=N_("For addresses of the help centre: small letters, digits, hyphens."),
                ),
                Field(
                    "locale", N_("Language"), CHOICE, options=LANGUAGES, required=True, default="en"
                ),
            ),
        ),
        Section(
            N_("Pages of the customers"),
            (
                Field(
                    "portal",
                    N_("Customers have pages of their own"),
                    SWITCH,
                    default=True,
                    hint=N_("Under /my/ and the short name: where things stand, details, rights."),
                ),
                Field(
                    "portal_names",
                    N_("Who looked is told by name"),
                    SWITCH,
                    default=False,
                    hint=N_("Otherwise by role: an agent, a supervisor."),
                ),
            ),
        ),
        Section(
            N_("Look"),
            (
                Field("color", N_("Colour"), COLOR, required=True, default="#3b5bdb"),
                Field("policy_url", N_("Privacy policy"), URL, longest=500),
                Field(
                    "signature",
                    N_("Signature"),
                    PARAGRAPHS,
                    longest=2000,
                    hint=N_("Stands under mails that agents write."),
                ),
                Field(
                    "greetings",
                    N_("Greeting"),
                    TEXTS,
                    longest=500,
                    default={},
                    hint=N_(
                        "How a first reply begins, in the customer’s language. Names are filled in:"
                        " {{customer.first_name}} {{customer.name}} {{agent.name}} {{brand.name}}; "
                        "without a name there is no greeting."
                    ),
                ),
            ),
        ),
        Section(
            N_("What customers are sent"),
            (
                Field(
                    "resend_days",
                    N_("Ask before the same again (days)"),
                    NUMBER,
                    default=30,
                    low=0,
                    high=365,
                    hint=N_("Articles, macros and files that a customer had. 0: nobody is asked."),
                ),
                Field(
                    "weekly_sends",
                    N_("Messages a week that we begin"),
                    NUMBER,
                    low=1,
                    high=100,
                    hint=N_("To one customer; answers do not count. Empty: any number."),
                ),
            ),
        ),
    ),
)

TEAMS = Resource(
    slug="teams",
    noun="team",
    table=teams,
    title=N_("Teams"),
    one=N_("Team"),
    new=N_("New team"),
    icon="users",
    lead=N_("A queue that belongs to a team is seen by its members only."),
    columns=("name", "agents"),
    unique=("name",),
    after=_members_changed,
    sections=(
        Section(
            N_("Team"),
            (
                Field("name", N_("Name"), TEXT, required=True),
                Field(
                    "agents",
                    N_("Members"),
                    LINKS,
                    source="agents",
                    default=(),
                    link=Link(team_members, "team_id", "agent_id"),
                ),
            ),
        ),
    ),
)

SKILLS = Resource(
    slug="skills",
    noun="skill",
    table=skills,
    title=N_("Skills"),
    one=N_("Skill"),
    new=N_("New skill"),
    icon="award",
    lead=N_("What contacts need and agents can do: languages and topics."),
    columns=("name", "kind", "code"),
    unique=("name",),
    sections=(
        Section(
            N_("Skill"),
            (
                Field("name", N_("Name"), TEXT, required=True),
                Field(
                    "kind",
                    N_("Kind"),
                    CHOICE,
                    required=True,
                    default="topic",
                    options=(("topic", N_("Topic")), ("language", N_("Language"))),
                ),
                Field(
                    "code",
                    N_("Code"),
                    TEXT,
                    longest=40,
                    hint=N_(
                        "Of a language its tag, such as en or zh: contacts in it need the skill."
                    ),
                ),
            ),
        ),
    ),
)

HOURS = Resource(
    slug="hours",
    noun="hours",
    table=business_hours,
    title=N_("Business hours"),
    one=N_("Business hours"),
    new=N_("New business hours"),
    icon="calendar-clock",
    lead=N_("When somebody is there. Outside of them the chat asks for a message instead."),
    columns=("name", "time_zone", "country"),
    check=_known_region,
    sections=(
        Section(
            N_("Business hours"),
            (
                Field("name", N_("Name"), TEXT, required=True),
                Field("time_zone", N_("Time zone"), ZONE, required=True, default="UTC"),
            ),
        ),
        Section(
            N_("Week"),
            (
                Field(
                    "spans",
                    N_("Opening hours"),
                    WEEK,
                    default={},
                    hint=N_("Several spans a day: 09:00–12:30, 14:00–18:00. Empty: closed."),
                ),
            ),
        ),
        Section(
            N_("Holidays"),
            (
                Field(
                    "holidays",
                    N_("Closed all day"),
                    DAYS,
                    default=(),
                    hint=N_("Days of your own, one date a line: 2026-12-25."),
                ),
                Field(
                    "country",
                    N_("Public holidays of"),
                    COUNTRY,
                    hint=N_("They are closed too, this year and the years to come."),
                ),
                Field("region", N_("Region"), REGION),
            ),
        ),
    ),
)

TAGS = Resource(
    slug="tags",
    noun="tag",
    table=tags,
    title=N_("Tags"),
    one=N_("Tag"),
    new=N_("New tag"),
    icon="tags",
    lead=N_("Words that agents put on conversations, to find and count them."),
    unique=("name",),
    sections=(Section(N_("Tag"), (Field("name", N_("Name"), TEXT, required=True, longest=60),)),),
)

MACROS = Resource(
    slug="macros",
    noun="macro",
    table=macros,
    title=N_("Macros"),
    one=N_("Macro"),
    new=N_("New macro"),
    icon="zap",
    lead=N_("Texts that are written often. Agents find them by typing / in the composer."),
    columns=("name", "shortcut", "brand_id", "locale"),
    unique=("name",),
    check=_usable_macro,
    panel="admin/panels/macro.html",
    sections=(
        Section(
            N_("Macro"),
            (
                Field("name", N_("Name"), TEXT, required=True),
                Field("shortcut", N_("Shortcut"), SLUG, longest=40, hint=N_("Typed after /.")),
                Field("text", N_("Text"), PARAGRAPHS, required=True, longest=20_000),
            ),
        ),
        Section(
            N_("What it does besides"),
            (
                Field(
                    "tags",
                    N_("Tags to add"),
                    TAG_NAMES,
                    at=("actions", "tags"),
                    hint=N_("One a line."),
                    default=(),
                ),
                Field(
                    "queue_id",
                    N_("Move to queue"),
                    REFERENCE,
                    at=("actions", "queue_id"),
                    source="queues",
                    empty=N_("Stays where it is"),
                    default=None,
                ),
                Field(
                    "priority",
                    N_("Priority"),
                    CHOICE,
                    at=("actions", "priority"),
                    options=PRIORITIES,
                    empty=N_("Stays as it is"),
                ),
                Field(
                    "then",
                    N_("Then"),
                    CHOICE,
                    at=("actions", "then"),
                    options=(("done", N_("Done")), ("snooze", N_("Snoozed until tomorrow"))),
                    empty=N_("Stays open"),
                ),
            ),
            N_("It is shown before it is sent, and done together with sending."),
        ),
        Section(
            N_("Where it is offered"),
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
                    "locale", N_("Language"), CHOICE, options=LANGUAGES, empty=N_("Every language")
                ),
            ),
        ),
    ),
)

"""Inboxes, described: a mailbox, a chat widget, a web form. What is in `settings` is read by
`app.models.mail_settings` and `app.models.inbox_settings`."""

from app import clock
from app.actions.find_conversation import REOPEN_DAYS
from app.actions.setup.field import (
    CHOICE,
    COLOR,
    EMAIL,
    HOST,
    NUMBER,
    REFERENCE,
    SECRET,
    SWITCH,
    TEXT,
    TEXTS,
    URL,
    Field,
    Option,
)
from app.actions.setup.field_lists import ASKED, SITES
from app.actions.setup.mail_sign_in import SIGN_IN
from app.actions.setup.questions import QUESTIONS
from app.actions.setup.resource import Resource, Section
from app.models.inbox_settings import DEFAULT_COLOR, DEFAULT_FIELDS, QUEUE_CAP
from app.models.organisation import inboxes
from app.pages import N_

SECURITY: tuple[Option, ...] = (
    ("tls", N_("TLS")),
    ("starttls", N_("STARTTLS")),
    ("none", N_("None")),
)
_NAME = Field(
    "name", N_("Name"), TEXT, required=True, hint=N_("For your team; customers do not see it.")
)
_PLACE = (
    Field("brand_id", N_("Brand"), REFERENCE, source="brands", required=True),
    Field(
        "queue_id",
        N_("Queue"),
        REFERENCE,
        source="queues",
        required=True,
        hint=N_("Where contacts wait unless a queue rule says otherwise."),
    ),
)
_HOURS = Field(
    "hours_id",
    N_("Business hours"),
    REFERENCE,
    source="hours",
    empty=N_("Those of the queue"),
    default=None,
    hint=N_("Outside of them the chat asks for a message instead."),
)
_SITES = Field(
    "allowed_sites",
    N_("Allowed sites"),
    SITES,
    at=("settings", "allowed_sites"),
    default=(),
    hint=N_("One a line: https://shop.example or *.shop.example. Empty: any site."),
)
_POLICY = Field("policy_url", N_("Privacy policy"), URL, at=("settings", "policy_url"), longest=500)
_COLOR = Field(
    "color", N_("Colour"), COLOR, at=("settings", "color"), required=True, default=DEFAULT_COLOR
)
_ANSWERS = (
    Field(
        "answers",
        N_("Help pages"),
        CHOICE,
        at=("settings", "answers"),
        empty=N_("Suggest articles while somebody writes"),
        options=(
            ("answer", N_("Answer first, where they surely can")),
            ("off", N_("Not used here")),
        ),
        hint=N_("An answer says that it is automatic. A person is one click or one word away."),
    ),
    Field(
        "holdout_pct",
        N_("See no help"),
        NUMBER,
        at=("settings", "holdout_pct"),
        default=0,
        high=50,
        unit=N_("percent of the visitors"),
        hint=N_(
            "Chosen by chance, they see neither suggestions nor answers: only so it can be known "
            "how many contacts the help pages really avoid. 0: nobody."
        ),
    ),
)


def _text(name: str, label: str, hint: str = "", longest: int = 500) -> Field:
    return Field(name, label, TEXTS, at=("settings", name), hint=hint, default={}, longest=longest)


def _server(protocol: str, security: str, host_hint: str, extra: tuple[Field, ...] = ()) -> Section:
    """The fields of a mail server; names begin with the protocol: imap_host."""
    part = ("settings", protocol)
    return Section(
        N_("Incoming mail (IMAP)") if protocol == "imap" else N_("Outgoing mail (SMTP)"),
        (
            Field(
                f"{protocol}_host",
                N_("Server"),
                HOST,
                at=(*part, "host"),
                longest=250,
                hint=host_hint,
            ),
            Field(
                f"{protocol}_security",
                N_("Encryption"),
                CHOICE,
                at=(*part, "security"),
                options=SECURITY,
                required=True,
                default=security,
            ),
            Field(
                f"{protocol}_port",
                N_("Port"),
                NUMBER,
                at=(*part, "port"),
                default=None,
                low=1,
                high=65_535,
                hint=N_("Empty: the usual one."),
            ),
            Field(f"{protocol}_user", N_("User name"), TEXT, at=(*part, "user"), longest=250),
            Field(
                f"{protocol}_password", N_("Password"), SECRET, at=(*part, "password"), longest=500
            ),
            *extra,
        ),
    )


EMAIL_INBOXES = Resource(
    slug="email-inboxes",
    noun="inbox",
    table=inboxes,
    title=N_("Email inboxes"),
    one=N_("Email inbox"),
    new=N_("New email inbox"),
    icon="mail",
    only=inboxes.c.channel == "email",
    unique=("address",),
    fixed={"channel": lambda: "email", "key": lambda: clock.new_token()[:20]},
    retire="deactivate",
    panel="admin/panels/email.html",
    sections=(
        Section(
            N_("Inbox"),
            (
                _NAME,
                Field("address", N_("Address"), EMAIL, required=True, longest=254),
                Field(
                    "sender_name",
                    N_("Sender's name"),
                    TEXT,
                    at=("settings", "sender_name"),
                    hint=N_("Stands before the address in mails to customers. Empty: the brand."),
                ),
                *_PLACE,
            ),
        ),
        _server(
            "imap",
            "tls",
            N_("Empty: mail comes through the built-in mail listener."),
            (
                Field(
                    "imap_folder",
                    N_("Folder"),
                    TEXT,
                    at=("settings", "imap", "folder"),
                    default="INBOX",
                    longest=200,
                ),
            ),
        ),
        _server("smtp", "starttls", N_("Empty: mail leaves through the server in SMTP_HOST.")),
        Section(
            N_("Pace"),
            (
                Field(
                    "max_per_minute",
                    N_("Mails per minute"),
                    NUMBER,
                    at=("settings", "max_per_minute"),
                    default=None,
                    low=1,
                    high=10_000,
                    hint=N_("As your provider allows; more of them wait. Empty: no limit."),
                ),
                Field(
                    "max_per_hour",
                    N_("Mails per hour"),
                    NUMBER,
                    at=("settings", "max_per_hour"),
                    default=None,
                    low=1,
                    high=100_000,
                    hint=N_("As your provider allows; more of them wait. Empty: no limit."),
                ),
            ),
        ),
        SIGN_IN,
        Section(
            N_("Trust and threads"),
            (
                Field(
                    "authserv",
                    N_("Mail server that checks senders"),
                    HOST,
                    at=("settings", "authserv"),
                    longest=250,
                    hint=N_(
                        "Its name in Authentication-Results. What it says of sender and spam is "
                        "believed; nobody else's word is. Empty: nothing is known of senders."
                    ),
                ),
                Field(
                    "spam_threshold",
                    N_("Spam from a score of"),
                    NUMBER,
                    at=("settings", "spam_threshold"),
                    default=None,
                    low=-100,
                    high=1_000,
                    hint=N_("Of that server's filter. Empty: the filter's own judgement counts."),
                ),
                Field(
                    "acknowledge",
                    N_("Confirm by mail"),
                    SWITCH,
                    at=("settings", "acknowledge"),
                    default=False,
                    hint=N_(
                        "Who begins a conversation gets a mail that says it has come. Machines, "
                        "lists and spam get none."
                    ),
                ),
                Field(
                    "answers",
                    N_("Answer by mail"),
                    CHOICE,
                    at=("settings", "answers"),
                    empty=N_("No"),
                    options=(("answer", N_("Where the help pages surely can")),),
                    hint=N_(
                        "The confirmation then carries the passage of an article and says that it "
                        "is automatic. The mail still waits for an agent, unless the customer "
                        "says that it was the answer."
                    ),
                ),
                Field(
                    "reopen_days",
                    N_("Answers reopen for"),
                    NUMBER,
                    at=("settings", "reopen_days"),
                    default=REOPEN_DAYS,
                    high=3_650,
                    unit=N_("days"),
                    hint=N_("A later answer begins a new conversation that names the old one."),
                ),
            ),
            more=True,
        ),
    ),
)

CHAT_INBOXES = Resource(
    slug="chat-inboxes",
    noun="inbox",
    table=inboxes,
    title=N_("Chat widgets"),
    one=N_("Chat widget"),
    new=N_("New chat widget"),
    icon="message-circle",
    only=inboxes.c.channel == "chat",
    fixed={"channel": lambda: "chat", "key": lambda: clock.new_token()[:20]},
    retire="deactivate",
    panel="admin/panels/chat.html",
    sections=(
        Section(N_("Inbox"), (_NAME, *_PLACE, _HOURS)),
        Section(
            N_("Look"),
            (
                _COLOR,
                Field(
                    "position",
                    N_("Side of the page"),
                    CHOICE,
                    at=("settings", "position"),
                    required=True,
                    default="end",
                    options=(("end", N_("At the end")), ("start", N_("At the start"))),
                ),
                _text("title", N_("Title"), N_("Empty: the brand."), 80),
                _text("greeting", N_("Greeting")),
                _text("launcher", N_("Text on the button"), longest=60),
                _text("offline_message", N_("When nobody is there")),
                Field("sound", N_("Sound"), SWITCH, at=("settings", "sound"), default=True),
                Field(
                    "page_views",
                    N_("Keep the pages on which it is opened"),
                    SWITCH,
                    at=("settings", "page_views"),
                    default=False,
                    hint=N_("They stand among what a customer did. Only with their consent."),
                ),
            ),
        ),
        Section(
            N_("Before the chat"),
            (
                Field(
                    "pre_chat",
                    N_("Ask for"),
                    ASKED,
                    at=("settings", "pre_chat"),
                    default=(),
                    options=(("name", N_("Your name")), ("email", N_("Your email address"))),
                ),
                *_ANSWERS,
                _text("consent", N_("Consent"), N_("What a visitor agrees to.")),
                Field(
                    "consent_required",
                    N_("Consent must be ticked"),
                    SWITCH,
                    at=("settings", "consent_required"),
                    default=False,
                ),
                _POLICY,
            ),
        ),
        Section(
            N_("Limits"),
            (
                _SITES,
                Field(
                    "queue_cap",
                    N_("Most visitors waiting"),
                    NUMBER,
                    at=("settings", "queue_cap"),
                    default=QUEUE_CAP,
                    high=10_000,
                    hint=N_("Further visitors leave a message instead. 0: no limit."),
                ),
            ),
        ),
    ),
)

FORM_INBOXES = Resource(
    slug="form-inboxes",
    noun="inbox",
    table=inboxes,
    title=N_("Web forms"),
    one=N_("Web form"),
    new=N_("New web form"),
    icon="form",
    only=inboxes.c.channel == "form",
    fixed={"channel": lambda: "form", "key": lambda: clock.new_token()[:20]},
    retire="deactivate",
    panel="admin/panels/form.html",
    sections=(
        Section(N_("Inbox"), (_NAME, *_PLACE)),
        Section(
            N_("Texts"),
            (
                _text("title", N_("Title"), longest=120),
                _text("intro", N_("Introduction"), longest=1000),
                _text("thanks", N_("Thanks"), N_("Shown after sending."), 1000),
            ),
        ),
        Section(
            N_("Questions"),
            (
                Field(
                    "fields",
                    N_("Questions"),
                    QUESTIONS,
                    at=("settings", "fields"),
                    default=tuple(
                        {
                            "name": each.name,
                            "kind": each.kind,
                            "required": each.required,
                            "label": {},
                            "options": (),
                        }
                        for each in DEFAULT_FIELDS
                    ),
                ),
            ),
            lead=N_("A question without a text has the product's own words, if it is a usual one."),
        ),
        Section(
            N_("Behaviour"),
            (
                _COLOR,
                *_ANSWERS,
                Field(
                    "acknowledge",
                    N_("Confirm by mail"),
                    SWITCH,
                    at=("settings", "acknowledge"),
                    default=True,
                    hint=N_("The customer gets a mail that says it has come, with its number."),
                ),
                _POLICY,
                _SITES,
            ),
        ),
    ),
)

INBOXES = {"email": EMAIL_INBOXES, "chat": CHAT_INBOXES, "form": FORM_INBOXES}
